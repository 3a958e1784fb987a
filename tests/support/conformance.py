"""The official conformance program of the distribution specification: get it, run it, read its summary."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

MODULE = "github.com/opencontainers/distribution-spec/conformance"
VERSION = "v0.0.0-20260831232431-97274622c111"
CACHE = Path(__file__).parents[2] / ".cache" / "conformance" / VERSION
INSTALL_SECONDS = 300
RUN_SECONDS = 120

_SECTION = re.compile(r"^(API|Data) conformance:$", re.MULTILINE)
_LINE = re.compile(r"^  (\S.*?)\.*:\s+(\S+)$", re.MULTILINE)


class Unavailable(Exception):
    """The program cannot be had on this machine, and why."""


@dataclass
class Summary:
    """What one run of the program says."""

    exit_code: int
    result: str
    counts: dict[str, int] = field(default_factory=dict)
    api: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)


def program() -> Path:
    """Return the program, installed by Go under its module name if it is not there yet.

    Raises
    ------
    Unavailable
        There is no Go, or the module cannot be had.
    """
    path = CACHE / "conformance"
    if path.exists():
        return path
    if shutil.which("go") is None:
        raise Unavailable("Go is not installed, so the conformance program cannot be built")
    CACHE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["go", "install", f"{MODULE}@{VERSION}"],
        env={**os.environ, "GOBIN": str(CACHE), "GOFLAGS": "-mod=mod"},
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode != 0 or not path.exists():
        raise Unavailable(f"Go could not install {MODULE}@{VERSION}: {done.stderr.strip()[-200:]}")
    return path


def run(executable: Path, host: str, directory: Path, *, version: str, sparse: bool) -> Summary:
    """Run the program against a registry without TLS and return its summary."""
    settings = {
        "OCI_REGISTRY": host,
        "OCI_TLS": "disabled",
        "OCI_VERSION": version,
        "OCI_DATA_SPARSE": str(sparse).lower(),
        "OCI_RESULTS_DIR": str(directory / "results"),
        "OCI_LOG": "warn",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCI_")}
    done = subprocess.run(
        [str(executable)],
        env={**kept, **settings},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    return read_summary(done.stdout, done.returncode)


def read_summary(output: str, exit_code: int) -> Summary:
    """Read the counts and the statuses by API and by data that the program prints."""
    head, _, rest = output.partition("OCI Conformance Result: ")
    if not rest:
        raise ValueError(f"no summary in the program's output: {head[-500:]}")
    result = rest.split(maxsplit=1)[0]
    parts = _SECTION.split(rest)
    counts = {name: int(value) for name, value in _LINE.findall(parts[0])}
    sections = {parts[i]: dict(_LINE.findall(parts[i + 1])) for i in range(1, len(parts) - 1, 2)}
    return Summary(exit_code, result, counts, sections.get("API", {}), sections.get("Data", {}))
