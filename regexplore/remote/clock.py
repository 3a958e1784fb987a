"""Deadlines: how long one exchange may take, from its first byte out to its last byte in."""

from __future__ import annotations

import sys
import threading
import time
from contextvars import Context, ContextVar, Token, copy_context
from dataclasses import dataclass, field
from types import FrameType

from regexplore.errors import DeadlineExceededError


@dataclass(slots=True)
class Deadline:
    """A moment on the monotonic clock.

    Attributes
    ----------
    at : float
    seconds : float
        What was allowed, for messages.
    frame, thread
        Whose block it is.
    """

    at: float
    seconds: float
    frame: FrameType | None = field(default=None, repr=False, compare=False)
    thread: int = field(default=0, repr=False, compare=False)

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


def enclosing() -> Deadline | None:
    """Return the deadline of a block that we are in; None for one that was left without knowing it.

    An interrupt may hit a block just where it ends, and then nothing takes its deadline back: every later request of
    this thread would be said to be late.
    """
    deadline = _current.get()
    if deadline is None or deadline.frame is None:
        return None
    if deadline.thread != threading.get_ident():
        # A thread that works for a block has a copy of its context, made by `context`. Its own frames do not lead
        # there, and to ask for those of all threads can stop the interpreter for ever (CPython gh-106883).
        return deadline
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame is deadline.frame:
            return deadline
        frame = frame.f_back
    # The frame of a block that was left holds its connection open.
    deadline.frame = None
    _current.set(None)
    return None


def context() -> Context:
    """Return a copy of the context for a thread that works for this one, without a deadline that was left."""
    enclosing()
    return copy_context()


class Until:
    """A block with a deadline that everything below knows: retries do not sleep past it."""

    __slots__ = ("_before", "_deadline", "_outermost")
    _before: Token[Deadline | None]

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._outermost = deadline.frame is None

    def __enter__(self) -> Deadline:
        if self._outermost:
            enclosing()  # one that was left is not to come back when this block ends
            self._deadline.frame, self._deadline.thread = sys._getframe(1), threading.get_ident()
        self._before = _current.set(self._deadline)
        return self._deadline

    def __exit__(self, *_: object) -> None:
        _current.reset(self._before)
        if self._outermost:
            # A frame holds on to everything in it, and readers hold on to their deadline.
            self._deadline.frame = None


def until(deadline: Deadline) -> Until:
    """Make a deadline known to everything below."""
    return Until(deadline)
