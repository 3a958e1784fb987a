"""Crawling a registry: the repositories are listed here, and each is a job for a thread, a process or a cluster."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

from regexplore.content.pool import Outcome, map_bounded
from regexplore.crawling.access import Access, LocalAccess
from regexplore.crawling.columns import REPOSITORY, FrameColumns, columns_of
from regexplore.crawling.crawl_result import Crawl
from regexplore.crawling.gathering import Gathering
from regexplore.crawling.job import Answer, Job, answer
from regexplore.crawling.part_files import PartFolder
from regexplore.crawling.places import place_of
from regexplore.crawling.work import FrameWork
from regexplore.errors import CrawlError
from regexplore.frames.origin import Origin
from regexplore.objects.listing import Choice, How, Listing
from regexplore.objects.meter import meter_of
from regexplore.objects.registry import Registry
from regexplore.remote.budget import Budget, running, under
from regexplore.show.progress import Progress, Show

if TYPE_CHECKING:
    import pandas as pd

Folder = str | os.PathLike[str]


def crawl(
    registry: Registry | str,
    work: str | FrameWork = "tags",
    *,
    on: Executor | Any = None,
    into: Folder | None = None,
    repositories: Iterable[str] | None = None,
    match: str | None = None,
    limit: int | None = None,
    workers: int | None = None,
    credentials: str | None = None,
    meta: pd.DataFrame | None = None,
    cancel: Event | None = None,
    budget: Budget | None = None,
    progress: Show = True,
) -> Crawl:
    """Do the same work to every repository of a registry.

    Each repository is a job of its own. One that cannot be read becomes a row with its ``error``, and the crawl is
    said to be partial. Ctrl-C keeps what arrived. With a folder the rows are written as they come, memory stays
    flat, and the same call goes on where the last one ended: what is written is not asked again, what failed is.

    Parameters
    ----------
    registry
        The registry, or its name.
    work
        ``"tags"``, ``"referrers"`` or ``"layers"``, or a function that takes a `Repository` and returns a
        `pandas.DataFrame`, the same columns each time.
    on
        Where to run: own threads by default, a `concurrent.futures.Executor`, or a ``dask.distributed.Client``.
        To processes and clusters only names travel, no credentials; a function must be importable there.
    into
        A folder for Parquet files, one for each batch of repositories; without it the rows stay in memory. On a
        cluster the files are written here, not by the workers.
    repositories
        Names, instead of the registry's catalog, which many registries do not have.
    match
        A glob such as ``team/*``.
    limit
        At most so many repositories are asked in this run; the next one goes on.
    workers
        How many repositories at once; as many as the place has by default.
    credentials
        For processes and clusters, where the workers find theirs: ``"default"`` (the files of docker and podman),
        ``"none"``, ``"file:/path/to/config.json"`` or ``"helper:pass"``. By default the place that the registry
        object has its own from.
    meta
        An empty frame with the columns of a user's function; by default they are those of its first frame.
    cancel
        Set it from another thread to stop.
    budget
        What this run may cost, over all its repositories; see `regexplore.Budget`. When it is used up no further
        repository is asked, and the next run goes on. Processes and clusters tell their requests when a repository
        is done, so there it may be overdrawn by the repositories under way, and bytes are not counted.
    progress
        As everywhere: True, False or a callable.

    Returns
    -------
    Crawl
        Its ``frame()`` gives the rows; a card tells what was asked, and what is left.

    Raises
    ------
    CrawlError
        The folder holds another crawl, or the credentials cannot travel.
    MissingExtraError
        A folder needs ``regexplore[parquet]``.
    RegexploreError
        Not even the first page of the catalog could be listed.

    Examples
    --------
    >>> import regexplore as rx
    >>> with rx.Sandbox.demo() as sandbox:
    ...     done = rx.crawl(sandbox.registry, work="tags", match="demo/*")
    >>> done.complete, "v1.2" in set(done.frame()["tag"])
    (True, True)
    """
    held = Registry(registry) if isinstance(registry, str) else registry
    place = place_of(on)
    access = LocalAccess(held) if place.is_local and credentials is None else Access.of(held, credentials)
    gathering = _gathering(held, work, into, meta)
    origin = Origin(str(held.reference), lambda: meter_of(held.options).requests)
    with under(budget):
        names = _names(held, repositories, match, origin, progress)
        todo = [name for name in names if gathering.folder is None or name not in gathering.folder.done]
        run = _Run(gathering, origin, len(todo), charged=() if place.is_local else running())
        jobs = _jobs(access, todo[:limit], work, origin)
        run.go(jobs, len(todo[:limit]), place.executor, workers or place.workers, cancel, progress)
    if limit is not None and len(todo) > limit:
        origin.partial(f"limit={limit} reached")
    return run.result(held, work)


class _Run:
    """One run of a crawl."""

    def __init__(
        self, gathering: Gathering, origin: Origin, asked: int, *, charged: Sequence[Budget] = ()
    ) -> None:
        self._gathering = gathering
        self._origin = origin
        self._asked = asked
        self._charged = charged

    def go(
        self,
        jobs: Iterator[Job],
        total: int,
        executor: Executor | None,
        workers: int,
        cancel: Event | None,
        progress: Show,
    ) -> None:
        """Do the jobs; what arrived is kept however that ends."""
        with Progress("repository", total, show=progress) as shown:

            def take(outcome: Outcome[Job, Answer]) -> None:
                answered = outcome.result()
                for budget in self._charged:
                    budget.spent_elsewhere(answered.requests)
                self._gathering.take(answered)
                shown.advance(note=f"{self._gathering.requests:,} requests")

            try:
                outcomes = map_bounded(answer, jobs, workers, executor, take, cancel, keep=False)
                if outcomes.interrupted:
                    shown.stop()
                    self._origin.partial(f"stopped at {self._gathering.arrived} of {total} repositories")
            except KeyboardInterrupt:
                shown.stop()
                self._origin.partial(f"stopped at {self._gathering.arrived} of {total} repositories")
            except Exception as error:
                # Jobs tell their own errors: this is the place that broke, or a function that cannot travel there.
                if not self._gathering.arrived:
                    raise CrawlError(
                        f"the jobs could not be run: {type(error).__name__}: {error}",
                        hint="A function must be importable where it runs, and so must what it gives.",
                    ) from error
                shown.stop()
                self._origin.partial(f"the place of the work broke: {type(error).__name__}: {error}")
            finally:
                self._gathering.finish()

    def result(self, registry: Registry, work: str | FrameWork) -> Crawl:
        """Give the result, with what is missing in words."""
        gathering, origin = self._gathering, self._origin
        left = self._asked - gathering.arrived
        if gathering.failed:
            origin.partial(f"{len(gathering.failed)} of {self._asked} repositories asked could not be read")
        if gathering.incomplete:
            origin.partial(f"{gathering.incomplete} repositories could not be read in full")
        for problem in gathering.folder.problems if gathering.folder else ():
            origin.partial(problem)
        return Crawl(registry, work, gathering, origin, left)


def _jobs(
    access: Access | LocalAccess, names: Sequence[str], work: str | FrameWork, origin: Origin
) -> Iterator[Job]:
    """Give the jobs one by one, as long as there is something to spend on them."""
    for name in names:
        for said in filter(None, (budget.used_up for budget in running())):
            origin.partial(said)
            return
        yield Job(access, name, work)


def _gathering(
    registry: Registry, work: str | FrameWork, into: Folder | None, meta: pd.DataFrame | None
) -> Gathering:
    columns = columns_of(work, meta)
    if into is None:
        return Gathering(columns, None)
    folder = PartFolder.open(into, {"registry": str(registry.reference), "work": name_of(work)})
    if isinstance(columns, FrameColumns) and meta is None:
        written = next(folder.frames(), None)
        if written is not None:
            columns = FrameColumns(written.drop(columns=REPOSITORY))
    return Gathering(columns, folder)


def name_of(work: str | FrameWork) -> str:
    """Give what a work goes by."""
    if isinstance(work, str):
        return work
    if isinstance(work, partial):
        return name_of(work.func)
    return f"{work.__module__}.{getattr(work, '__qualname__', type(work).__name__)}"


def _names(
    registry: Registry,
    repositories: Iterable[str] | None,
    match: str | None,
    origin: Origin,
    progress: Show,
) -> list[str]:
    """Give the names, each once: a catalog that changes while it is read may list one twice."""
    if repositories is None:
        pages = registry.repository_pages()
        listing = Listing(pages, "repository", Choice(match), lambda: origin, how=How(progress=progress))
        return list(dict.fromkeys(listing.names(origin)))
    return [name for name in dict.fromkeys(repositories) if match is None or fnmatch.fnmatchcase(name, match)]
