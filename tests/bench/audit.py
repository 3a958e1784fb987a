"""An audit of 100 images with a signature, an SBOM and provenance each, behind round trips of 20 ms.

Compared with the time that its own requests need at that concurrency when nothing else takes any, and with a second run
in the same process when nothing changed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from itertools import pairwise

from bench import harness
from bench.harness import Size
from bench.relay import LEFT_OUT, Counts, Relay
from bench.section import Goal, Section
from bench.serve import AUDITED, sandbox

import regexplore as rx
from regexplore.sandbox.demo.keys import public_keys

MILLISECONDS = 20
CONNECTIONS = 16
TIME, BYTES = 1.2, 0.1


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    images = size.of(100, 50, 3)
    with sandbox("audited", images) as running, Relay.open(running.host, MILLISECONDS) as relay:
        if relay is None:
            print(f"left out: {LEFT_OUT}")
            return
        yield audited(relay, images, size.of(3, 2, 1))


def audited(relay: Relay, images: int, rounds: int) -> Section:
    """Audit, and audit again."""
    # The first one imports what it needs.
    _, *taken = (measure(relay, images) for _ in range(rounds + 1))
    seconds = [[one[n][0] for one in taken] for n in (0, 1)]
    first, second = (one[1] for one in taken[0])
    floor = first.requests * MILLISECONDS / 1000 / CONNECTIONS
    rows = [
        _row("first run", seconds[0], first),
        _row("second run, nothing changed", seconds[1], second),
        ["the round trips alone", f"{floor:.3f}", "", "", ""],
    ]
    return Section(
        "audit",
        f"An audit of {images} images",
        f"Depth `config`, round trips of {MILLISECONDS} ms, {CONNECTIONS} connections; each image has a signature, "
        "an SBOM of 88 packages and provenance.",
        ["run", "seconds", "spread", "requests", "bytes"],
        rows,
        [
            Goal("audit: time over that of its requests", statistics.median(seconds[0]) / floor, TIME),
            Goal("audit: bytes of a second run over the first", second.sent / first.sent, BYTES),
            Goal("audit: requests for an image", first.requests / images),
        ],
    )


def measure(relay: Relay, images: int) -> list[tuple[float, Counts]]:
    """Audit twice with one repository object: seconds and counts of both."""
    policy = rx.Policy(trust=rx.Trust(keys=public_keys()))
    repository = rx.Repository(f"{relay.host}/{AUDITED}", plain_http=True)
    marks, seconds = [relay.counts()], []
    for _ in range(2):
        started = time.perf_counter()
        report = rx.audit(repository, policy=policy, depth="config", workers=CONNECTIONS, progress=None)
        seconds.append(time.perf_counter() - started)
        marks.append(relay.counts())
        assert len(report.images) == images
    return [(took, after - before) for took, (before, after) in zip(seconds, pairwise(marks), strict=True)]


def _row(name: str, seconds: list[float], counts: Counts) -> list[str]:
    spread = f"{min(seconds):.3f} to {max(seconds):.3f}"
    return [name, f"{statistics.median(seconds):.3f}", spread, f"{counts.requests:,}", f"{counts.sent:,}"]


if __name__ == "__main__":
    harness.main(sections)
