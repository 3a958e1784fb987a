"""How everything is measured: each case a process of its own, rounds interleaved, medians and spread.

A case is a command. ``seconds`` of a case is what it says itself, as JSON on its output, from before the first request
to the last byte, imports not counted; of a program that does not say it is the time of the whole process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from bench.relay import Relay
from bench.section import Bar, Goal, Section
from support.tools import tool

FOLDER = Path(__file__).parent
RESULTS = FOLDER.parents[1] / ".cache" / "bench"
SIZES = ("full", "quick", "tiny")
ROUNDS = {"full": 5, "quick": 2, "tiny": 1}
COLUMNS = ["case", "seconds", "spread", "whole process", "CPU s", "peak MiB", "requests", "regexplore is"]
PROGRAMS = (
    "curl",
    "crane",
    "oras",
    "orasbench",
    "skopeo",
    "bsdtar",
    "openssl",
    "docker-registry",
    "goregistry",
    "delayproxy",
)
OURS, PEER, LIMIT = "ours", "peer", "limit"

T = TypeVar("T")


@dataclass(frozen=True)
class Size:
    """How much is measured: ``full`` for the page, ``quick`` to look, ``tiny`` to see that it runs."""

    name: str = "full"

    @property
    def rounds(self) -> int:
        """How often each case is run."""
        return ROUNDS[self.name]

    def of(self, full: T, quick: T, tiny: T) -> T:
        """Give the value for this size."""
        return {"full": full, "quick": quick, "tiny": tiny}[self.name]


@dataclass(frozen=True)
class Case:
    """One way to do a piece of work.

    Attributes
    ----------
    name : str
    command : sequence of str
        ``{host}`` stands for the registry.
    kind : str
        ``ours``, ``peer``, or ``limit`` for what does less than the work.
    keep : bool
        Whether its output is looked at; a large one is dropped.
    share : float
        What part of the work it does; its times are scaled up to the whole.
    """

    name: str
    command: Sequence[str]
    kind: str = PEER
    keep: bool = True
    share: float = 1.0


@dataclass
class Taken:
    """What the rounds of one case took."""

    case: Case
    inside: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    requests: int | None = None

    @property
    def seconds(self) -> list[float]:
        """What the case says itself, else the whole process."""
        return self.inside or self.whole

    @property
    def median(self) -> float:
        """Median of `seconds`."""
        return statistics.median(self.seconds)


class FailedCase(Exception):
    """A case ended with an error."""


def way(name: str, *arguments: object) -> list[str]:
    """Give the command of one of the Python ways in `bench.ways`."""
    return [sys.executable, "-m", "bench.ways", name, *map(str, arguments)]


def shell(line: str) -> list[str]:
    """Give the command of a pipe of programs."""
    return ["bash", "-c", f"set -eo pipefail; {line}"]


def run_once(case: Case, host: str, taken: Taken) -> None:
    """Run a case and note what it took.

    Raises
    ------
    FailedCase
    """
    words = [word.replace("{host}", host) for word in case.command]
    launcher = [sys.executable, "-I", "-S", str(FOLDER / "launch.py"), "keep" if case.keep else "drop"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([*launcher, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedCase(f"{case.name}: {done.stderr[-400:]}")
    figures = json.loads(done.stdout)
    if figures["status"]:
        raise FailedCase(f"{case.name} ended with {figures['status']}: {figures['err'][-400:]}")
    said = list(_said(figures["out"]))
    if said:
        taken.inside.append(sum(said) / case.share)
    taken.whole.append(figures["wall"] / case.share)
    taken.cpu.append(figures["cpu"] / case.share)
    taken.peak.append(figures["peak_mib"])


def _said(output: str) -> Iterator[float]:
    """Give the seconds in the lines of JSON that a case wrote."""
    for line in output.splitlines():
        if line.startswith('{"seconds"') or (line.startswith("{") and '"seconds"' in line):
            yield float(json.loads(line)["seconds"])


def compare(
    cases: Sequence[Case],
    host: str,
    rounds: int,
    *,
    counted: bool = True,
    before: Callable[[], None] | None = None,
) -> dict[str, Taken]:
    """Run all cases in turn, so many times, and once more through a relay that counts their requests.

    Parameters
    ----------
    cases
    host
        The registry.
    rounds
    counted
        False where requests do not matter.
    before
        Called before each run: a blob that is there already is not uploaded again.
    """
    results = {case.name: Taken(case) for case in cases}
    if counted:
        _count(cases, host, results, before)
    for _ in range(rounds):
        for case in cases:
            if before is not None:
                before()
            run_once(case, host, results[case.name])
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def _count(
    cases: Sequence[Case], host: str, results: dict[str, Taken], before: Callable[[], None] | None
) -> None:
    with Relay.open(host, 0) as relay:
        if relay is None:
            return
        for case in cases:
            if before is not None:
                before()
            start = relay.counts()
            run_once(case, relay.host, Taken(case))
            results[case.name].requests = round((relay.counts().requests - start.requests) / case.share)


def table(results: Iterable[Taken]) -> tuple[list[list[str]], list[Bar]]:
    """Give rows for `COLUMNS`, fastest first, and the bars of the picture."""
    ordered = sorted(results, key=lambda taken: taken.median)
    ours = min((taken.median for taken in ordered if taken.case.kind == OURS), default=float("nan"))
    rows, bars = [], []
    for taken in ordered:
        low, high = min(taken.seconds), max(taken.seconds)
        name = taken.case.name + ("" if taken.case.share == 1 else f" [{taken.case.share:.0%} of it]")
        rows.append(
            [
                name,
                f"{taken.median:.3f}",
                f"{low:.3f} to {high:.3f}",
                f"{statistics.median(taken.whole):.3f}",
                f"{statistics.median(taken.cpu):.2f}",
                f"{max(taken.peak):.0f}",
                "" if taken.requests is None else f"{taken.requests:,}",
                f"{ours / taken.median:.2f} of it",
            ]
        )
        bars.append(Bar(name, taken.median, low, high, taken.case.kind))
    return rows, bars


def best_peer(results: dict[str, Taken]) -> Taken | None:
    """Give the fastest peer that does the work."""
    peers = [taken for taken in results.values() if taken.case.kind == PEER]
    return min(peers, key=lambda taken: taken.median, default=None)


def against(results: dict[str, Taken], ours: str, theirs: str, bound: float | None, where: str) -> list[Goal]:
    """Give the goal that one case takes at most so much of another; none if that one could not be had."""
    if theirs not in results or ours not in results:
        return []
    ratio = results[ours].median / results[theirs].median
    return [Goal(f"{where}: {ours} over {theirs}", ratio, bound)]


def against_best(results: dict[str, Taken], ours: str, where: str) -> list[Goal]:
    """Give the ratio to the best peer, whichever that is."""
    best = best_peer(results)
    return against(results, ours, best.case.name, None, f"{where}, best peer") if best else []


def left_out() -> list[str]:
    """Name the programs that are not here."""
    missing = [name for name in PROGRAMS if tool(name) is None]
    return [f"left out, not installed: {', '.join(missing)}"] if missing else []


def main(sections: Callable[[Size], Iterable[Section]]) -> None:
    """Measure, print, and keep what was measured for the page."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--order", type=int, default=0, help="place on the page")
    options = parser.parse_args()
    results = options.results or RESULTS / options.size
    kept, load = [], os.getloadavg()[0]
    for section in sections(Size(options.size)):
        print(section.text(), flush=True)
        kept.append(section.to_json())
    results.mkdir(parents=True, exist_ok=True)
    held = {"order": options.order, "date": f"{date.today():%d %B %Y}", "load": load, "sections": kept}
    (results / f"{Path(sys.argv[0]).stem}.json").write_text(json.dumps(held, indent=1) + "\n")
