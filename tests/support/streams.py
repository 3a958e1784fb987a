"""Streams as they come from pipes and sockets."""

from __future__ import annotations

import io


class Pipe(io.RawIOBase):
    """A stream that cannot go back, and does not know how long it is."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        return self._content.read(size)
