"""Bounded, ordered, cancellable work over many items.

At most so many calls run at once; results come back in the order of the items, whatever finished first. An
interrupt (Ctrl-C, the stop button of a notebook, a cancel event) ends the work and keeps what arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Generic, Protocol, TypeVar

from regexplore.errors import RegexploreError
from regexplore.remote import clock
from regexplore.remote.warning import RegistryWarning, emit, gathering

T = TypeVar("T")
R = TypeVar("R")

WORKERS = 16
AHEAD = 4
"""How many items are handed out for each worker: a given executor may have more hands than are known of."""
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
    hands: _Hands[T, R]
    if executor is None:
        hands = _OwnThreads(fn, workers)
    else:
        hands = _Here(fn) if isinstance(executor, ThisThread) else _Elsewhere(fn, executor)
    return _Work(fn, items, workers, on_result, cancel, keep).run(hands)


class ThisThread(Executor):
    """Runs each call at once, where it is asked for: for work within work that keeps every hand busy already."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call, and give what came of it."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T, R]):
    """What travels back from a worker."""

    outcome: Outcome[T, R]
    warnings: tuple[RegistryWarning, ...]


class _Hands(Protocol[T, R]):
    """Whoever does the calls: takes items by number, and puts what came of them into a queue."""

    done: SimpleQueue[tuple[int, _Answer[T, R] | BaseException]]

    def take(self, n: int, item: T) -> None:
        """Do the call for an item when there is a hand free."""

    def stop(self) -> None:
        """Do nothing more."""


class _OwnThreads(Generic[T, R]):
    """Threads that fetch their next item themselves: nothing is made for an item but its answer."""

    def __init__(self, fn: Callable[[T], R], workers: int) -> None:
        self.done: SimpleQueue[tuple[int, _Answer[T, R] | BaseException]] = SimpleQueue()
        self._fn = fn
        self._waiting: SimpleQueue[tuple[int, T] | None] = SimpleQueue()
        self._stopped = False
        self._most = max(workers, 1)
        self._threads: list[Thread] = []

    def take(self, n: int, item: T) -> None:
        self._waiting.put((n, item))
        if len(self._threads) < self._most:
            # One context may not be entered twice at once: each thread has its own copy.
            run = clock.context().run
            name = f"regexplore_{len(self._threads)}"
            thread = Thread(target=run, args=(self._work,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        # Not waiting: after an interrupt, calls under way may take long to notice that nobody listens.
        self._stopped = True
        for _ in self._threads:
            self._waiting.put(None)

    def _work(self) -> None:
        while (taken := self._waiting.get()) is not None and not self._stopped:
            n, item = taken
            try:
                self.done.put((n, _answer(self._fn, item)))
            except BaseException as error:
                self.done.put((n, error))


class _Here(Generic[T, R]):
    """The thread that asks: no future is made for a call that has ended before anybody could wait for it."""

    def __init__(self, fn: Callable[[T], R]) -> None:
        self.done: SimpleQueue[tuple[int, _Answer[T, R] | BaseException]] = SimpleQueue()
        self._fn = fn

    def take(self, n: int, item: T) -> None:
        try:
            self.done.put((n, _answer(self._fn, item)))
        except Exception as error:
            self.done.put((n, error))

    def stop(self) -> None:
        """Nothing is ever under way."""


class _Elsewhere(Generic[T, R]):
    """An executor that was handed in; it is left running."""

    def __init__(self, fn: Callable[[T], R], executor: Executor) -> None:
        self.done: SimpleQueue[tuple[int, _Answer[T, R] | BaseException]] = SimpleQueue()
        self._fn = fn
        self._executor = executor
        self._pending: set[Future[_Answer[T, R]]] = set()
        self._stopped = False

    def take(self, n: int, item: T) -> None:
        if isinstance(self._executor, ThreadPoolExecutor):
            future = self._executor.submit(clock.context().run, _answer, self._fn, item)
        else:
            future = self._executor.submit(_answer, self._fn, item)
        self._pending.add(future)
        future.add_done_callback(lambda ready: self._arrived(n, ready))

    def stop(self) -> None:
        self._stopped = True
        for future in list(self._pending):
            future.cancel()

    def _arrived(self, n: int, ready: Future[_Answer[T, R]]) -> None:
        self._pending.discard(ready)
        if ready.cancelled():
            # A cluster that is closed cancels what waits there: nothing would ever come.
            if not self._stopped:
                self.done.put((n, CancelledError("the executor gave up on its work")))
            return
        error = ready.exception()
        self.done.put((n, error if error is not None else ready.result()))


class _Work(Generic[T, R]):
    """One run of `map_bounded`: hands out items, and takes what comes back, in the caller's thread."""

    def __init__(
        self,
        fn: Callable[[T], R],
        items: Iterable[T],
        workers: int,
        on_result: Callable[[Outcome[T, R]], None] | None,
        cancel: Event | None,
        keep: bool,
    ) -> None:
        self._items = enumerate(items)
        # More than workers: each finds its next item waiting, and little is lost on a cancel.
        self._room = AHEAD * max(workers, 1)
        self._on_result = on_result
        self._cancel = cancel or Event()
        self._keep = keep
        self._out = 0
        self._done: dict[int, Outcome[T, R]] = {}

    def run(self, hands: _Hands[T, R]) -> Outcomes[T, R]:
        interrupted = False
        try:
            while not self._cancel.is_set() and self._fill(hands):
                with suppress(Empty):
                    self._collect(hands.done.get(timeout=_POLL_SECONDS))
                    self._collect_rest(hands)
            interrupted = self._cancel.is_set() and (bool(self._out) or next(self._items, None) is not None)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            hands.stop()
        if interrupted:
            with suppress(Empty):
                self._collect_rest(hands)
        return Outcomes([self._done[n] for n in sorted(self._done)], interrupted)

    def _fill(self, hands: _Hands[T, R]) -> bool:
        """Hand out items while there is room; False when everything is done."""
        for n, item in islice(self._items, self._room - self._out):
            self._out += 1
            hands.take(n, item)
        return bool(self._out)

    def _collect_rest(self, hands: _Hands[T, R]) -> None:
        """Take what has arrived by now.

        Raises
        ------
        queue.Empty
            That was all.
        """
        while True:
            self._collect(hands.done.get_nowait())

    def _collect(self, arrived: tuple[int, _Answer[T, R] | BaseException]) -> None:
        n, answer = arrived
        self._out -= 1
        if isinstance(answer, BaseException):
            raise answer
        if self._keep:
            self._done[n] = answer.outcome
        for warning in answer.warnings:
            emit(warning)
        if self._on_result is not None:
            self._on_result(answer.outcome)


def _answer(fn: Callable[[T], R], item: T) -> _Answer[T, R]:
    """Run in the worker: an expected error and the registry's warnings travel back as values."""
    outcome: Outcome[T, R]
    with gathering() as warnings:
        try:
            outcome = Outcome(item, fn(item))
        except RegexploreError as error:
            outcome = Outcome(item, error=error)
    return _Answer(outcome, tuple(warnings))
