"""A stream that is kept while it is read: when all of it went by and was verified, the cache has it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from regexplore.content.cache_folder import CacheFolder
from regexplore.oci import Descriptor


class KeptStream(io.BufferedIOBase, BinaryIO):
    """Content on its way from a registry to a reader, and into a file of the cache.

    Nothing is kept of content that is not read to its end, is moved about in, or is not what its digest says.

    Parameters
    ----------
    stream : binary file
        As the store gave it.
    target : Descriptor
    folder : CacheFolder
    on_kept : callable
        Called when the cache has it.
    """

    def __init__(
        self, stream: BinaryIO, target: Descriptor, folder: CacheFolder, on_kept: Callable[[], object]
    ) -> None:
        super().__init__()
        self._stream = stream
        self._target = target
        self._folder = folder
        self._on_kept = on_kept
        self._file = folder.begin(target)
        self._left = target.size

    @property
    def verified(self) -> bool | None:
        """As the stream below tells it."""
        found: bool | None = getattr(self._stream, "verified", None)
        return found

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and keep what was read."""
        return self._kept(self._stream.read(-1 if size is None else size))

    def read1(self, size: int = -1, /) -> bytes:
        """Read what one call gives, and keep it."""
        read1 = getattr(self._stream, "read1", self._stream.read)
        return self._kept(read1(size))

    def seekable(self) -> bool:
        """Whether the stream below is."""
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move; then nothing is kept."""
        before = self._stream.tell()
        position = self._stream.seek(offset, whence)
        if position != before:
            self._abandon()
        return position

    def tell(self) -> int:
        """Return the position."""
        return self._stream.tell()

    def close(self) -> None:
        """Close the stream; what was not read whole is not kept."""
        self._abandon()
        self._stream.close()
        super().close()

    def _kept(self, part: bytes) -> bytes:
        if self._file is None:
            return part
        self._left -= len(part)
        try:
            self._file.write(part)
        except OSError:
            # A full disk costs the cache, not the reader.
            self._abandon()
            return part
        if self._left == 0 and self.verified is True:
            file, self._file = self._file, None
            if self._folder.finish(self._target, file):
                self._on_kept()
        return part

    def _abandon(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.abandon()
