"""W3: one large blob pulled and pushed, beside what hashing alone takes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import harness
from bench.filling import MIB, write_blob
from bench.harness import COLUMNS, LIMIT, OURS, Case, Size, compare, shell, table, way
from bench.section import Goal, Section
from support.registries import distribution
from support.tools import tool

REPOSITORY, SMALL, PUSHED = "bench/blob", "bench/small", "bench/pushed"
SMALL_MIB = 64
CRANE, HASH, FLAT = 0.9, 1.3, 1.1
OUR_NAME, HASH_NAME = "fetch(), checked", "hashlib alone"


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    registry = tool("docker-registry")
    if registry is None:
        return
    mib = size.of(1024, 256, 4)
    with tempfile.TemporaryDirectory() as folder, distribution(registry, Path(folder)) as host:
        data = Path(folder) / "data"
        digest, path = write_blob(data, REPOSITORY, mib)
        small, _ = write_blob(data, SMALL, min(SMALL_MIB, mib))
        small_case = Case("64 MiB", way("ours_blob", "{host}", SMALL, small, min(SMALL_MIB, mib) * MIB), OURS)
        yield pulled(host, digest, mib, small_case, Path(folder), size)
        yield pushed(host, digest, path, mib, data, size)


def pulled(host: str, digest: str, mib: int, small: Case, folder: Path, size: Size) -> Section:
    """A blob read through."""
    blob = f"{{host}}/{REPOSITORY}@{digest}"
    url = f"http://{{host}}/v2/{REPOSITORY}/blobs/{digest}"
    cases = [
        Case(OUR_NAME, way("ours_blob", "{host}", REPOSITORY, digest, mib * MIB), OURS),
        Case("requests, 1 MiB", way("requests_blob", "{host}", REPOSITORY, digest)),
        Case("python-dxf", way("dxf_blob", "{host}", REPOSITORY, digest)),
        Case("oras-py, to a file, unchecked", way("oras_blob", "{host}", REPOSITORY, digest, folder / "got")),
        Case(HASH_NAME, way("hash_alone", mib * MIB), LIMIT),
        Case("curl, unchecked", shell(f"curl -sf -o /dev/null {url}"), LIMIT),
        Case("curl | openssl dgst", shell(f"curl -sf {url} | openssl dgst -sha256")),
        Case("curl | sha256sum", shell(f"curl -sf {url} | sha256sum")),
    ]
    if program := tool("crane"):
        cases.append(Case("crane blob", [str(program), "blob", "--insecure", blob], keep=False))
    if program := tool("oras"):
        words = [str(program), "blob", "fetch", "--plain-http", "--output", "/dev/null", blob]
        cases.append(Case("oras blob fetch", words))
    if program := tool("orasbench"):
        cases.append(Case("oras-go", [str(program), "blob", f"{{host}}/{REPOSITORY}", digest]))
    results = compare(cases, host, size.rounds)
    before = compare([small], host, 1, counted=False)[small.name]
    rows, bars = table(results.values())
    where = f"W3, {mib} MiB"
    goals = [
        *harness.against(results, OUR_NAME, "crane blob", CRANE, where),
        *harness.against(results, OUR_NAME, HASH_NAME, HASH, where),
        *harness.against_best(results, OUR_NAME, where),
        Goal(
            f"{where}: peak memory over that for 64 MiB", max(results[OUR_NAME].peak) / max(before.peak), FLAT
        ),
    ]
    return Section(
        "w3-pull",
        f"W3: a blob of {mib:,} MiB pulled",
        "docker-registry 2.8 from its file store. The digest is checked unless said otherwise. Debian's sha256sum "
        "does not use the processor's instructions for it, openssl and hashlib do.",
        COLUMNS,
        rows,
        goals,
        harness.left_out(),
        bars,
    )


def pushed(host: str, digest: str, path: Path, mib: int, data: Path, size: Size) -> Section:
    """A blob pushed from a file, each time to a repository that does not have it."""
    cases = [
        Case("push()", way("ours_push", "{host}", PUSHED, digest, path), OURS),
        Case("python-dxf", way("dxf_push", "{host}", PUSHED, digest, path)),
        Case(HASH_NAME, way("hash_alone", mib * MIB), LIMIT),
    ]
    if program := tool("oras"):
        words = [str(program), "blob", "push", "--plain-http", f"{{host}}/{PUSHED}@{digest}", str(path)]
        cases.append(Case("oras blob push", words))
    links = data / "docker/registry/v2/repositories" / PUSHED
    results = compare(cases, host, size.of(3, 1, 1), before=lambda: shutil.rmtree(links, ignore_errors=True))
    rows, bars = table(results.values())
    return Section(
        "w3-push",
        f"A blob of {mib:,} MiB pushed",
        "docker-registry 2.8, to a repository that does not have the blob; the registry hashes it once more.",
        COLUMNS,
        rows,
        harness.against_best(results, "push()", f"push of {mib} MiB"),
        harness.left_out(),
        bars,
    )


if __name__ == "__main__":
    harness.main(sections)
