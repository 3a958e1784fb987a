"""The unit of a crawl: one repository. A small frozen specification goes out, an answer comes back.

Both pickle, so that the same function runs on a thread here, in another process, and on a worker of a cluster.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from regexplore.content.pool import WORKERS
from regexplore.crawling.access import Access, LocalAccess
from regexplore.crawling.work import FrameWork, kind_of
from regexplore.errors import RegexploreError
from regexplore.frames.facts import told
from regexplore.frames.origin import Origin
from regexplore.frames.schema import Row
from regexplore.objects.meter import meter_of, settle
from regexplore.objects.repository import Repository
from regexplore.remote.budget import Budget

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Job:
    """What is to be done to one repository.

    Attributes
    ----------
    access : Access or LocalAccess
        How the registry is reached; a `LocalAccess` does not pickle its secrets, but refuses.
    repository : str
    work : str or callable
        The name of a kind of work, or a function of a `Repository` that returns a frame.
    """

    access: Access | LocalAccess
    repository: str
    work: str | FrameWork


@dataclass(frozen=True)
class Answer:
    """What came of one repository.

    Attributes
    ----------
    repository : str
    content : sequence of rows, or pandas.DataFrame
        Rows of a kind of work; the frame of a user's function.
    error : str
        Why there is no content; "" otherwise.
    reasons : tuple of str
        Why the content may not be all.
    requests : int
    seconds : float
    refused : bool
        Whether a budget left something of it out.
    """

    repository: str
    content: Sequence[Row] | pd.DataFrame = field(default=())
    error: str = ""
    reasons: tuple[str, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    refused: bool = False


def answer(job: Job) -> Answer:
    """Do a job. What goes wrong is told in the answer, whatever it is: one repository never sinks a crawl."""
    started = time.monotonic()
    try:
        repository = job.access.open(job.repository)
    except RegexploreError as error:
        return Answer(job.repository, error=told(error))
    content: Sequence[Row] | pd.DataFrame = ()
    problem, reasons = "", tuple[str, ...]()
    try:
        with Budget() as own:
            content, reasons = _content(job, repository)
    except RegexploreError as error:
        problem = told(error)
    except Exception as error:  # a user's function may raise anything
        problem = f"{type(error).__name__}: {error}"
    settle(repository.options)
    sent = meter_of(repository.options).requests
    return Answer(
        job.repository, content, problem, reasons, sent, time.monotonic() - started, bool(own.refused)
    )


def _content(job: Job, repository: Repository) -> tuple[Sequence[Row] | pd.DataFrame, tuple[str, ...]]:
    if isinstance(job.work, str):
        origin = Origin(job.repository)
        return kind_of(job.work).rows(repository, origin, _threads(os.getpid())), origin.reasons
    import pandas as pd

    frame = job.work(repository)
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"the work gave a {type(frame).__name__}, not a DataFrame")
    reasons = tuple(frame.attrs.get("reasons", ()))
    # Attributes travel with every copy and do not add up.
    frame.attrs = {}
    return frame, reasons


@lru_cache
def _threads(_process: int) -> ThreadPoolExecutor:
    """Give the threads that all jobs of this process share: a large repository has them all to itself.

    The process is part of the key, for after a fork the threads are gone and the object is still there.
    """
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="regexplore-crawl")
