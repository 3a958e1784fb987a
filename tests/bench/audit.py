"""An audit of 100 images with a signature, an SBOM and provenance each, every answer 20 ms late.

Compared with the time that its own requests need at that concurrency when nothing else takes any, and with a second run
in the same process when nothing changed.
"""

from __future__ import annotations

import statistics
import time
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection

import regexplore as rx
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.demo import evidence
from regexplore.sandbox.demo.content import AMD64, application_layer, base_layer
from regexplore.sandbox.demo.images import Build, push_image
from regexplore.sandbox.demo.keys import BUILDER, RELEASE, public_keys
from regexplore.sandbox.demo.packages import Package
from regexplore.sandbox.demo.shelf import Shelf
from regexplore.sandbox.faults import Fault

IMAGES = 100
DELAY = 0.02
CONNECTIONS = 16
ROUNDS = 3
# As many as the Debian image has: an SBOM of six packages would be smaller than the listing it is found in.
PACKAGES = [Package(f"package-{n}", f"1.{n}") for n in range(88)]
GOAL_TIME, GOAL_BYTES = 1.2, 0.1


def fill(server: SandboxServer) -> None:
    """Put the images, and three pieces of evidence on each."""
    shelf = Shelf(server.store, "many/app")
    run: dict[str, object] = {"User": "app", "Cmd": ["/app/start.sh"]}
    base = base_layer(AMD64)
    for n in range(IMAGES):
        build = Build([base, application_layer(f"v{n}")], "2026-02-01T00:00:00Z", run)
        image = push_image(shelf, AMD64, build, [f"1.{n}.0"]).plain()
        evidence.attach_signature(shelf, image, RELEASE)
        evidence.attach_spdx(shelf, image, PACKAGES, "amd64")
        evidence.attach_provenance(shelf, image, f"v{n}", BUILDER)


def serve(pipe: Connection) -> None:
    """Serve in a process of its own, and tell how many requests came and how many bytes went, when asked."""
    with SandboxServer() as server:
        fill(server)
        server.faults.add(Fault.delay(DELAY))
        pipe.send(server.host)
        while pipe.recv():
            pipe.send((len(server.log), sum(one.sent for one in server.log[:])))


def measure(host: str, pipe: Connection) -> tuple[float, list[tuple[int, int]]]:
    """Audit twice with one repository object: seconds of the first, and requests and bytes of both."""
    policy = rx.Policy(trust=rx.Trust(keys=public_keys()))
    repository = rx.Repository(f"{host}/many/app", plain_http=True)
    marks, seconds = [asked(pipe)], []
    for _ in range(2):
        started = time.perf_counter()
        report = rx.audit(repository, policy=policy, depth="config", workers=CONNECTIONS, progress=None)
        seconds.append(time.perf_counter() - started)
        marks.append(asked(pipe))
        assert len(report.images) == IMAGES
    costs = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(marks)]
    return seconds[0], costs


def asked(pipe: Connection) -> tuple[int, int]:
    pipe.send(True)
    return pipe.recv()  # type: ignore[no-any-return]


def main() -> None:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    host = ours.recv()
    rounds = [measure(host, ours) for _ in range(ROUNDS)]
    ours.send(False)
    process.join(10)
    seconds = statistics.median(one[0] for one in rounds)
    (requests, first), (again, second) = rounds[0][1]
    floor = requests * DELAY / CONNECTIONS
    print(
        f"\naudit of {IMAGES} images at depth config, {DELAY * 1000:.0f} ms of delay, {CONNECTIONS} connections"
    )
    print(f"{'requests':34}{requests:9,}{requests / IMAGES:12.2f} an image")
    print(f"{'time over that of its requests':34}{seconds / floor:9.2f}{GOAL_TIME:12.2f} is the goal")
    print(f"{'bytes of a second run over first':34}{second / first:9.3f}{GOAL_BYTES:12.2f} is the goal")
    print(f"{'requests of a second run':34}{again:9,}")


if __name__ == "__main__":
    main()
