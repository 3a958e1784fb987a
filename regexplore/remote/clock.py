"""Deadlines: how long one exchange may take, from its first byte out to its last byte in."""

from __future__ import annotations

import time
from contextvars import ContextVar, Token
from dataclasses import dataclass

from regexplore.errors import DeadlineExceededError


@dataclass(slots=True)
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

    def postpone(self, seconds: float) -> None:
        """Allow for time that nobody could have used: a turn was waited for."""
        self.at += seconds

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


class Until:
    """A block with a deadline that everything below knows: retries do not sleep past it."""

    __slots__ = ("_before", "_deadline")
    _before: Token[Deadline | None]

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> Deadline:
        self._before = _current.set(self._deadline)
        return self._deadline

    def __exit__(self, *_: object) -> None:
        _current.reset(self._before)


def until(deadline: Deadline) -> Until:
    """Make a deadline known to everything below."""
    return Until(deadline)
