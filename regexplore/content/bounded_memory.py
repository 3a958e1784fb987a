"""Memory with a bound in bytes: what was not used for longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any


class BoundedMemory:
    """Values under keys, each with what it costs; may be used from many threads at once.

    Parameters
    ----------
    max_bytes
        The most that all values together may cost; a value that alone costs more is not kept.

    Examples
    --------
    >>> memory = BoundedMemory(10)
    >>> for name in ("a", "b", "c"):
    ...     memory.put(name, name.upper(), cost=4)
    >>> memory.get("a"), memory.get("c"), memory.used
    (None, 'C', 8)
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.used = 0
        self._lock = Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        """Give a value, None when it is not there, and count it as used just now."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Any, cost: int) -> None:
        """Keep a value; others that were not used for longest make room for it."""
        with self._lock:
            self.used -= self._values.pop(key, (None, 0))[1]
            if cost > self.max_bytes:
                return
            self._values[key] = value, cost
            self.used += cost
            while self.used > self.max_bytes:
                self.used -= self._values.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self._values)
