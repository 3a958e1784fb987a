"""A file that checks itself against its descriptor while it is read."""

from __future__ import annotations

import io
import os
from typing import Any, BinaryIO

from regexplore.errors import MismatchedDigestError, ShortContentError, TrailingDataError
from regexplore.oci import Descriptor
from regexplore.oci.digest import new_hasher

_CHUNK = 1 << 20


class VerifiedFile(io.RawIOBase):
    """A seekable file whose content is that of a descriptor, or reading it fails.

    Read forward, the bytes are hashed on the way and checked at the end. Moving elsewhere first checks the
    whole file: what a seek shows has been verified, too.

    Raises
    ------
    ShortContentError, TrailingDataError
        On opening: the file has another size than the descriptor.
    MismatchedDigestError
        From `read` or `seek`.
    """

    def __init__(self, file: BinaryIO, target: Descriptor, size: int) -> None:
        self._file = file
        self._target = target
        self._hasher = new_hasher(target.digest.algorithm)
        self._hashed = 0
        self._verified = False
        if size != target.size:
            file.close()
            error = ShortContentError if size < target.size else TrailingDataError
            raise error(f"{target.digest} has {size} bytes on disk, the descriptor says {target.size}")

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; at the end of the content, check it."""
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        if not self._verified:
            self._take(content)
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, after the whole content was checked."""
        if not self._verified and (offset, whence) != (0, os.SEEK_CUR):
            position = self._file.tell()
            while not self._verified:
                self._take(self._file.read(_CHUNK))
            self._file.seek(position)
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _take(self, content: bytes) -> None:
        self._hasher.update(content)
        self._hashed += len(content)
        if self._hashed < self._target.size and content:
            return
        actual = f"{self._target.digest.algorithm}:{self._hasher.hexdigest()}"
        if actual != self._target.digest:
            raise MismatchedDigestError(f"content has digest {actual}, asked for {self._target.digest}")
        self._verified = True
