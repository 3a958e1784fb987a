"""The release is the same bytes wherever it is built, and its SBOM is read by our own reader."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from regexplore import __version__
from regexplore.evidence.sboms.parse import parse_sbom

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout: a release is built from what is committed")
    folder = tmp_path_factory.mktemp("release") / "dist"
    command = [sys.executable, ROOT / ".ci" / "release.py", folder]
    done = subprocess.run(
        command,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "the same bytes" in done.stdout
    return folder


def test_a_release_has_its_parts_and_their_digests(release):
    names = {
        f"regexplore-{__version__}-py3-none-any.whl",
        f"regexplore-{__version__}.tar.gz",
        "regexplore.cdx.json",
    }
    lines = dict(reversed(line.split("  ")) for line in (release / "SHA256SUMS").read_text().splitlines())
    assert set(lines) == names
    assert {name: sha256((release / name).read_bytes()).hexdigest() for name in names} == lines


def test_the_sbom_names_what_is_needed_and_is_read_here(release):
    found = parse_sbom((release / "regexplore.cdx.json").read_bytes())
    assert (found.format, found.problems, found.name) == ("CycloneDX 1.6", (), "regexplore")
    assert found.created is not None
    assert found.created.timestamp() == 1700000000
    needed = {component.name for component in found.components}
    assert {"requests", "urllib3", "pandas", "ipywidgets", "msgspec"} <= needed
    assert "pytest" not in needed
    assert all(component.version and component.purl.startswith("pkg:pypi/") for component in found.components)


def test_the_sdist_says_how_to_report(release):
    import tarfile

    with tarfile.open(next(release.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"SECURITY.md", "LICENSE", "README.md", "pyproject.toml", "regexplore/__init__.py"} <= names
