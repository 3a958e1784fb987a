"""Test data that other projects publish in their source packages: fetched once, kept beside the tools."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from support.tools import CACHE, locked

FOLDER = CACHE / "published"
# Versions are pinned: what is compared with is part of the test.
PACKAGES = {"cyclonedx-python-lib": "11.12.0", "spdx-tools": "0.8.5"}
FETCH_SECONDS = 300


def archive(name: str) -> Path | None:
    """Return where the source package is; None when it was not fetched."""
    path = FOLDER / f"{name.replace('-', '_')}-{PACKAGES[name]}.tar.gz"
    return path if path.exists() else None


def fetch(name: str) -> str:
    """Fetch a source package if it is not there; return why that was not possible, "" when it was."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = [
        "--no-deps",
        "--no-binary",
        ":all:",
        "--quiet",
        "--dest",
        str(FOLDER),
        f"{name}=={PACKAGES[name]}",
    ]
    with locked(CACHE / "published.lock"):
        if archive(name) is not None:
            return ""
        try:
            subprocess.run(
                [sys.executable, "-m", "pip", "download", *wanted],
                check=True,
                capture_output=True,
                timeout=FETCH_SECONDS,
            )
        except (subprocess.SubprocessError, OSError) as error:
            return type(error).__name__
    return ""


def files(name: str, folder: str, endings: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the files below a folder of a source package."""
    path = archive(name)
    if path is None:
        return
    with tarfile.open(path) as package:
        for member in package:
            if member.isfile() and f"/{folder}/" in member.name and member.name.endswith(endings):
                stream = package.extractfile(member)
                if stream is not None:
                    yield member.name.partition(f"/{folder}/")[2], stream.read()
