"""A graph of 1,000 nodes to SVG, beside what ``dot`` alone needs for the same DOT; all in one run.

The store is warm: every document is in memory. Rounds are interleaved, medians are shown; the ratio counts,
absolute times are of this machine.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable

from support import supply_chain

from regexplore.graph import render as rendering
from regexplore.objects.graph import Graph

RELEASES = 68
ROUNDS = 15
EVERYTHING = 1_000_000
TARGET = 1.3


def main() -> None:
    dot = shutil.which("dot")
    if dot is None:
        print("Graphviz is not installed")
        return
    store = supply_chain.large(RELEASES)
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
    seconds = measured(ways)
    floor = statistics.median(seconds["dot alone"])
    print(f"{len(graph):,} nodes, {len(graph.content.edges):,} edges, medians of {ROUNDS} rounds")
    print(f"{'way':20}{'seconds':>9}{'spread':>16}{'ratio to dot':>14}")
    for name, times in seconds.items():
        median = statistics.median(times)
        spread = f"{min(times):.2f} to {max(times):.2f}"
        print(f"{name:20}{median:9.3f}{spread:>16}{median / floor:14.2f}")
    print(f"the aim for graph.to_svg() is a ratio of {TARGET} at most")


def measured(ways: dict[str, Callable[[], None]]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    main()
