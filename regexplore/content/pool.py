"""Bounded, ordered, cancellable work over many items.

At most so many calls run at once; results come back in the order of the items, whatever finished first. An
interrupt (Ctrl-C, the stop button of a notebook, a cancel event) ends the work and keeps what arrived.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from threading import Event
from typing import Generic, TypeVar

from regexplore.errors import RegexploreError
from regexplore.remote.warning import RegistryWarning, emit, gathering

T = TypeVar("T")
R = TypeVar("R")

WORKERS = 16
# How long a cancel event may go unnoticed while every call is slow.
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T, R]):
    """What came of one item: a value, or the error that its call raised."""

    item: T
    value: R | None = None
    error: RegexploreError | None = None

    def result(self) -> R:
        """Return the value.

        Raises
        ------
        RegexploreError
            The call raised it.
        """
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # R itself may include None


@dataclass(slots=True)
class Outcomes(Generic[T, R]):
    """The outcomes that arrived, in the order of the items.

    Attributes
    ----------
    arrived : list of Outcome
    interrupted : bool
        Whether the work was stopped before every item had its turn.
    """

    arrived: list[Outcome[T, R]] = field(default_factory=list)
    interrupted: bool = False

    def __iter__(self) -> Iterator[Outcome[T, R]]:
        return iter(self.arrived)

    def __len__(self) -> int:
        return len(self.arrived)


def map_bounded(
    fn: Callable[[T], R],
    items: Iterable[T],
    workers: int = WORKERS,
    executor: Executor | None = None,
    on_result: Callable[[Outcome[T, R]], None] | None = None,
    cancel: Event | None = None,
    *,
    keep: bool = True,
) -> Outcomes[T, R]:
    """Call ``fn`` on every item, at most ``workers`` at once.

    Items are taken as room appears, so they may come from a generator that is itself slow or endless.
    Context variables of the caller are seen by the calls when they run in threads of this process, and
    warnings of registries that arise in the calls are given here, in the caller's thread.

    Parameters
    ----------
    fn : callable
    items : iterable
    workers : int
    executor : concurrent.futures.Executor, optional
        Where to run instead of own threads; it is left running. For processes and clusters ``fn`` and the
        items must be picklable.
    on_result : callable, optional
        Called in the caller's thread with each outcome as it arrives.
    cancel : threading.Event, optional
        Set it from anywhere to stop.
    keep : bool
        False to hand each outcome to ``on_result`` alone: with very many items, memory stays flat.

    Returns
    -------
    Outcomes
        In the order of ``items``; `RegexploreError` is an outcome.

    Raises
    ------
    Exception
        Any other error of ``fn`` or ``items``, after the calls that had not begun were cancelled.

    Examples
    --------
    >>> [outcome.result() for outcome in map_bounded(len, ["a", "bb"])]
    [1, 2]
    """
    if executor is not None:
        return _Work(fn, items, workers, executor, on_result, cancel, keep).run()
    own = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="regexplore")
    try:
        return _Work(fn, items, workers, own, on_result, cancel, keep).run()
    finally:
        # Not waiting: after an interrupt, calls under way may take long to notice that nobody listens.
        own.shutdown(wait=False, cancel_futures=True)


class _Work(Generic[T, R]):
    """One run of `map_bounded`."""

    def __init__(
        self,
        fn: Callable[[T], R],
        items: Iterable[T],
        workers: int,
        executor: Executor,
        on_result: Callable[[Outcome[T, R]], None] | None,
        cancel: Event | None,
        keep: bool,
    ) -> None:
        self._fn = fn
        self._items = enumerate(items)
        # Twice the workers: each finds its next item waiting, and little is lost on a cancel.
        self._room = 2 * max(workers, 1)
        self._executor = executor
        self._on_result = on_result
        self._cancel = cancel or Event()
        self._keep = keep
        self._pending: dict[Future[_Answer[T, R]], int] = {}
        self._done: dict[int, Outcome[T, R]] = {}

    def run(self) -> Outcomes[T, R]:
        interrupted = False
        try:
            while not self._cancel.is_set() and self._fill():
                ready, _ = wait(self._pending, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                self._collect(ready)
            interrupted = self._cancel.is_set() and self._has_more()
        except KeyboardInterrupt:
            interrupted = True
        finally:
            for future in self._pending:
                future.cancel()
        if interrupted:
            self._collect({future for future in self._pending if future.done() and not future.cancelled()})
        return Outcomes([self._done[n] for n in sorted(self._done)], interrupted)

    def _has_more(self) -> bool:
        return bool(self._pending) or next(self._items, None) is not None

    def _fill(self) -> bool:
        """Hand out items while there is room; False when everything is done."""
        for n, item in islice(self._items, self._room - len(self._pending)):
            self._pending[self._submit(item)] = n
        return bool(self._pending)

    def _submit(self, item: T) -> Future[_Answer[T, R]]:
        if isinstance(self._executor, ThreadPoolExecutor):
            # One context may not be entered twice at once: each call has its own copy.
            return self._executor.submit(contextvars.copy_context().run, _answer, self._fn, item)
        return self._executor.submit(_answer, self._fn, item)

    def _collect(self, ready: set[Future[_Answer[T, R]]]) -> None:
        for future in sorted(ready, key=lambda future: self._pending[future]):
            n = self._pending.pop(future)
            answer = future.result()
            outcome = answer.outcome
            if self._keep:
                self._done[n] = outcome
            for warning in answer.warnings:
                emit(warning)
            if self._on_result is not None:
                self._on_result(outcome)


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T, R]):
    """What travels back from a worker."""

    outcome: Outcome[T, R]
    warnings: tuple[RegistryWarning, ...]


def _answer(fn: Callable[[T], R], item: T) -> _Answer[T, R]:
    """Run in the worker: an expected error and the registry's warnings travel back as values."""
    outcome: Outcome[T, R]
    with gathering() as warnings:
        try:
            outcome = Outcome(item, fn(item))
        except RegexploreError as error:
            outcome = Outcome(item, error=error)
    return _Answer(outcome, tuple(warnings))
