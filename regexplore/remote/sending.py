"""Content on its way out: hashed while it is read, and able to start again where its source can.

Source: Go ``blobStore.Push`` (``io.Reader`` in, size from the descriptor).
"""

from __future__ import annotations

import io
from typing import BinaryIO

from regexplore.errors import MismatchedDigestError, ShortContentError, TrailingDataError
from regexplore.oci import Descriptor, Digest

CHUNK = 1 << 20


class SendingFile(io.RawIOBase):
    """A readable file of exactly the descriptor's bytes.

    The read that would hand out the last byte raises when the content is not what the descriptor says, so that a
    registry never gets wrong content whole.

    Parameters
    ----------
    content : bytes or binary file
        Read from its current position.
    expected : Descriptor
    """

    def __init__(self, content: bytes | BinaryIO, expected: Descriptor) -> None:
        super().__init__()
        self._source = io.BytesIO(content) if isinstance(content, bytes | bytearray | memoryview) else content
        self._expected = expected
        self._start = self._tell_start()
        self._restart_hash()

    def __len__(self) -> int:
        """Return the bytes still to be sent: what requests puts into ``Content-Length``."""
        return self._expected.size - self._sent

    @property
    def rewindable(self) -> bool:
        """Whether the content can be sent a second time."""
        return self._start is not None

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return whether the source can start again."""
        return self.rewindable

    def tell(self) -> int:
        """Return how many bytes were handed out, also where the source cannot start again.

        requests works out ``Content-Length`` from this; without it the content would go out in chunks of
        unknown number, which registries do not take in one PUT.
        """
        return self._sent

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Start again from the beginning; no other move is possible."""
        if offset != 0 or whence != io.SEEK_SET or self._start is None:
            raise io.UnsupportedOperation("only the start can be gone back to")
        self._source.seek(self._start)
        self._restart_hash()
        return 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes.

        Raises
        ------
        ContentError
            The content is shorter, longer, or other than the descriptor says.
        """
        left = self._expected.size - self._sent
        part = self._source.read(min(left, CHUNK if size is None or size < 0 else size)) if left else b""
        if left and not part:
            raise ShortContentError(f"content ended after {self._sent} of {self._expected.size} bytes")
        self._hasher.update(part)
        self._sent += len(part)
        if self._sent == self._expected.size and not self._checked:
            self._check()
        return part

    def check_empty(self) -> None:
        """Check content of no bytes, which nobody reads."""
        if self._expected.size == 0:
            self.read()

    def _check(self) -> None:
        if self._source.read(1):
            raise TrailingDataError(f"content goes on after {self._expected.size} bytes")
        actual = Digest.from_hasher(self._expected.digest.algorithm, self._hasher)
        if actual != self._expected.digest:
            raise MismatchedDigestError(
                f"content has digest {actual}, the descriptor says {self._expected.digest}"
            )
        self._checked = True

    def _tell_start(self) -> int | None:
        try:
            return self._source.tell() if self._source.seekable() else None
        except (AttributeError, OSError, ValueError):
            return None

    def _restart_hash(self) -> None:
        self._hasher = self._expected.digest.hasher()
        self._sent = 0
        self._checked = False


def known_length(content: bytes | BinaryIO) -> int | None:
    """Return how many bytes there are to read; None when that cannot be told without reading."""
    if isinstance(content, bytes | bytearray | memoryview):
        return len(content)
    try:
        if not content.seekable():
            return None
        here = content.tell()
        end = content.seek(0, io.SEEK_END)
        content.seek(here)
    except (AttributeError, OSError, ValueError):
        return None
    return end - here
