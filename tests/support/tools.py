"""Programs that are not ours, for tests against real tools: found on PATH, or installed by Go under their names.

``python tests/support/tools.py install [all]`` gets what can be had, says what is left out, and never fails.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"
GO_BIN = CACHE / "go" / "bin"
INSTALL_SECONDS = 600

# Versions are pinned: what is compared with is part of the test.
GO_TOOLS = {
    "crane": "github.com/google/go-containerregistry/cmd/crane@v0.22.1",
    "oras": "oras.land/oras/cmd/oras@v1.3.6",
    # A few lines of our own around go-containerregistry's registry; its go.mod pins the version.
    "goregistry": ".",
    # What the benchmarks need: a relay that gives round trips and counts, and a program around oras-go.
    "delayproxy": ".",
    "orasbench": ".",
    # A few lines around the library that defines eStargz.
    "makeestargz": ".",
    # And of SOCI's tables; it needs a C compiler and zlib, and is left out without them.
    "makesoci": ".",
    # Signs with the Notary Project's library: its own program is not to be had here.
    "makenotation": ".",
    # Makers of evidence: SBOMs, charts, signatures. Each takes minutes to compile.
    "syft": "github.com/anchore/syft/cmd/syft@v1.57.1",
    "helm": "helm.sh/helm/v3/cmd/helm@v3.22.0",
    "cosign": "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3",
}
INTEROP = Path(__file__).parents[1] / "interop"
BENCH = Path(__file__).parents[1] / "bench"
SOURCES = {
    "delayproxy": BENCH / "delayproxy",
    "orasbench": BENCH / "orasbench",
    "goregistry": INTEROP / "goregistry",
    "makeestargz": INTEROP / "makeestargz",
    "makenotation": INTEROP / "makenotation",
    "makesoci": INTEROP / "makesoci",
}


SLOW = frozenset({"makesoci", "syft", "helm", "cosign"})


def tool(name: str) -> Path | None:
    """Return where a program is; None when it cannot be had."""
    ours = GO_BIN / name
    if ours.exists():
        return ours
    found = shutil.which(name)
    return Path(found) if found else None


def install(name: str) -> str:
    """Install one of the Go tools if it is not there; return why that was not possible, "" when it was."""
    if (GO_BIN / name).exists():
        return ""
    if shutil.which("go") is None:
        return "Go is not installed"
    GO_BIN.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GOBIN": str(GO_BIN), "GOFLAGS": "" if name in SOURCES else "-mod=mod"}
    with locked(CACHE / "go.lock"):
        if (GO_BIN / name).exists():
            return ""
        try:
            done = subprocess.run(
                ["go", "install", GO_TOOLS[name]],
                env=environment,
                cwd=SOURCES.get(name, GO_BIN),
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"go install took more than {INSTALL_SECONDS} s"
    return (
        "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["go install failed"])[-1][:200]
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes of the same checkout respect."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(*, everything: bool) -> None:
    """Install what can be had; what takes minutes to get only when everything is asked for."""
    for name in GO_TOOLS:
        if name in SLOW and not everything:
            continue
        reason = install(name)
        print(f"left out: {name} ({reason})" if reason else f"found: {name}")
    if everything:
        sys.path.insert(0, str(Path(__file__).parents[1]))
        from support import published

        for name in published.PACKAGES:
            reason = published.fetch(name)
            print(f"left out: test data of {name} ({reason})" if reason else f"found: test data of {name}")


if __name__ == "__main__":
    if sys.argv[1:] not in (["install"], ["install", "all"]):
        sys.exit("usage: python tests/support/tools.py install [all]")
    main(everything=sys.argv[2:] == ["all"])
