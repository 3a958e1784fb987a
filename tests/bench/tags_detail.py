"""W2: 1,000 tags with detail, at round trips of 0, 20 and 100 ms; how the cost grows with their number."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import harness
from bench.filling import push_tags
from bench.growth import growth
from bench.harness import COLUMNS, LIMIT, OURS, Case, Size, Taken, compare, shell, table, way
from bench.relay import LEFT_OUT, Relay
from bench.section import Bar, Goal, Section
from support.registries import go_registry
from support.tools import tool

CONNECTIONS = 32
REPOSITORY = "bench/detail"
POOL, NETWORK, ORAS = 0.6, 1.1, 1.0
OUR_NAME, POOL_NAME = "tags(detail=True)", f"requests, {CONNECTIONS} threads, GET GET"
ORAS_NAME, ORAS_POOLED = "oras-go, HEAD GET GET", f"oras-go, {CONNECTIONS} idle connections"


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    count = size.of(1_000, 500, 20)
    counts = size.of((100, 1_000, 10_000), (100, 1_000), (20,))
    program = tool("goregistry")
    if program is None:
        return
    with tempfile.TemporaryDirectory() as folder, go_registry(program, Path(folder)) as host:
        configs = push_tags(host, REPOSITORY, count)
        cases = ways(count, configs, Path(folder))
        results = compare(cases, host, size.rounds)
        yield at_once(count, results)
        requests = results[OUR_NAME].requests
        for milliseconds in size.of((20, 100), (20,), (20,)):
            yield from delayed(host, cases, milliseconds, count, requests, size)
        for n in counts:
            push_tags(host, f"{REPOSITORY}-{n}", n)
        yield growth(
            "w2-growth",
            "W2: how the cost of detail grows",
            f"`tags(detail=True)` over {CONNECTIONS} connections, no delay; every tag an image with a config of "
            "its own. One round.",
            {n: way("ours_detail", "{host}", f"{REPOSITORY}-{n}", CONNECTIONS) for n in counts},
            host,
            1,
        )


def ways(count: int, configs: list[str], folder: Path) -> list[Case]:
    """Give every way that can be had here."""
    found = [
        Case(OUR_NAME, way("ours_detail", "{host}", REPOSITORY, CONNECTIONS), OURS),
        Case(POOL_NAME, way("requests_detail", "{host}", REPOSITORY, CONNECTIONS, "get")),
        Case(
            f"requests, {CONNECTIONS} threads, HEAD GET GET",
            way("requests_detail", "{host}", REPOSITORY, CONNECTIONS, "head"),
        ),
        Case("oras-py, 32 threads, unchecked", way("oras_detail", "{host}", REPOSITORY, CONNECTIONS)),
    ]
    if program := tool("orasbench"):
        for name, idle in ((ORAS_NAME, 0), (ORAS_POOLED, CONNECTIONS)):
            words = [str(program), "detail", f"{{host}}/{REPOSITORY}", str(CONNECTIONS), str(idle)]
            found.append(Case(name, words))
    if program := tool("crane"):
        part = min(count, 50)
        found.append(Case("crane, 3 processes a tag", shell(_crane(program, part)), share=part / count))
    if program := tool("skopeo"):
        part = min(count, 50)
        line = " ".join(
            f"{program} inspect -n --tls-verify=false docker://{{host}}/{REPOSITORY}:v{n:06} >/dev/null;"
            for n in range(part)
        )
        found.append(Case("skopeo inspect, a process a tag", shell(line), share=part / count))
    urls = [f"manifests/v{n:06}" for n in range(count)] + [f"blobs/{digest}" for digest in configs]
    listed = folder / "urls"
    listed.write_text("\n".join(f"{url}" for url in urls) + "\n")
    if tool("curl"):
        found.append(Case("curl, all addresses known", shell(_curl(listed)), LIMIT))
    return found


def _crane(program: Path, count: int) -> str:
    """Digest, manifest and config of some tags, one process each, as a shell script would."""
    out = []
    for n in range(count):
        reference = f"{{host}}/{REPOSITORY}:v{n:06}"
        out += [
            f"{program} {verb} --insecure {reference} >/dev/null;"
            for verb in ("digest", "manifest", "config")
        ]
    return " ".join(out)


def _curl(listed: Path) -> str:
    """Ask all addresses of a file at once; manifests first."""
    parts = f'sed \'s|.*|url = "http://{{host}}/v2/{REPOSITORY}/&"\\noutput = "/dev/null"|\' {shlex.quote(str(listed))}'
    return f"{parts} | curl -sf --parallel --parallel-max {CONNECTIONS} --config -"


def at_once(count: int, results: dict[str, Taken]) -> Section:
    """The table without a delay."""
    rows, bars = table(results.values())
    where = "W2 at no delay"
    goals = [
        *harness.against(results, OUR_NAME, POOL_NAME, POOL, where),
        *harness.against(results, OUR_NAME, ORAS_NAME, None, where),
        *harness.against(results, OUR_NAME, ORAS_POOLED, None, where),
        *harness.against_best(results, OUR_NAME, where),
    ]
    return Section(
        "w2-0ms",
        f"W2: {count:,} tags with detail, no delay",
        "go-containerregistry's registry, in memory. Tag list, manifest and config of every tag, digests checked "
        f"unless said otherwise, {CONNECTIONS} connections. crane and skopeo run once a tag, one after the other.",
        COLUMNS,
        rows,
        goals,
        harness.left_out(),
        bars,
    )


def delayed(
    host: str, cases: list[Case], milliseconds: int, count: int, requests: int | None, size: Size
) -> Iterator[Section]:
    """The same with a round trip; programs that take a process a tag are left out, for they take minutes."""
    cases = [case for case in cases if case.share == 1]
    with Relay.open(host, milliseconds) as relay:
        if relay is None or requests is None:
            print(f"left out: {LEFT_OUT}")
            return
        results = compare(cases, relay.host, size.of(3, 1, 1), counted=False)
    floor = requests * milliseconds / 1000 / CONNECTIONS
    rows, bars = table(results.values())
    least = f"its {requests:,} requests x {milliseconds} ms / {CONNECTIONS}"
    rows.append([least, f"{floor:.3f}", *[""] * 5, f"{results[OUR_NAME].median / floor:.2f} of it"])
    bars.append(Bar("the round trips alone", floor, floor, floor, LIMIT))
    where = f"W2 at {milliseconds} ms"
    goals = [
        Goal(f"{where}: {OUR_NAME} over the round trips alone", results[OUR_NAME].median / floor, NETWORK),
        *harness.against(results, OUR_NAME, ORAS_NAME, ORAS, where),
        *harness.against(results, OUR_NAME, ORAS_POOLED, ORAS, where),
        *harness.against_best(results, OUR_NAME, where),
    ]
    yield Section(
        f"w2-{milliseconds}ms",
        f"W2: {count:,} tags with detail, round trips of {milliseconds} ms",
        "The same behind the relay.",
        COLUMNS,
        rows,
        goals,
        harness.left_out(),
        bars,
    )


if __name__ == "__main__":
    harness.main(sections)
