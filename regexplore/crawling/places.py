"""Where a crawl runs: threads of this process, any executor, or a Dask cluster."""

from __future__ import annotations

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from regexplore.content.pool import WORKERS


@dataclass(frozen=True)
class Place:
    """Where jobs are handed in.

    Attributes
    ----------
    executor : concurrent.futures.Executor or None
        None for threads made for the crawl.
    workers : int
        How many jobs are under way at once.
    is_local : bool
        Whether they run in this process, where a registry object need not travel.
    """

    executor: Executor | None
    workers: int
    is_local: bool


def place_of(on: Any) -> Place:
    """Give the place that an argument means.

    Parameters
    ----------
    on
        None, an executor, or a ``dask.distributed.Client``.

    Raises
    ------
    TypeError
        It is none of these, or a client for asynchronous code.
    """
    if on is None:
        return Place(None, WORKERS, is_local=True)
    if isinstance(on, ThreadPoolExecutor):
        return Place(on, on._max_workers, is_local=True)
    if isinstance(on, Executor):
        return Place(on, getattr(on, "_max_workers", None) or os.cpu_count() or 1, is_local=False)
    if not callable(getattr(on, "get_executor", None)) or getattr(on, "asynchronous", False):
        raise TypeError(f"a crawl runs on an Executor or on a Dask client, not on {type(on).__name__}")
    threads = sum(on.ncores().values())
    return Place(on.get_executor(pure=False), max(threads, 1), is_local=False)
