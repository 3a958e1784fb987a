"""Reading a FlatBuffer without generated code: tables, vectors and texts, every offset checked.

Source: FlatBuffers "Internals" (format of tables, vectors, strings).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from regexplore.errors import LayerError


class FlatTable:
    """A table in a buffer; fields are asked for by their number in the schema, from 0.

    Raises
    ------
    LayerError
        From every method: an offset leads out of the buffer.
    """

    def __init__(self, content: bytes, position: int) -> None:
        self._content = content
        self._position = position
        self._vtable = position - _unpack("<i", content, position)
        self._fields = _unpack("<H", content, self._vtable) // 2 - 2

    @classmethod
    def root(cls, content: bytes) -> FlatTable:
        """Return the table that a buffer begins with."""
        return cls(content, _unpack("<I", content, 0))

    def number(self, field: int, kind: str = "<q", default: int = 0) -> int:
        """Return a number; ``kind`` is its format for `struct`."""
        at = self._at(field)
        return default if at == 0 else _unpack(kind, self._content, at)

    def text(self, field: int) -> str:
        """Return a text; "" when it is not there."""
        at = self._at(field)
        return "" if at == 0 else self._text(at + _unpack("<I", self._content, at))

    def table(self, field: int) -> FlatTable | None:
        """Return a table; None when it is not there."""
        at = self._at(field)
        return None if at == 0 else FlatTable(self._content, at + _unpack("<I", self._content, at))

    def tables(self, field: int) -> Iterator[FlatTable]:
        """Yield the tables of a vector."""
        for at in self._elements(field):
            yield FlatTable(self._content, at + _unpack("<I", self._content, at))

    def texts(self, field: int) -> list[str]:
        """Return the texts of a vector."""
        return [self._text(at + _unpack("<I", self._content, at)) for at in self._elements(field)]

    def data(self, field: int) -> bytes:
        """Return a vector of bytes."""
        at = self._at(field)
        if at == 0:
            return b""
        start = at + _unpack("<I", self._content, at)
        return _cut(self._content, start + 4, _unpack("<I", self._content, start))

    def _at(self, field: int) -> int:
        if field >= self._fields:
            return 0
        offset = _unpack("<H", self._content, self._vtable + 4 + 2 * field)
        return self._position + offset if offset else 0

    def _elements(self, field: int) -> Iterator[int]:
        at = self._at(field)
        if at == 0:
            return
        start = at + _unpack("<I", self._content, at)
        count = _unpack("<I", self._content, start)
        if start + 4 + 4 * count > len(self._content):
            raise LayerError(f"a vector of {count} elements leads out of the buffer")
        yield from range(start + 4, start + 4 + 4 * count, 4)

    def _text(self, start: int) -> str:
        return _cut(self._content, start + 4, _unpack("<I", self._content, start)).decode(
            "utf-8", "backslashreplace"
        )


def _unpack(kind: str, content: bytes, at: int) -> int:
    if not 0 <= at <= len(content) - struct.calcsize(kind):
        raise LayerError(f"an offset of {at} leads out of a buffer of {len(content)} bytes")
    return int(struct.unpack_from(kind, content, at)[0])


def _cut(content: bytes, start: int, size: int) -> bytes:
    if start + size > len(content):
        raise LayerError(f"{size} bytes at {start} lead out of a buffer of {len(content)} bytes")
    return content[start : start + size]
