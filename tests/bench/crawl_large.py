"""A crawl of 10,000 repositories of 10 tags on a disk sandbox: interrupted twice, gone on with, on threads and Dask.

Both folders must hold the same rows, and the peak memory must be that of a tenth of the repositories.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from bench import harness
from bench.harness import Size, way
from bench.section import Goal, Section
from bench.serve import Running, sandbox
from support.many_repositories import write_repositories

FLAT = 1.1
WORKERS = 2
# An interrupt comes when so many repositories are written; the last run has nearly all to do, and the largest peak.
INTERRUPTED_AT = (0.04, 0.08)
WAIT_SECONDS, PATIENCE = 0.05, 900


@dataclass(frozen=True)
class Run:
    """One process of a crawl, as it tells of itself."""

    seconds: float
    done: int
    earlier: int
    left: int
    rows: int
    requests: int
    peak_mib: float
    workers_mib: list[float]
    scheduler_mib: float

    @property
    def largest_mib(self) -> float:
        """Peak of the largest of its processes; Dask's scheduler is none of them."""
        return max([self.peak_mib, *self.workers_mib])


def sections(size: Size) -> Iterator[Section]:
    """Measure."""
    repositories, tags = size.of((10_000, 10), (2_000, 10), (300, 3))
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        write_repositories(store, range(repositories), tags)
        with sandbox("disk", store) as running:
            yield crawled(running, Path(folder), repositories, tags, size.of(200, 50, 10))


def crawled(running: Running, folder: Path, repositories: int, tags: int, batch: int) -> Section:
    """Crawl on threads and on Dask, and compare."""
    rows, goals, frames = [], [], []
    for name, dask in (("threads", 0), (f"Dask, {WORKERS} processes", WORKERS)):
        crawl = Crawl(running.host, dask, batch)
        tenth = crawl.run(folder / f"tenth-{dask}", repositories // 10)
        runs = interrupted(crawl, folder / f"all-{dask}", repositories)
        rows += [_row(name, f"{repositories // 10:,} repositories", tenth)]
        rows += [_row(name, f"all, run {n}", one) for n, one in enumerate(runs, 1)]
        frames.append(read(folder / f"all-{dask}"))
        more = max(one.largest_mib for one in runs) / tenth.largest_mib
        goals.append(Goal(f"crawl on {name}: peak memory over that of a tenth", more, FLAT))
    pd.testing.assert_frame_equal(*frames)
    rows.append(["sandbox", "both crawls", "", "", "", "", f"{running.peak_mib():.0f}", "", ""])
    return Section(
        "crawl",
        f"A crawl of {repositories:,} repositories of {tags} tags",
        f"The embedded registry with its disk store, in a process of its own. Every crawl is interrupted twice by "
        f"SIGINT and run again into the same folder. Both folders hold the same {len(frames[0]):,} rows. Dask's scheduler "
        "is a process of its own, which keeps some of what it did whoever asks; its peak stands apart.",
        [
            "crawl",
            "part",
            "seconds",
            "repositories",
            "read before",
            "requests",
            "peak MiB",
            "workers' peak MiB",
            "scheduler's peak MiB",
        ],
        rows,
        goals,
    )


@dataclass(frozen=True)
class Crawl:
    """How crawls are run: against which registry, on how many Dask processes, written in batches of what size."""

    host: str
    dask: int
    batch: int

    def run(self, folder: Path, most: int = 0, *, interrupt_at: int = 0) -> Run:
        """Run a crawl in a process of its own; interrupt it when so many more repositories are written."""
        before = written(folder)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = way("ours_crawl", self.host, folder, most, self.dask, self.batch)
        with (
            # Dask tells at length that it was interrupted.
            tempfile.TemporaryFile("w+") as errors,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
            ) as process,
        ):
            interrupted = bool(interrupt_at) and wait_until_written(process, folder, before + interrupt_at)
            if interrupted:
                process.send_signal(signal.SIGINT)
            said = process.stdout.read()
            status = process.wait()
            errors.seek(0)
            assert status == 0, errors.read()[-2000:]
        told = json.loads(said)
        assert interrupted or not interrupt_at, f"the crawl ended before it could be interrupted: {told}"
        print(".", end="", file=sys.stderr, flush=True)
        return Run(told["seconds"], **told["items"])


def wait_until_written(process: subprocess.Popen[str], folder: Path, repositories: int) -> bool:
    """Wait for so many repositories in the files of a crawl; False if it ends before."""
    give_up = time.monotonic() + PATIENCE
    while written(folder) < repositories:
        assert time.monotonic() < give_up, "the crawl writes nothing"
        if process.poll() is not None:
            return False
        time.sleep(WAIT_SECONDS)
    return True


def interrupted(crawl: Crawl, folder: Path, repositories: int) -> list[Run]:
    """Crawl everything, interrupted where the table says."""
    runs = [crawl.run(folder, interrupt_at=round(part * repositories)) for part in INTERRUPTED_AT]
    runs.append(crawl.run(folder))
    assert [one.done < repositories for one in runs] == [True, True, False], runs
    assert runs[1].earlier == runs[0].done > 0, runs
    assert runs[2].earlier == runs[1].done > runs[0].done, runs
    assert runs[2].left == 0, runs
    return runs


def written(folder: Path) -> int:
    """Count the repositories in the files of a crawl, from their footers."""
    from regexplore.crawling.part_files import repositories_in

    return sum(len(repositories_in(file)) for file in folder.glob("part-*.parquet"))


def read(folder: Path) -> pd.DataFrame:
    """Read the files as other programs do, in one order."""
    frame = pd.read_parquet(folder)
    return frame.sort_values(["repository", "tag"], ignore_index=True)


def _row(name: str, part: str, one: Run) -> list[str]:
    return [
        name,
        part,
        f"{one.seconds:.1f}",
        f"{one.done:,}",
        f"{one.earlier:,}",
        f"{one.requests:,}",
        f"{one.peak_mib:.0f}",
        ", ".join(f"{peak:.0f}" for peak in one.workers_mib),
        f"{one.scheduler_mib:.0f}" if one.scheduler_mib else "",
    ]


if __name__ == "__main__":
    harness.main(sections)
