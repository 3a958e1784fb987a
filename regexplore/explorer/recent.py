"""A small memory: of more than it has room for, what was put in first is forgotten."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """What was put in last, by key.

    Parameters
    ----------
    room : int
        How many values are kept.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Give a value, or None if it is not there (any more)."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        self._kept[key] = value
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)

    def forget(self, which: Callable[[K], bool]) -> None:
        """Forget the values of some keys."""
        for key in [key for key in self._kept if which(key)]:
            del self._kept[key]
