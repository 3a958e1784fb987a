"""Retry: urllib3's, set to the policy of the Go client.

At most five more tries; waits of 0.25, 0.5, 1, 2, 3 seconds with jitter; ``Retry-After`` is obeyed up to a cap,
and beyond it the answer is returned at once. What might have had an effect is not repeated blindly.

Source: Go ``retry.DefaultPolicy``; RFC 9110 section 10.2.3.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Self

from urllib3 import Retry
from urllib3.exceptions import InvalidHeader, MaxRetryError, NewConnectionError, ResponseError
from urllib3.response import BaseHTTPResponse

from regexplore.errors import DeadlineExceededError
from regexplore.remote import budget, clock

MAX_RETRIES = 5
MIN_WAIT = 0.2
MAX_WAIT = 3.0
FIRST_WAIT = 0.25
JITTER = 0.1
RETRY_AFTER_CAP = 60.0

# 501 and 505 will be the same next time.
STATUSES = frozenset({408, 429, *range(500, 600)} - {501, 505})
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})

Observer = Callable[[BaseHTTPResponse | None, str], None]
_observer: ContextVar[Observer | None] = ContextVar("regexplore_attempts", default=None)


def listen(observer: Observer) -> None:
    """Tell an observer of every try that failed, its answer or the name of its error, until `stop_listening`."""
    _observer.set(observer)


def stop_listening() -> None:
    """Tell nobody, and no observer either that an interrupt left behind: it holds on to its connection."""
    _observer.set(None)


def listening() -> bool:
    """Whether a request of ours is on its way, in this thread."""
    return _observer.get() is not None


class RetryPolicy(Retry):
    """Policy for one request; urllib3 counts it down.

    Parameters
    ----------
    retry_after_cap : float
        Seconds; a longer ``Retry-After`` ends the tries.
    """

    def __init__(self, *args: Any, retry_after_cap: float = RETRY_AFTER_CAP, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.retry_after_cap = retry_after_cap

    @classmethod
    def standard(cls, retries: int = MAX_RETRIES, *, retry_after_cap: float = RETRY_AFTER_CAP) -> Self:
        """Return the default policy; 0 retries switch it off."""
        return cls(
            total=retries,
            connect=retries,
            read=retries,
            status=retries,
            other=0,
            redirect=False if retries == 0 else None,
            allowed_methods=None,
            status_forcelist=STATUSES if retries else (),
            raise_on_status=False,
            raise_on_redirect=False,
            retry_after_cap=retry_after_cap,
            respect_retry_after_header=bool(retries),
        )

    def new(self, **kw: Any) -> Self:
        """Return the policy after one more try."""
        return super().new(retry_after_cap=self.retry_after_cap, **kw)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether an answer is worth another try; a POST only where the registry did not take it."""
        if method.upper() not in IDEMPOTENT and status_code not in (408, 429, 503):
            return False
        return bool(self.total) and status_code in self.status_forcelist

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """Count a try that failed; raise when it was the last."""
        if error is not None and not self._worth_another_try(method or "", error):
            raise error
        if response is not None and (self.asked_for(response) or 0) > self.retry_after_cap:
            # urllib3 takes this as "no more tries" and returns the answer that it has.
            raise MaxRetryError(_pool, url or "", ResponseError("Retry-After is beyond the cap"))
        following = super().increment(method, url, response, error, _pool, _stacktrace)
        observer = _observer.get()
        if observer is not None:
            observer(response, type(error).__name__ if error else "")
        return following

    def _worth_another_try(self, method: str, error: Exception) -> bool:
        """Whether a broken try may be repeated: a refused port or an unknown name will be the same next time."""
        if isinstance(error, NewConnectionError):
            return False
        return method.upper() in IDEMPOTENT or self._is_connection_error(error)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next try, but never past the deadline."""
        wait = self.asked_for(response) if response is not None else None
        if wait is None:
            wait = self.get_backoff_time()
        deadline = clock.current()
        if deadline is not None and wait >= deadline.remaining:
            raise DeadlineExceededError(
                f"the next try is due in {wait:.3g} s, but {deadline.seconds:g} s is all the time there was"
            )
        budget.spend_request()
        time.sleep(wait)

    def get_backoff_time(self) -> float:
        """Return the wait before the next try, in seconds."""
        tries = max(len(self.history) - 1, 0)
        wait = FIRST_WAIT * 2**tries * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        return float(min(MAX_WAIT, max(MIN_WAIT, wait)))

    def asked_for(self, response: BaseHTTPResponse) -> float | None:
        """Return how long an answer asks to wait, in seconds; None when it does not."""
        try:
            seconds = self.get_retry_after(response)
        except InvalidHeader:
            return None
        return seconds or None
