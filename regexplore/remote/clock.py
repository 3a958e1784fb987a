"""Deadlines: how long one exchange may take, from its first byte out to its last byte in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from regexplore.errors import DeadlineExceededError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock.

    Attributes
    ----------
    at : float
    seconds : float
        What was allowed, for messages.
    """

    at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline so many seconds from now."""
        return cls(time.monotonic() + seconds, seconds)

    @property
    def remaining(self) -> float:
        """Seconds left; 0 when it is over."""
        return max(0.0, self.at - time.monotonic())

    def check(self, what: str) -> None:
        """Raise when the time is over.

        Raises
        ------
        DeadlineExceededError
        """
        if self.remaining <= 0:
            raise DeadlineExceededError(f"{what}: not finished within {self.seconds:g} s")


_current: ContextVar[Deadline | None] = ContextVar("regexplore_deadline", default=None)


def current() -> Deadline | None:
    """Return the deadline of the exchange under way, if there is one."""
    return _current.get()


@contextmanager
def until(deadline: Deadline) -> Iterator[Deadline]:
    """Make a deadline known to everything below: retries do not sleep past it."""
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)
