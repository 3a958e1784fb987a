"""How cost grows: the same work at several sizes, and the exponent of the power that fits best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench import harness
from bench.harness import OURS, Case, compare
from bench.section import Goal, Line, Section

# Below so many the cost of a first connection hides the cost of what is asked.
SMALLEST = 1_000
LINEAR = 1.1


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Fit ``y = a * x ** b`` by least squares of the logarithms; return b."""
    xs, ys = ([math.log(point[n]) for point in points] for n in (0, 1))
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - x_mean) ** 2 for x in xs)


def growth(
    key: str, title: str, about: str, commands: Mapping[int, Sequence[str]], host: str, rounds: int
) -> Section:
    """Run a command for each number of things, and fit the exponent."""
    cases = [Case(str(n), command, OURS) for n, command in commands.items()]
    results = compare(cases, host, rounds, counted=False)
    taken = {n: results[str(n)] for n in commands}
    rows = [
        [
            f"{n:,}",
            f"{one.median:.3f}",
            f"{min(one.seconds):.3f} to {max(one.seconds):.3f}",
            f"{one.median / n * 1e6:,.1f}",
            f"{max(one.peak):.0f}",
        ]
        for n, one in taken.items()
    ]
    points = [(float(n), one.median) for n, one in taken.items()]
    large = [point for point in points if point[0] >= SMALLEST]
    goals = (
        [Goal(f"{title}, exponent from {SMALLEST:,} on", exponent(large), LINEAR)] if len(large) > 1 else []
    )
    least, most = min(taken), max(taken)
    held = (max(taken[most].peak) - max(taken[least].peak)) * 2**20 / max(most - least, 1)
    goals.append(Goal(f"{title}, bytes of memory for each", held))
    return Section(
        key,
        title,
        about,
        ["tags", "seconds", "spread", "µs a tag", "peak MiB"],
        rows,
        goals,
        harness.left_out(),
        lines=[Line("regexplore", points, OURS)],
        across="tags",
    )
