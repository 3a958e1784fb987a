"""What importing costs, beside requests: CPU time, the interpreter's own taken off."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator

from bench import harness
from bench.harness import LIMIT, OURS, PEER, Case, Size, Taken, compare
from bench.section import Bar, Goal, Section

STATEMENTS = {
    "nothing": ("pass", LIMIT),
    "import requests": ("import requests", PEER),
    "import regexplore": ("import regexplore", OURS),
    "the client of regexplore": ("import regexplore.remote", OURS),
    "what a notebook holds": ("from regexplore import Registry", OURS),
}
GOAL = 1.2


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    cases = [Case(name, [sys.executable, "-c", said], kind) for name, (said, kind) in STATEMENTS.items()]
    results = compare(cases, "", size.of(15, 5, 1), counted=False)
    base = _above(results, "import requests")
    rows, bars = [], []
    for name, taken in results.items():
        low, median, high = min(taken.cpu), statistics.median(taken.cpu), max(taken.cpu)
        rows.append(
            [
                name,
                f"{median * 1000:.0f}",
                f"{low * 1000:.0f} to {high * 1000:.0f}",
                f"{taken.median * 1000:.0f}",
                f"{max(taken.peak):.0f}",
                f"{_above(results, name) / base:.2f}",
            ]
        )
        bars.append(Bar(name, median * 1000, low * 1000, high * 1000, taken.case.kind))
    yield Section(
        "import",
        "What importing costs",
        "Processes that do nothing else. The ratio is of CPU time, the interpreter's own taken off.",
        ["statement", "CPU ms", "spread", "wall ms", "peak MiB", "ratio to requests"],
        rows,
        [Goal("import regexplore over import requests", _above(results, "import regexplore") / base, GOAL)],
        bars=bars,
        unit="CPU milliseconds",
    )


def _above(results: dict[str, Taken], name: str) -> float:
    return statistics.median(results[name].cpu) - statistics.median(results["nothing"].cpu)


if __name__ == "__main__":
    harness.main(sections)
