"""Make a release that anybody can make again, byte for byte: sdist, wheel, their SBOM and their digests.

``python .ci/release.py DIRECTORY`` builds twice from two copies of what is committed, refuses to go on when the two
differ, and writes the SBOM (CycloneDX) of the release and of what it needs, as it is installed here. Times are those
of the last commit, or of ``SOURCE_DATE_EPOCH``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
NAME = "regexplore"
SBOM = f"{NAME}.cdx.json"
DIGESTS = "SHA256SUMS"


def main() -> None:
    """Build into the directory that the command line names."""
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct"))
    first, second = built(epoch), built(epoch)
    differing = sorted(name for name in first if first[name] != second.get(name))
    if differing or len(first) != len(second):
        sys.exit(f"two builds of the same commit differ: {', '.join(differing)}")
    for name, content in first.items():
        (target / name).write_bytes(content)
    (target / SBOM).write_text(json.dumps(sbom(first, epoch), indent=1) + "\n")
    lines = [f"{sha256(file.read_bytes())}  {file.name}\n" for file in sorted(target.iterdir())]
    (target / DIGESTS).write_text("".join(lines))
    print("".join(lines), end="")
    print(f"built twice with SOURCE_DATE_EPOCH={epoch}: the same bytes")


def built(epoch: int) -> dict[str, bytes]:
    """Build from a fresh copy of what is committed, in a directory of another name each time."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-xf", "-", "-C", folder], input=_git_bytes("archive", "HEAD"), check=True)
        out = Path(folder, "out")
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-d", str(out)],
            cwd=folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
            check=True,
            capture_output=True,
        )
        return {file.name: file.read_bytes() for file in sorted(out.iterdir())}


def sbom(files: dict[str, bytes], epoch: int) -> dict[str, object]:
    """Return the SBOM of the release: its files, and every package that it needs to run, with who needs whom."""
    found = dict(_needed(NAME))
    parts = {name: _component(found[name]) for name in sorted(found)}
    own = parts.pop(NAME)
    own["type"] = "application"
    own["components"] = [
        {
            "type": "file",
            "bom-ref": name,
            "name": name,
            "hashes": [{"alg": "SHA-256", "content": sha256(content)}],
        }
        for name, content in files.items()
    ]
    wholly = json.dumps([own, parts], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, wholly)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": own,
        },
        "components": list(parts.values()),
        "dependencies": [
            {
                "ref": _purl(found[name]),
                "dependsOn": [_purl(found[other]) for other in _requires(found[name])],
            }
            for name in sorted(found)
        ],
    }


def _needed(name: str) -> Iterator[tuple[str, Distribution]]:
    """Every package that one needs, itself first; extras are not followed."""
    waiting, seen = [name], set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            found = distribution(one)
            yield one, found
            waiting += _requires(found)


def _requires(found: Distribution) -> list[str]:
    wanted = [Requirement(text) for text in found.requires or ()]
    here = {
        one.name.lower().replace("_", "-")
        for one in wanted
        if one.marker is None or one.marker.evaluate({"extra": ""})
    }
    return sorted(name for name in here if _is_installed(name))


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _component(found: Distribution) -> dict[str, object]:
    component: dict[str, object] = {
        "type": "library",
        "bom-ref": _purl(found),
        "name": found.metadata["Name"],
        "version": found.version,
        "purl": _purl(found),
        "supplier": {
            "name": found.metadata.get("Author")
            or found.metadata.get("Author-email")
            or found.metadata["Name"]
        },
    }
    licence = found.metadata.get("License-Expression") or _first_line(found.metadata.get("License") or "")
    if licence:
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def _first_line(text: str) -> str:
    line, _, rest = text.strip().partition("\n")
    return "" if rest else line


def _purl(found: Distribution) -> str:
    return f"pkg:pypi/{found.metadata['Name'].lower().replace('_', '-')}@{found.version}"


def sha256(content: bytes) -> str:
    """Return the digest as the usual tools print it."""
    return hashlib.sha256(content).hexdigest()


def _git(*arguments: str) -> str:
    return _git_bytes(*arguments).decode().strip()


def _git_bytes(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True).stdout


if __name__ == "__main__":
    main()
