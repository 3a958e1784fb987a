"""A graph of 1,000 nodes to SVG, beside what ``dot`` alone needs for the same DOT.

The store is warm: every document is in memory. The times are inside one process: what is compared is no program.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Iterator

from bench import harness
from bench.harness import LIMIT, OURS, Size
from bench.section import Bar, Goal, Section
from support import supply_chain
from support.tools import tool

from regexplore.graph import render as rendering
from regexplore.objects.graph import Graph

EVERYTHING = 1_000_000
TARGET = 1.3


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    dot = tool("dot")
    if dot is None:
        print("left out: Graphviz is not installed")
        return
    store = supply_chain.large(size.of(68, 68, 3))
    graph = Graph.of(store, progress=False)
    source = graph.to_dot(limit=EVERYTHING).encode()

    def dot_alone() -> None:
        subprocess.run([dot, "-Tsvg"], input=source, capture_output=True, check=True)

    def graph_to_svg() -> None:
        rendering._run.cache_clear()
        graph.to_svg(limit=EVERYTHING)

    def store_to_svg() -> None:
        rendering._run.cache_clear()
        Graph.of(store, progress=False).to_svg(limit=EVERYTHING)

    ways = {"dot alone": dot_alone, "graph.to_svg()": graph_to_svg, "walk and to_svg()": store_to_svg}
    seconds = measured(ways, size.of(9, 3, 1))
    floor = statistics.median(seconds["dot alone"])
    rows, bars = [], []
    for name, times in seconds.items():
        median, low, high = statistics.median(times), min(times), max(times)
        rows.append([name, f"{median:.3f}", f"{low:.3f} to {high:.3f}", f"{median / floor:.2f}"])
        bars.append(Bar(name, median, low, high, LIMIT if name == "dot alone" else OURS))
    yield Section(
        "graph-svg",
        f"A graph of {len(graph):,} nodes and {len(graph.content.edges):,} edges to SVG",
        "Every document is in memory.",
        ["way", "seconds", "spread", "ratio to dot"],
        rows,
        [Goal("graph to SVG over dot alone", statistics.median(seconds["graph.to_svg()"]) / floor, TARGET)],
        bars=bars,
    )


def measured(ways: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Run all ways in turn, so many times."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    harness.main(sections)
