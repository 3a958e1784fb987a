"""The page of the documentation: what was measured, on what, with what; written from the kept results."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bench.plot import picture
from bench.section import Goal, Section
from support.tools import tool

PICTURES = "images"
# The load before a script begins; the scripts before it leave a little.
IDLE = 2.5
PACKAGES = ("requests", "urllib3", "pandas", "oras", "python-dxf", "dask", "pyarrow", "isal")
# How each program tells its version, and where it stands in what it says.
PROGRAMS = {
    "curl": ("--version", r"curl (\S+)"),
    "crane": ("version", r"(\S+)"),
    "oras": ("version", r"Version:\s*(\S+)"),
    "skopeo": ("--version", r"version (\S+)"),
    "docker-registry": ("--version", r"v?(\d\S*)"),
    "bsdtar": ("--version", r"bsdtar (\S+)"),
    "openssl": ("version", r"OpenSSL (\S+)"),
    "dot": ("-V", r"version (\S+)"),
    "go": ("version", r"go(\d\S*)"),
}
GO_MODULES = {
    "oras-go": ("bench/orasbench/go.mod", r"oras-go/v2 (\S+)"),
    "go-containerregistry": ("interop/goregistry/go.mod", r"go-containerregistry (\S+)"),
}
TESTS = Path(__file__).parents[1]
INTRODUCTION = """\
# Benchmarks

`make bench` wrote this page; `make bench QUICK=1` looks at less and leaves the page alone. Ratios of one run are what
counts: client and registry share the machine, and another machine has other times.

- Every case is a process of its own. Cases take turns, round after round; the tables show medians and spread.
- *seconds* go from before the first request to the last byte, as the case itself tells; imports and the start of the
  interpreter are not in it. Programs that do not tell (crane, skopeo, oras, pipes) count as a *whole process*.
- *peak MiB* is the largest resident memory of the process or of its largest child; less than 11 is not told apart.
- *requests* are counted once, by a relay, in a round that is not timed. The same relay gives the round trips: one for
  a request on an open connection, two for one that opens it.
- *regexplore is* says how much of the time of that case regexplore's best one takes.
- Everything is plain HTTP on loopback.
"""


def write(results: Path, docs: Path) -> Path:
    """Write the page and its pictures from the results of all scripts."""
    kept = [json.loads(file.read_text()) for file in ordered(results)]
    sections = [(Section.from_json(held), _when(one)) for one in kept for held in one["sections"]]
    (docs / PICTURES).mkdir(parents=True, exist_ok=True)
    for section, _ in sections:
        if section.bars or section.lines:
            (docs / PICTURES / f"bench-{section.key}.svg").write_text(picture(section))
    page = docs / "benchmarks.md"
    page.write_text("\n".join([INTRODUCTION, *machine(), *goals(sections), *map(_told, sections)]))
    return page


def _when(script: dict[str, Any]) -> str:
    """Say when a script ran, and that it was not alone if it was not."""
    busy = f", while the machine had other work (load {script['load']:.0f})" if script["load"] > IDLE else ""
    return f"Measured on {script['date']}{busy}."


def ordered(results: Path) -> list[Path]:
    """Give the files of the scripts in the order in which they ran."""
    return sorted(results.glob("*.json"), key=lambda file: json.loads(file.read_text())["order"])


def machine() -> Iterator[str]:
    """Say what it was measured on, and with what."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield "## Machine and versions\n"
    yield (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}.\n"
    )
    yield ", ".join(f"{name} {version}" for name, version in versions()) + ".\n"


def versions() -> Iterator[tuple[str, str]]:
    """Give the version of everything that is compared with."""
    for name in PACKAGES:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, "not installed"
    for name, (word, pattern) in PROGRAMS.items():
        yield name, _version(name, word, pattern)
    for name, (file, pattern) in GO_MODULES.items():
        found = re.search(pattern, (TESTS / file).read_text())
        yield name, found[1] if found else "unknown"


def _version(name: str, word: str, pattern: str) -> str:
    program = tool(name)
    if program is None:
        return "not installed"
    done = subprocess.run([str(program), word], capture_output=True, text=True, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1].strip("(),") if found else "unknown"


def goals(sections: Iterable[tuple[Section, str]]) -> Iterator[str]:
    """Give all goals in one table, and what is only reported in another."""
    every = [goal for section, _ in sections for goal in section.goals]
    yield "## Goals\n"
    yield from _table(
        ["goal", "measured", "at most", ""],
        [
            [goal.text, _number(goal), f"{goal.bound:g}", goal.verdict]
            for goal in every
            if goal.bound is not None
        ],
    )
    yield "Without a goal:\n"
    yield from _table(
        ["ratio or figure", "measured"], [[goal.text, _number(goal)] for goal in every if goal.bound is None]
    )


def _number(goal: Goal) -> str:
    return f"{goal.value:,.0f}" if goal.value >= 100 else f"{goal.value:.2f}"


def _told(told: tuple[Section, str]) -> str:
    section, when = told
    out = [f"## {section.title}\n", f"{section.about} {when}\n"]
    if section.bars or section.lines:
        out.append(f"![{section.title}]({PICTURES}/bench-{section.key}.svg)\n")
    out += _table(section.columns, section.rows)
    out += [f"Note: {_plain(note)}.\n" for note in section.notes]
    return "\n".join(out)


def _table(columns: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield _line(columns)
    yield "|" + " --- |" + " ---: |" * (len(columns) - 1)
    yield from (_line(row) for row in rows)
    yield ""


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    r"""Give text as Markdown that shows it: ``curl | tar`` is no cell border.

    >>> _plain("a | b_c")
    'a \\| b\\_c'
    """
    return re.sub(r"([\\|*_<>`\[\]])", r"\\\1", text)
