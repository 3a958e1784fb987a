"""What is worked out once, whoever asks at the same time: the others wait for the one who began."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Values by key, each made by one call; an error is kept and raised for everybody who asks.

    Examples
    --------
    >>> once = Once[str, int]()
    >>> once.get("a", lambda: 1), once.get("a", lambda: 2)
    (1, 1)
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: dict[K, Future[V]] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of a key, made here if nobody has.

        Raises
        ------
        Exception
            What ``make`` raised, here or in another thread.
        """
        with self._lock:
            known = self._made.get(key)
            if known is None:
                own = self._made[key] = Future()
        if known is not None:
            return known.result()
        try:
            own.set_result(make())
        except BaseException as error:
            own.set_exception(error)
            if not isinstance(error, Exception):
                # Interrupted: whoever asks next begins again.
                with self._lock:
                    del self._made[key]
        return own.result()
