"""The same jobs as partitions of a lazy frame: the cluster reads, filters and writes, nothing comes through here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from regexplore.crawling.access import Access
from regexplore.crawling.columns import FrameColumns, columns_of
from regexplore.crawling.gathering import Gathering
from regexplore.crawling.job import Job, answer
from regexplore.crawling.work import FrameWork
from regexplore.errors import MissingExtraError
from regexplore.objects.registry import Registry

if TYPE_CHECKING:
    import pandas as pd


def crawl_lazily(
    registry: Registry | str,
    work: str | FrameWork = "tags",
    *,
    repositories: Iterable[str] | None = None,
    meta: pd.DataFrame | None = None,
    credentials: str | None = None,
    partition_size: int = 50,
) -> Any:
    """Give a crawl as a lazy ``dask.dataframe``; no repository is asked before it is computed.

    Parameters
    ----------
    registry, work, repositories, credentials
        As in `regexplore.crawl`. The names are listed at once.
    meta
        An empty frame with the columns of a user's function, which must be declared here.
    partition_size
        Repositories in one partition.

    Returns
    -------
    dask.dataframe.DataFrame
        ``repository``, the columns of the work, and ``error``.

    Raises
    ------
    CrawlError
        The credentials cannot travel.
    MissingExtraError
        It needs ``regexplore[dask]``.
    ValueError
        A user's function without ``meta``.

    Examples
    --------
    >>> lazy = rx.crawl_lazily(registry, repositories=["demo/app", "demo/base"])
    >>> len(lazy.compute()) > 2
    True
    """
    try:
        import dask.dataframe as dd
    except ImportError:
        raise MissingExtraError("dask", "dask") from None
    if not isinstance(work, str) and meta is None:
        raise ValueError("a lazy frame of a function needs meta: an empty frame with its columns")
    held = Registry(registry) if isinstance(registry, str) else registry
    access = Access.of(held, credentials)
    if repositories is None:
        repositories = (name for page in held.repository_pages() for name in page)
    names = list(dict.fromkeys(repositories))
    partitions = [names[n : n + partition_size] for n in range(0, len(names), partition_size)] or [[]]
    function = partial(_partition, access, work, meta)
    from_map: Any = dd.from_map
    return from_map(function, partitions, meta=columns_of(work, meta).frame([]), enforce_metadata=True)


def _partition(
    access: Access, work: str | FrameWork, meta: pd.DataFrame | None, names: Sequence[str]
) -> pd.DataFrame:
    """Give the frame of some repositories, in the order of their names."""
    gathering = Gathering(FrameColumns(meta) if meta is not None else columns_of(work, None), None)
    for name in names:
        gathering.take(answer(Job(access, name, work)))
    gathering.finish()
    return gathering.reader()()
