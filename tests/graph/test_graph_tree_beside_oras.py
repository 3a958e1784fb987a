"""The text tree beside ``oras discover`` for the same reference, on go-containerregistry's registry."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import program

import regexplore as rx

pytestmark = pytest.mark.interop

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def oras(*words: object) -> str:
    done = subprocess.run(
        [str(program("oras")), *map(str, words)], capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-800:]
    return done.stdout.decode()


def attach(target: str, artifact_type: str, file: Path, *annotations: str) -> str:
    """Attach a file with oras and give the digest of the new manifest."""
    words = ["attach", "--plain-http", "--disable-path-validation", "--artifact-type", artifact_type]
    said = oras(
        *words, *(f"--annotation={a}" for a in annotations), target, f"{file}:text/plain", "--format", "json"
    )
    return str(json.loads(said)["digest"])


@pytest.fixture(scope="module")
def target(go_registry: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An artifact with an SBOM and a signature on it, and a signature and a note on the SBOM."""
    target = f"{go_registry}/tree/app"
    file = tmp_path_factory.mktemp("oras") / "file.txt"
    file.write_text("content")
    oras("push", "--plain-http", "--disable-path-validation", "--artifact-type", "application/vnd.example", f"{target}:v1", f"{file}:text/plain")  # fmt: skip
    sbom = attach(f"{target}:v1", "application/spdx+json", file, "made.by=example", "note=first line")
    attach(f"{target}:v1", "application/vnd.cncf.notary.signature", file, "signed.at=2026")
    signature = attach(f"{target}@{sbom}", "application/vnd.cncf.notary.signature", file)
    attach(f"{target}@{signature}", "text/x-note", file, "deep=yes")
    return f"{target}:v1"


def nesting(tree: str) -> dict[str, list[str]]:
    """For each digest of a tree the digests that stand above it, nearest last, read from the indentation."""
    above: dict[str, list[str]] = {}
    path: list[tuple[int, str]] = []
    for line in tree.splitlines():
        found = DIGEST.search(line)
        if found is None:
            continue
        indent = re.search(r"[^\s│├└─]", line)
        depth = indent.start() if indent else 0
        while path and path[-1][0] >= depth:
            path.pop()
        # Where it unfolds; later lines only name it again.
        above.setdefault(found[0], [digest for _, digest in path])
        path.append((depth, found[0]))
    return above


# What this registry calls the artifact type of all that oras attaches: the media type of the empty config.
EMPTY = "application/vnd.oci.empty.v1+json"


def test_the_text_tree_shows_at_least_what_oras_discover_shows(target: str) -> None:
    theirs = oras("discover", "--plain-http", "--format", "tree", "--verbose", target)
    ours = rx.get(target).graph(progress=False).to_text(annotations=True)
    above = nesting(theirs)
    assert len(above) == 5
    for digest, parents in above.items():
        assert nesting(ours)[digest] == parents
    for line in theirs.splitlines()[1:]:
        shown = line.strip("│├└─ \xa0")
        if shown not in (EMPTY, "[annotations]") and not DIGEST.fullmatch(shown):
            assert shown.translate(str.maketrans("", "", "\"'")) in ours
    for artifact_type in ("application/spdx+json", "application/vnd.cncf.notary.signature", "text/x-note"):
        assert artifact_type in ours


def test_the_text_tree_holds_every_referrer_of_the_json_form(target: str) -> None:
    ours = rx.get(target).graph(progress=False).to_text(annotations=True)
    waiting = [json.loads(oras("discover", "--plain-http", "--format", "json", target))]
    seen = 0
    while waiting:
        entry = waiting.pop()
        seen += 1
        assert entry["digest"] in ours
        for key, value in entry.get("annotations", {}).items():
            assert f"{key}: {value}" in ours
        waiting += entry.get("referrers", [])
    assert seen == 5
