"""W1: the names of very many tags, on one page and on pages of 1,000; and how the cost grows with their number."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import harness
from bench.filling import write_tags
from bench.growth import growth
from bench.harness import COLUMNS, LIMIT, OURS, Case, Size, Taken, compare, shell, table, way
from bench.section import Section
from bench.serve import TAGS, sandbox
from support.registries import distribution
from support.tools import tool

ONE_PAGE, PAGES = 1.3, 1.1
PAGE = 1000
WRITE_OUT = "-w '{\"seconds\": %{time_total}}\\n'"


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    count = size.of(100_000, 10_000, 100)
    counts = [n for n in (100, 1_000, 10_000, 100_000) if n <= count]
    with tempfile.TemporaryDirectory() as folder:
        for n in counts:
            write_tags(Path(folder) / "data", f"{TAGS}-{n}", n)
        registry = tool("docker-registry")
        if registry is not None:
            with distribution(registry, Path(folder)) as host:
                yield one_page(host, count, size)
                yield growth(
                    "w1-growth",
                    "W1: how the cost of a list grows",
                    "`tags()` of 100 to 100,000 tags, docker-registry.",
                    {n: way("ours_tags", "{host}", f"{TAGS}-{n}") for n in counts},
                    host,
                    size.rounds,
                )
    with sandbox("tags", count) as running:
        yield pages(running.host, count, size)


def one_page(host: str, count: int, size: Size) -> Section:
    """Everything in one answer."""
    repository = f"{TAGS}-{count}"
    line = f"curl -sf -o /dev/null {WRITE_OUT} http://{{host}}/v2/{repository}/tags/list"
    results = compare([Case("curl", shell(line), LIMIT), *ways(repository, 0)], host, size.rounds)
    return section(
        "w1-one-page",
        f"W1: {count:,} tags on one page",
        "docker-registry 2.8 gives all tags at once. curl throws the answer away; the others read the names.",
        results,
        ONE_PAGE,
        "W1 one page",
    )


def pages(host: str, count: int, size: Size) -> Section:
    """Pages of 1,000."""
    urls = " ".join(
        f"-o /dev/null 'http://{{host}}/v2/{TAGS}/tags/list?n={PAGE}&last={last}'" for last in _cursors(count)
    )
    line = f"curl -sf {WRITE_OUT} {urls}"
    results = compare([Case("curl", shell(line), LIMIT), *ways(TAGS, PAGE)], host, size.rounds)
    return section(
        "w1-pages",
        f"W1: {count:,} tags on pages of {PAGE:,}",
        "The embedded registry, which sends `Link`; without a size it gives ten times as many on a page, and oras-py and "
        "skopeo ask for none. curl knows all addresses before it begins; the others learn "
        "each from the page before.",
        results,
        PAGES,
        "W1 pages",
    )


def _cursors(count: int) -> list[str]:
    return ["", *(f"v{n - 1:06}" for n in range(PAGE, count, PAGE))]


def ways(repository: str, page: int) -> list[Case]:
    """Give every way that can be had here; ours asks for pages of this size, 0 for what the registry likes."""
    found = [
        Case("tag_pages()", way("ours_names", "{host}", repository, page), OURS),
        Case("tags(), a frame", way("ours_tags", "{host}", repository, page), OURS),
        Case("requests loop", way("requests_tags", "{host}", repository)),
        Case("oras-py", way("oras_tags", "{host}", repository)),
    ]
    programs = {
        "crane ls": ("crane", "ls", "--insecure", f"{{host}}/{repository}"),
        "skopeo list-tags": ("skopeo", "list-tags", "--tls-verify=false", f"docker://{{host}}/{repository}"),
        "oras-go": ("orasbench", "tags", f"{{host}}/{repository}"),
    }
    for name, (program, *words) in programs.items():
        if path := tool(program):
            found.append(Case(name, [str(path), *words]))
    return found


def section(key: str, title: str, about: str, results: dict[str, Taken], bound: float, where: str) -> Section:
    """Give the table of one registry."""
    rows, bars = table(results.values())
    goals = [
        *harness.against(results, "tag_pages()", "curl", bound, where),
        *harness.against(results, "tags(), a frame", "curl", bound, where),
        *harness.against_best(results, "tags(), a frame", where),
    ]
    return Section(key, title, about, COLUMNS, rows, goals, harness.left_out(), bars)


if __name__ == "__main__":
    harness.main(sections)
