"""W5: looking a second time, behind round trips of 20 ms: what is known is not asked for again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import harness
from bench.filling import push_tags
from bench.harness import OURS, Case, Size, Taken, run_once, way
from bench.relay import LEFT_OUT, Relay
from bench.section import Bar, Goal, Section
from support import images
from support.registries import distribution, go_registry
from support.tools import tool

MILLISECONDS = 20
CONNECTIONS = 32
REPOSITORY = "bench/again"
NAME, TAG = "bench/debian", "v2"
AGAIN = 0.1
FIRST, OBJECT, DISK = "first look", "second, the same object", "second, a new process with the same cache_dir"


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    tags = size.of(1_000, 200, 10)
    program = tool("goregistry")
    if program is not None:
        with tempfile.TemporaryDirectory() as folder, go_registry(program, Path(folder)) as host:
            push_tags(host, REPOSITORY, tags)
            cache = Path(folder) / "cache"
            commands = {
                FIRST: way("ours_detail", "{host}", REPOSITORY, CONNECTIONS, cache),
                OBJECT: way("ours_detail_again", "{host}", REPOSITORY, CONNECTIONS),
                DISK: way("ours_detail", "{host}", REPOSITORY, CONNECTIONS, cache),
            }
            about = (
                "`tags(detail=True)`. Whether a tag has moved is asked with one HEAD each, so a second look costs "
                "half of the requests of the first and next to no bytes."
            )
            yield from looked("w5-tags", f"W5: {tags:,} tags again", about, commands, host, cache, size)
    registry = tool("docker-registry")
    if registry is not None and size.name != "tiny":
        yield from files(registry, size)


def files(registry: Path, size: Size) -> Iterator[Section]:
    """The files of an image again."""
    try:
        layout = images.debian_layout()
    except images.Unavailable as error:
        print(f"left out: the Debian image ({error})")
        return
    with tempfile.TemporaryDirectory() as folder, distribution(registry, Path(folder)) as host:
        images.push(layout, TAG, f"{host}/{NAME}:{TAG}")
        cache = Path(folder) / "cache"
        commands = {
            FIRST: way("ours_files", "{host}", NAME, TAG, cache),
            OBJECT: way("ours_files_again", "{host}", NAME, TAG),
            DISK: way("ours_files", "{host}", NAME, TAG, cache),
        }
        about = "`image.files()` of the Debian image: 196 MB of layers, read through and checked at first."
        yield from looked("w5-files", "W5: the files of an image again", about, commands, host, cache, size)


def looked(
    key: str, title: str, about: str, commands: dict[str, Sequence[str]], host: str, cache: Path, size: Size
) -> Iterator[Section]:
    """Look, and look again; the first look of each round begins with an empty cache."""
    with Relay.open(host, MILLISECONDS) as relay:
        if relay is None:
            print(f"left out: {LEFT_OUT}")
            return
        results, costs = {name: Taken(Case(name, command, OURS)) for name, command in commands.items()}, {}
        for _ in range(size.of(3, 1, 1)):
            shutil.rmtree(cache, ignore_errors=True)
            for name, taken in results.items():
                before = relay.counts()
                run_once(taken.case, relay.host, taken)
                costs[name] = relay.counts() - before
    # What the first look of the same process cost is in the count of the second.
    costs[OBJECT] = costs[OBJECT] - costs[FIRST]
    rows, bars = [], []
    for name, taken in results.items():
        low, high, cost = min(taken.seconds), max(taken.seconds), costs[name]
        rows.append(
            [name, f"{taken.median:.3f}", f"{low:.3f} to {high:.3f}", f"{cost.requests:,}", f"{cost.sent:,}"]
        )
        bars.append(Bar(name, taken.median, low, high, OURS))
    goals = []
    for name in (OBJECT, DISK):
        ratio = results[name].median / results[FIRST].median
        goals.append(Goal(f"{title}, {name}: seconds over the first", ratio, AGAIN))
        goals.append(
            Goal(f"{title}, {name}: bytes over the first", costs[name].sent / costs[FIRST].sent, AGAIN)
        )
    yield Section(
        key,
        title,
        f"{about} Round trips of {MILLISECONDS} ms.",
        ["look", "seconds", "spread", "requests", "bytes"],
        rows,
        goals,
        bars=bars,
    )


if __name__ == "__main__":
    harness.main(sections)
