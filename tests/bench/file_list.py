"""W4: the files of an image's layers; and what memory a layer of a million entries takes."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import harness
from bench.harness import COLUMNS, OURS, Case, Size, compare, shell, table, way
from bench.section import Goal, Section
from support import images
from support.registries import distribution
from support.tools import tool

NAME, TAG = "bench/debian", "v2"
OUR_NAME = "files(), checked"


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    registry = tool("docker-registry")
    if registry is not None and size.name != "tiny":
        try:
            layout = images.debian_layout()
        except images.Unavailable as error:
            print(f"left out: the Debian image ({error})")
        else:
            with tempfile.TemporaryDirectory() as folder, distribution(registry, Path(folder)) as host:
                images.push(layout, TAG, f"{host}/{NAME}:{TAG}")
                yield listed(host, size)
    yield many(size)


def listed(host: str, size: Size) -> Section:
    """The Debian image."""
    import regexplore as rx

    image = rx.Repository(f"{host}/{NAME}").get(TAG)
    urls = [f"http://{{host}}/v2/{NAME}/blobs/{layer.digest}" for layer in image.layer_descriptors]
    cases = [
        Case(OUR_NAME, way("ours_files", "{host}", NAME, TAG), OURS),
        Case("requests and tarfile", way("requests_tarfile", "{host}", NAME, TAG)),
        Case("curl | tar tz", shell("; ".join(f"curl -sf {url} | tar tz >/dev/null" for url in urls))),
    ]
    if tool("bsdtar"):
        line = "; ".join(f"curl -sf {url} | bsdtar -tf - >/dev/null" for url in urls)
        cases.append(Case("curl | bsdtar t", shell(line)))
    if program := tool("crane"):
        line = f"{program} export --insecure {{host}}/{NAME}:{TAG} - | tar t >/dev/null"
        cases.append(Case("crane export | tar t", shell(line)))
    results = compare(cases, host, size.rounds)
    rows, bars = table(results.values())
    goals = [*harness.against_best(results, OUR_NAME, "W4")]
    return Section(
        "w4-files",
        "W4: the files of the layers of a Debian image",
        "docker-registry 2.8. Only `image.files()` checks digest and diff_id of every layer, and it gives a frame; "
        "the others give lines, unchecked.",
        COLUMNS,
        rows,
        goals,
        harness.left_out(),
        bars,
    )


def many(size: Size) -> Section:
    """A layer of very many entries, uncompressed, from a file."""
    counts = size.of((100_000, 1_000_000), (10_000, 100_000), (100, 1_000))
    rows, peaks = [], []
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            path = Path(folder) / f"{count}.tar"
            write_entries(path, count)
            case = Case(f"{count:,} entries", way("ours_many_entries", path), OURS)
            taken = compare([case], "", 1, counted=False)[case.name]
            peaks.append(max(taken.peak))
            rows.append([case.name, f"{taken.median:.2f}", f"{peaks[-1]:.0f}"])
    each = (peaks[-1] - peaks[0]) * 2**20 / (counts[-1] - counts[0])
    return Section(
        "w4-entries",
        "A layer of very many entries",
        "Listed, and merged into a file system.",
        ["layer", "seconds", "peak MiB"],
        rows,
        [Goal("bytes of memory for each entry", each)],
    )


def write_entries(path: Path, count: int) -> None:
    """Write an archive of so many empty files."""
    with path.open("wb") as out:
        for n in range(count):
            info = tarfile.TarInfo(f"usr/share/many/{n % 1000:03}/file-{n:07}")
            out.write(info.tobuf(tarfile.USTAR_FORMAT))
        out.write(bytes(1024))


if __name__ == "__main__":
    harness.main(sections)
