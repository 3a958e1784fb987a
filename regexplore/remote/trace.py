"""Wire events: every request that leaves this process, with nothing secret in it.

Recorders live in a context variable, so that a trace sees the requests of its own block, in worker threads too,
and not those of others.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from regexplore.remote import redact
from regexplore.remote.setting import Setting


@dataclass(slots=True)
class WireEvent:
    """One request and its answer.

    Attributes
    ----------
    n : int
        Position in its trace, from 1.
    started : datetime
        In UTC.
    method, url : str
        The URL redacted.
    status : int or None
        None when nothing came back.
    ms : float
        Milliseconds until the head of the answer was there.
    sent : int or None
        Bytes of the request's body; None when not known before.
    attempt : int
        1 for the first try of a request, 2 for the second ...
    cached : bool
        True for an answer that needed no request.
    note : str
        Why there was another try, where a redirect led, which error came.
    request_headers, response_headers : mapping
        Redacted.
    """

    n: int
    started: datetime
    method: str
    url: str
    status: int | None = None
    ms: float = 0.0
    sent: int | None = 0
    attempt: int = 1
    cached: bool = False
    note: str = ""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    response_headers: Mapping[str, str] = field(default_factory=dict)
    _body: Any = None

    @property
    def received(self) -> int | None:
        """Bytes of the answer's body read so far."""
        return None if self._body is None else int(self._body.tell())


class Recorder:
    """Gathers the wire events of a block."""

    def __init__(self) -> None:
        self._events: list[WireEvent] = []
        self._lock = Lock()

    @property
    def events(self) -> tuple[WireEvent, ...]:
        """The events so far, in the order they began."""
        with self._lock:
            return tuple(self._events)

    def begin(self, method: str, url: str, headers: Mapping[str, str], sent: int | None) -> WireEvent | None:
        """Add an event for a request that is about to leave; None where nobody wants to know how it ends."""
        with self._lock:
            event = WireEvent(
                n=len(self._events) + 1,
                started=datetime.now(UTC),
                method=method,
                url=redact.url(url),
                sent=sent,
                request_headers=redact.headers(headers),
            )
            self._events.append(event)
            return event


_recorders: ContextVar[tuple[Recorder, ...]] = ContextVar("regexplore_recorders", default=())


def recording(recorder: Recorder) -> Setting[tuple[Recorder, ...]]:
    """Record what is sent inside the block, and in threads that it starts through the pool."""
    return Setting(_recorders, (*_recorders.get(), recorder))


class Exchanges:
    """The same exchange in every recorder that listens; cheap when none does."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str], sent: int | None) -> None:
        self._describe = (method, url, headers, sent)
        self._recorders = _recorders.get()
        self._events = self._begin()
        self._attempt = 1
        self._started = time.perf_counter()

    @property
    def listened_to(self) -> bool:
        """Whether anybody wants to know how it ends."""
        return bool(self._events)

    def _begin(self) -> list[WireEvent]:
        begun = [recorder.begin(*self._describe) for recorder in self._recorders]
        return [event for event in begun if event is not None]

    def failed_try(self, status: int | None, error: str) -> None:
        """Close the event of a try that failed, and open one for the next."""
        self._attempt += 1
        self._close(status, error or "tried again")
        self._events = self._begin()
        for event in self._events:
            event.attempt = self._attempt
        self._started = time.perf_counter()

    def answered(self, status: int, headers: Mapping[str, str], body: Any, note: str = "") -> None:
        """Close the event with its answer."""
        for event in self._events:
            event.response_headers = redact.headers(headers)
            event._body = body
        self._close(status, note)

    def broke(self, error: str) -> None:
        """Close the event without an answer."""
        self._close(None, error)

    @property
    def attempts(self) -> int:
        """How many times the request was sent."""
        return self._attempt

    def _close(self, status: int | None, note: str) -> None:
        elapsed = (time.perf_counter() - self._started) * 1000
        for event in self._events:
            event.status, event.ms, event.note = status, elapsed, note
