"""A budget: how much may be asked, by everything that is done under it, in all its threads.

It is charged where bytes leave this process and come in, so one notion serves listings, walks, audits and crawls. What
was read before it was used up is kept; what was left out is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from threading import Lock
from typing import NoReturn, Self

from regexplore.errors import BudgetExceededError


class Budget:
    """So many requests, bytes and seconds.

    Everything asked inside its block, worker threads included, is charged to it. When it is used up no further request
    is sent: what is asked then fails with `BudgetExceededError`, which frames, graphs, audits and crawls turn into a
    result that says that it is partial. Nothing that arrived is lost. A block may be entered again, and what was spent
    stays spent.

    Parameters
    ----------
    requests : int, optional
        Requests sent; retries, redirects and requests for tokens count.
    bytes : int, optional
        Bytes of answers' bodies. An answer that says that it is larger than what is left is not read.
    seconds : float, optional
        From the first time that its block is entered. What is under way then is finished.

    Attributes
    ----------
    requests, bytes : int
        Spent so far.
    refused : int
        How often something was not sent or not read because of it.

    Examples
    --------
    >>> import regexplore as rx
    >>> with rx.Sandbox.demo() as sandbox, rx.Budget(requests=3) as budget:
    ...     tags = sandbox.registry.repository("demo/app").tags(detail=True, progress=None)
    >>> budget.requests, tags.attrs["complete"]
    (3, False)
    """

    def __init__(
        self,
        *,
        requests: int | None = None,
        bytes: int | None = None,  # noqa: A002  # the word that is spent
        seconds: float | None = None,
    ) -> None:
        self.most_requests = requests
        self.most_bytes = bytes
        self.most_seconds = seconds
        self.requests = 0
        self.bytes = 0
        self.refused = 0
        self._began: float | None = None
        self._lock = Lock()

    @property
    def seconds(self) -> float:
        """Seconds since its block was first entered."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all; without one it only counts."""
        return (self.most_requests, self.most_bytes, self.most_seconds) != (None, None, None)

    @property
    def used_up(self) -> str:
        """What is used up, in words; "" while there is something left."""
        if self.most_requests is not None and self.requests >= self.most_requests:
            return f"the budget of {self.most_requests:,} requests is used up"
        if self.most_bytes is not None and self.bytes >= self.most_bytes:
            return f"the budget of {self.most_bytes:,} bytes is used up"
        if self.most_seconds is not None and self.seconds >= self.most_seconds:
            return f"the budget of {self.most_seconds:g} seconds is used up"
        return ""

    def spend_request(self) -> None:
        """Take one request.

        Raises
        ------
        BudgetExceededError
        """
        with self._lock:
            said = self.used_up
            if said:
                self._refuse(said)
            self.requests += 1

    def spend_bytes(self, count: int) -> None:
        """Take some bytes of an answer's body.

        Raises
        ------
        BudgetExceededError
            There are not so many left; none are taken.
        """
        with self._lock:
            if self.most_bytes is not None and self.bytes + count > self.most_bytes:
                self._refuse(
                    f"the budget of {self.most_bytes:,} bytes is used up: {self.bytes:,} were read, the next answer "
                    f"has {count:,}"
                )
            self.bytes += count

    def spent_elsewhere(self, requests: int) -> None:
        """Note requests that another process has sent."""
        with self._lock:
            self.requests += requests

    def _refuse(self, said: str) -> NoReturn:
        raise BudgetExceededError(said)

    def __enter__(self) -> Self:
        if self._began is None:
            self._began = time.monotonic()
        _running.set((*_running.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        # Blocks of one budget may be open in several threads: what was set there is not ours to take back.
        running = list(_running.get())
        del running[len(running) - 1 - running[::-1].index(self)]
        _running.set(tuple(running))

    def __repr__(self) -> str:
        limits = (("requests", self.requests, self.most_requests), ("bytes", self.bytes, self.most_bytes))
        spent = [f"{spent:,} of {most:,} {what}" for what, spent, most in limits if most is not None]
        if self.most_seconds is not None:
            spent.append(f"{self.seconds:.1f} of {self.most_seconds:g} seconds")
        return f"<Budget {', '.join(spent) or f'without limits, {self.requests:,} requests'}>"


_running: ContextVar[tuple[Budget, ...]] = ContextVar("regexplore_budgets", default=())


def running() -> tuple[Budget, ...]:
    """Return the budgets that what is done here is charged to."""
    return _running.get()


def under(budget: Budget | None) -> AbstractContextManager[object]:
    """Return the block of a budget, or one that charges nobody."""
    return nullcontext() if budget is None else budget


def spend_request() -> None:
    """Charge a request that is about to leave.

    Raises
    ------
    BudgetExceededError
    """
    for one in _running.get():
        _charge(one.spend_request)


def spend_bytes(count: int) -> None:
    """Charge bytes of an answer's body.

    Raises
    ------
    BudgetExceededError
    """
    for one in _running.get():
        _charge(lambda one=one: one.spend_bytes(count))  # type: ignore[misc]


def _charge(spend: Callable[[], None]) -> None:
    try:
        spend()
    except BudgetExceededError:
        # Whoever keeps account of a part of the work learns that it is not whole.
        for one in _running.get():
            one.refused += 1
        raise


def reasons() -> list[str]:
    """Return why something was left out because of a budget; empty when nothing was."""
    limited = [one for one in _running.get() if one.refused and one.limited]
    return [one.used_up or f"the budget did not allow for everything: {one!r}" for one in limited]
