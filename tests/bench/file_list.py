"""The file list of a real image, every digest checked: regexplore beside crane, bsdtar and Python's tarfile.

Run: ``python tests/bench/file_list.py [--rounds 5]``. The Debian image is served by docker-registry on loopback;
rounds are interleaved and medians shown; ratios count, absolute times are of this machine. Only regexplore checks
digest and diff_id of every layer. Then the memory that a layer of a million entries takes.
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from support import images
from support.registries import distribution
from support.tools import tool

NAME = "bench/debian"
# In a notebook the imports are long done: the time that a call takes, connection and frame included.
INSIDE = "regexplore, the call"
OURS = """
import time
import regexplore as rx
import regexplore.frames.files
began = time.perf_counter()
image = rx.Repository("{host}/{name}").get("v2")
frame = image.files(progress=None)
assert frame.attrs["complete"], frame.attrs
print(time.perf_counter() - began)
"""
TARFILE = """
import tarfile, requests
base = "http://{host}/v2/{name}"
manifest = requests.get(base + "/manifests/v2", headers={{"Accept": "application/vnd.oci.image.manifest.v1+json"}}).json()
count = 0
for layer in manifest["layers"]:
    answer = requests.get(base + "/blobs/" + layer["digest"], stream=True)
    with tarfile.open(fileobj=answer.raw, mode="r|gz") as archive:
        count += sum(1 for _ in archive)
print(count)
"""
MANY = """
import io
from regexplore.content.memory import MemoryStore
from regexplore.image.layer import list_layer
from regexplore.image.file_system import FileSystem
from regexplore.oci import Descriptor
def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
class Store:
    def fetch(self, target):
        return open({path!r}, "rb")
before = peak()
listing = list_layer(Store(), Descriptor("application/vnd.oci.image.layer.v1.tar", "sha256:" + "0" * 64, 1))
listed = peak()
files = FileSystem([listing])
print(len(listing), listing.error, listed - before, peak() - before)
"""


Way = Callable[[str], str]


def python(program: str) -> Way:
    """Return what runs a Python program against a host."""
    return lambda host: _run([sys.executable, "-c", program.format(host=host, name=NAME)])


def shell(line: str) -> Way:
    """Return what runs a pipe of programs against a host."""
    return lambda host: _run(["bash", "-c", "set -o pipefail; " + line.format(host=host, name=NAME)])


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ways(layers: list[str]) -> dict[str, Way]:
    """Return every way that can be had here."""
    blobs = "; ".join(
        f"curl -sf http://{{host}}/v2/{{name}}/blobs/{layer} | bsdtar -tf - " for layer in layers
    )
    found: dict[str, Way] = {"regexplore": python(OURS), "requests + tarfile": python(TARFILE)}
    if crane := tool("crane"):
        found["crane export | tar t"] = shell(f"{crane} export --insecure {{host}}/{{name}}:v2 - | tar t")
    if tool("bsdtar"):
        found["curl | bsdtar -t"] = shell(blobs)
    return found


def compare(rounds: int) -> None:
    """Run all ways in turn and print medians and ratios."""
    layout = images.debian_layout()
    with tempfile.TemporaryDirectory() as folder, distribution(tool("docker-registry"), Path(folder)) as host:
        images.push(layout, "v2", f"{host}/{NAME}:v2")
        import regexplore as rx

        image = rx.Repository(f"{host}/{NAME}").get("v2")
        candidates = ways([str(layer.digest) for layer in image.layer_descriptors])
        seconds: dict[str, list[float]] = {name: [] for name in [*candidates, INSIDE]}
        for _ in range(rounds):
            for name, way in candidates.items():
                started = time.perf_counter()
                said = way(host)
                seconds[name].append(time.perf_counter() - started)
                if name == "regexplore":
                    seconds[INSIDE].append(float(said))
    ours = statistics.median(seconds[INSIDE])
    print(f"{'file list':24}{'median s':>10}{'min s':>8}{'the call is':>13}")
    for name, times in sorted(seconds.items(), key=lambda item: statistics.median(item[1])):
        median = statistics.median(times)
        print(f"{name:24}{median:10.3f}{min(times):8.3f}{ours / median:12.2f}x")


def many(entries: int = 1_000_000) -> None:
    """List a layer of very many entries, and print what memory that took."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.tar"
        with path.open("wb") as out:
            for n in range(entries):
                info = tarfile.TarInfo(f"usr/share/many/{n % 1000:03}/file-{n:07}")
                out.write(info.tobuf(tarfile.USTAR_FORMAT))
            out.write(io.BytesIO(bytes(1024)).getvalue())
        done = subprocess.run(
            [sys.executable, "-c", MANY.format(path=str(path))], capture_output=True, text=True, check=True
        )
    count, error, listed, merged = done.stdout.split()
    print(
        f"\n{int(count):,} entries (error: {error}): {float(listed):.0f} MiB listed, {float(merged):.0f} MiB merged"
    )


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    compare(options.rounds)
    many()
    return 0


if __name__ == "__main__":
    sys.exit(main())
