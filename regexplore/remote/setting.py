"""A block in which a context variable has another value.

It is entered some five times for each request: a generator would cost more there than what it sets is worth.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Setting(Generic[T]):
    """Sets a context variable when its block begins, and takes that back when it ends.

    Examples
    --------
    >>> language = ContextVar("language", default="en")
    >>> with Setting(language, "de"):
    ...     language.get()
    'de'
    """

    __slots__ = ("_before", "_value", "_variable")
    _before: Token[Any]

    def __init__(self, variable: ContextVar[Any], value: T) -> None:
        self._variable = variable
        self._value = value

    def __enter__(self) -> T:
        self._before = self._variable.set(self._value)
        return self._value

    def __exit__(self, *_: object) -> None:
        self._variable.reset(self._before)
