"""The benchmarks run, at tiny sizes: what they measure there means nothing, but they do not rot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bench import page
from bench.growth import exponent
from bench.harness import (
    LIMIT,
    OURS,
    PEER,
    Case,
    FailedCase,
    Taken,
    against,
    best_peer,
    compare,
    shell,
    table,
)
from bench.plot import picture
from bench.relay import Relay
from bench.run import BENCHMARKS
from bench.section import Bar, Goal, Line, Section
from bench.serve import TAGS, sandbox
from support.tools import tool

RUN = Path(__file__).with_name("run.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_and_is_written_down(name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(RUN), name, "--size", "tiny", "--results", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    held = json.loads((tmp_path / f"{name}.json").read_text())
    written = (tmp_path / "page" / "benchmarks.md").read_text()
    for one in held["sections"]:
        section = Section.from_json(one)
        assert section.rows
        assert f"## {section.title}" in written
    assert bool(held["sections"]) != ("left out" in done.stdout)


def _taken(name: str, kind: str, *seconds: float) -> Taken:
    return Taken(Case(name, [], kind), inside=list(seconds), whole=[9.0], cpu=[1.0], peak=[10.0], requests=3)


def test_medians_and_ratios() -> None:
    taken = [_taken("ours", OURS, 3, 1, 2), _taken("theirs", PEER, 4), _taken("curl", LIMIT, 1)]
    results = {one.case.name: one for one in taken}
    rows, bars = table(taken)
    assert [row[0] for row in rows] == ["curl", "ours", "theirs"]
    assert rows[2][1:] == ["4.000", "4.000 to 4.000", "9.000", "1.00", "10", "3", "0.50 of it"]
    assert bars[1] == Bar("ours", 2, 1, 3, OURS)
    assert best_peer(results).case.name == "theirs"
    assert against(results, "ours", "theirs", 0.5, "W") == [Goal("W: ours over theirs", 0.5, 0.5)]
    assert against(results, "ours", "nobody", 0.5, "W") == []


def test_verdicts() -> None:
    assert [Goal("", 1, bound).verdict for bound in (1, 0.9, None)] == ["met", "missed", "reported"]


def test_what_a_case_says_of_itself_counts() -> None:
    said = Case("a", shell("echo '{\"seconds\": 1.5}'; echo '{\"seconds\": 2}'"), share=0.5)
    silent = Case("b", ["true"])
    results = compare([said, silent], "", 2, counted=False)
    assert results["a"].seconds == [7.0, 7.0]
    assert results["b"].seconds == results["b"].whole
    assert all(peak > 1 for peak in results["b"].peak)
    with pytest.raises(FailedCase, match="ended with 3: no"):
        compare([Case("c", shell("echo no >&2; exit 3"))], "", 1, counted=False)


@pytest.mark.interop
def test_the_relay_counts_requests() -> None:
    if tool("delayproxy") is None or tool("curl") is None:
        pytest.skip("delayproxy or curl is not installed")
    with sandbox("tags", 3) as running, Relay.open(running.host, 1) as relay:
        url = f"http://{relay.host}/v2/{TAGS}/tags/list"
        subprocess.run(["curl", "-sf", url, url, url], check=True, capture_output=True)
        counts = relay.counts()
    assert (counts.requests, counts.connections) == (3, 1)
    assert counts.sent > 100


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_the_exponent_of_a_power(power: float) -> None:
    assert exponent([(x, 3 * x**power) for x in (10.0, 100.0, 1000.0)]) == pytest.approx(power)


def test_pictures_are_xml_and_names_stay_text() -> None:
    bars = [Bar("<b> & |", 1.0, 0.5, 2.0, OURS), Bar("curl", 0.1, 0.1, 0.1, LIMIT)]
    lines = [Line("<i>", [(100, 0.01), (1000, 0.1)], OURS)]
    for section in (
        Section("a", "<title>", "", [], [], bars=bars),
        Section("b", "", "", [], [], lines=lines, across="tags"),
    ):
        root = ET.fromstring(picture(section))
        assert "<" in "".join(root.itertext())


def test_the_page_holds_tables_goals_and_versions(tmp_path: Path) -> None:
    section = Section(
        "x", "Title", "About.", ["case", "seconds"], [["curl | tar", "1.0"]], [Goal("fast", 2, 1)]
    )
    held = {"order": 0, "date": "1 May 2026", "load": 9.6, "sections": [section.to_json()]}
    (tmp_path / "x.json").write_text(json.dumps(held))
    text = page.write(tmp_path, tmp_path / "docs").read_text()
    assert "| curl \\| tar | 1.0 |" in text
    assert "| fast | 2.00 | 1 | missed |" in text
    assert "oras-go v2" in text
    assert "About. Measured on 1 May 2026, while the machine had other work (load 10)." in text
    assert str(tmp_path) not in text
    assert Section.from_json(section.to_json()) == section
