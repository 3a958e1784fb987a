"""One large blob, pulled and pushed: regexplore beside crane, oras, their Python peers, and hashing alone.

Run: ``python tests/bench/blob_transfer.py [--blob-mib 1024] [--rounds 5]``. Every pull checks the digest or says
that it does not. Rounds are interleaved and medians shown; ratios count, absolute times are of this machine.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.registries import distribution
from support.tools import tool

REPOSITORY = "bench/blob"
CHUNK = 1 << 20

# Each runs in a process of its own, so that its memory is its own; it prints seconds and MiB grown.
MEASURED = """
import hashlib, os, sys, time
host, digest, size, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
{prepare}
before, started = peak(), time.perf_counter()
{work}
print(time.perf_counter() - started, peak() - before)
"""
OURS = f"""
from regexplore.oci import Descriptor, Digest
from regexplore.remote.repository import RemoteRepository
repo = RemoteRepository(f'{{host}}/{REPOSITORY}')
repo.exists(Descriptor("application/octet-stream", Digest("sha256:" + "0" * 64), 1))
target = Descriptor("application/octet-stream", Digest(digest), size)
"""
PULL = {
    "regexplore": (
        OURS,
        """
with repo.fetch(target) as stream:
    while stream.read(1 << 20):
        pass
assert stream.verified
""",
    ),
    "requests, 1 MiB": (
        "import requests",
        f"""
hasher = hashlib.sha256()
with requests.get(f"http://{{host}}/v2/{REPOSITORY}/blobs/{{digest}}", stream=True) as answer:
    for part in answer.iter_content(1 << 20):
        hasher.update(part)
assert "sha256:" + hasher.hexdigest() == digest
""",
    ),
    "python-dxf": (
        f"import dxf\nclient = dxf.DXF(host, '{REPOSITORY}', insecure=True)",
        """
for part in client.pull_blob(digest, chunk_size=1 << 20):
    pass
""",
    ),
    "oras-py (no check)": (
        "import oras.client\nclient = oras.client.OrasClient(hostname=host, insecure=True)",
        f"client.download_blob(f'{{host}}/{REPOSITORY}:x', digest, path + '.oras')",
    ),
}
PUSH = {
    "regexplore": (
        OURS,
        """
with open(path, "rb") as content:
    repo.push(target, content)
""",
    ),
    "python-dxf": (
        f"import dxf\nclient = dxf.DXF(host, '{REPOSITORY}', insecure=True)",
        "client.push_blob(path, digest=digest, check_exists=False)",
    ),
}
MODULES = {"python-dxf": "dxf", "oras-py (no check)": "oras.client"}

Figures = tuple[float, float]


def measured(prepare: str, work: str) -> Callable[[str, str, Path], Figures]:
    """Return what runs some Python in a process of its own."""

    def run(host: str, digest: str, path: Path) -> Figures:
        program = MEASURED.format(prepare=prepare, work=work)
        command = [sys.executable, "-c", program, host, digest, str(path.stat().st_size), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-400:])
        seconds, grown = map(float, done.stdout.split())
        return seconds, grown

    return run


def command(*words: str) -> Callable[[str, str, Path], Figures]:
    """Return what runs a program; its start counts, its memory is not looked at."""

    def run(host: str, digest: str, path: Path) -> Figures:
        filled = [word.format(host=host, digest=digest, path=path) for word in words]
        started = time.perf_counter()
        subprocess.run(filled, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started, float("nan")

    return run


def hash_alone(_host: str, _digest: str, path: Path) -> Figures:
    """Hash bytes that are in memory already, as many as the blob has."""
    chunk, hasher = os.urandom(CHUNK), hashlib.sha256()
    started = time.perf_counter()
    for _ in range(path.stat().st_size // CHUNK):
        hasher.update(chunk)
    return time.perf_counter() - started, float("nan")


def pulls() -> dict[str, Callable[[str, str, Path], Figures]]:
    """Return every way to pull that can be had here."""
    ways = {"hashlib alone": hash_alone, **_python(PULL)}
    if crane := tool("crane"):
        ways["crane blob"] = command(str(crane), "blob", "--insecure", f"{{host}}/{REPOSITORY}@{{digest}}")
    if oras := tool("oras"):
        words = (str(oras), "blob", "fetch", "--plain-http", "--output", "/dev/null")
        ways["oras blob fetch"] = command(*words, f"{{host}}/{REPOSITORY}@{{digest}}")
    return ways


def pushes() -> dict[str, Callable[[str, str, Path], Figures]]:
    """Return every way to push that can be had here."""
    ways = {"hashlib alone": hash_alone, **_python(PUSH)}
    if oras := tool("oras"):
        words = (str(oras), "blob", "push", "--plain-http", f"{{host}}/{REPOSITORY}@{{digest}}")
        ways["oras blob push"] = command(*words, "{path}")
    return ways


def _python(ways: dict[str, tuple[str, str]]) -> dict[str, Callable[[str, str, Path], Figures]]:
    return {name: measured(*parts) for name, parts in ways.items() if _importable(MODULES.get(name, "json"))}


def _importable(module: str) -> bool:
    done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False)
    return done.returncode == 0


@contextmanager
def registry_with(path: Path, root: Path) -> Iterator[tuple[str, str]]:
    """Run docker-registry with the blob in it; yields its host and the digest."""
    hasher = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(CHUNK):
            hasher.update(chunk)
    digest = "sha256:" + hasher.hexdigest()
    folder = root / "registry"
    folder.mkdir(exist_ok=True)
    with distribution(Path(shutil.which("docker-registry") or "docker-registry"), folder) as host:
        measured(*PUSH["regexplore"])(host, digest, path)
        yield host, digest


def compare(
    title: str,
    ways: dict[str, Callable[[str, str, Path], Figures]],
    rounds: int,
    path: Path,
    root: Path,
    *,
    fresh: bool,
) -> None:
    """Run all ways in turn, several times, and print medians and ratios."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    grown: dict[str, list[float]] = {name: [] for name in ways}
    with registry_with(path, root) as (host, digest):
        for _ in range(rounds):
            for name, way in ways.items():
                if fresh:
                    # A blob that is there already is not uploaded by everybody.
                    shutil.rmtree(root / "registry" / "data", ignore_errors=True)
                took, more = way(host, digest, path)
                seconds[name].append(took)
                grown[name].append(more)
    ours = statistics.median(seconds["regexplore"])
    print(f"{title:24}{'median s':>10}{'min s':>8}{'ours is':>9}{'MiB grown':>11}")
    for name, times in sorted(seconds.items(), key=lambda item: statistics.median(item[1])):
        median = statistics.median(times)
        memory = "" if max(grown[name]) != max(grown[name]) else f"{max(grown[name]):11.1f}"
        print(f"{name:24}{median:10.3f}{min(times):8.3f}{ours / median:8.2f}x{memory}")


def main() -> int:
    """Measure pulls and pushes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blob-mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = root / "blob"
        with path.open("wb") as content:
            for _ in range(options.blob_mib):
                content.write(os.urandom(CHUNK))
        compare("pull", pulls(), options.rounds, path, root, fresh=False)
        compare("push", pushes(), options.rounds, path, root, fresh=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
