"""A sandbox registry in a process of its own, filled with what a benchmark asks for.

``python -m bench.serve WHAT ARGUMENTS`` prints its host and serves until its standard input ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from regexplore.oci import Descriptor, media_types
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.demo import evidence
from regexplore.sandbox.demo.content import AMD64, application_layer, base_layer
from regexplore.sandbox.demo.images import Build, push_image
from regexplore.sandbox.demo.keys import BUILDER, RELEASE
from regexplore.sandbox.demo.packages import Package
from regexplore.sandbox.demo.shelf import Shelf

TAGS, AUDITED = "bench/many", "bench/audited"
# As many as the Debian image has: an SBOM of six packages would be smaller than the listing it is found in.
PACKAGES = [Package(f"package-{n}", f"1.{n}") for n in range(88)]


def disk(folder: str) -> SandboxServer:
    """A folder of image layouts."""
    return SandboxServer(storage=folder)


def tags(count: str) -> SandboxServer:
    """So many tags of one manifest."""
    server = SandboxServer()
    config = Descriptor.from_bytes(media_types.OCI_CONFIG, b"{}")
    server.store.put_blob(TAGS, config.digest, b"{}")
    manifest = (
        b'{"schemaVersion":2,"mediaType":"%b","config":{"mediaType":"%b","digest":"%b","size":2},"layers":[]}'
    )
    filled = manifest % (
        media_types.OCI_MANIFEST.encode(),
        media_types.OCI_CONFIG.encode(),
        config.digest.encode(),
    )
    names = [f"v{n:06}" for n in range(int(count))]
    server.store.put_manifest(TAGS, media_types.OCI_MANIFEST, filled, tags=names)
    return server


def audited(count: str) -> SandboxServer:
    """So many images, each with a signature, an SBOM and provenance."""
    server = SandboxServer()
    shelf = Shelf(server.store, AUDITED)
    run: dict[str, object] = {"User": "app", "Cmd": ["/app/start.sh"]}
    base = base_layer(AMD64)
    for n in range(int(count)):
        build = Build([base, application_layer(f"v{n}")], "2026-02-01T00:00:00Z", run)
        image = push_image(shelf, AMD64, build, [f"1.{n}.0"]).plain()
        evidence.attach_signature(shelf, image, RELEASE)
        evidence.attach_spdx(shelf, image, PACKAGES, "amd64")
        evidence.attach_provenance(shelf, image, f"v{n}", BUILDER)
    return server


KINDS: dict[str, Callable[[str], SandboxServer]] = {"disk": disk, "tags": tags, "audited": audited}


@dataclass(frozen=True)
class Running:
    """A server that another process runs."""

    host: str
    pid: int

    def peak_mib(self) -> float:
        """Largest resident size so far."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@contextmanager
def sandbox(kind: str, argument: object) -> Iterator[Running]:
    """Run a filled sandbox in a process of its own while the block runs."""
    command = [sys.executable, "-m", "bench.serve", kind, str(argument)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            host = process.stdout.readline().strip()
            assert host, f"the sandbox did not start: {kind} {argument}"
            yield Running(host, process.pid)
        finally:
            process.stdin.close()


def main(kind: str, argument: str) -> None:
    """Serve until nobody listens any more."""
    with KINDS[kind](argument) as server:
        print(server.host, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
