"""One file out of a layer, read from the stream and never unpacked to disk.

The layer is read from its start to the end of the file, and no further: so the bytes are those that the registry sent
just now, and only reading the layer to its end could tell whether they are those of its digest.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from regexplore.content.store import Fetcher
from regexplore.errors import LayerError, MismatchedDigestError
from regexplore.image.layer import LayerListing, UnpackedStream


class LayerFile(io.BufferedIOBase, BinaryIO):
    """The content of one file of a layer.

    Attributes
    ----------
    verified : bool or None
        True when the whole layer was read and is what its digest says; None while that is not known.
    """

    def __init__(self, store: Fetcher, listing: LayerListing, row: int, *, verify: bool = False) -> None:
        super().__init__()
        self.size = listing.sizes[row]
        self._name = listing.names[row]
        self.verified: bool | None = None
        self._listing = listing
        self._verify = verify
        self._position = 0
        self._rest = b""
        self._packed = store.fetch(listing.descriptor)
        self._stream = UnpackedStream(self._packed, listing.descriptor)
        self._chunks = self._stream.chunks()
        self._parts = self._body(listing.offsets[row])

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to ``size`` bytes, or the rest.

        Raises
        ------
        LayerError
            The layer ends before the file does.
        ContentError
            Asked to verify, and the layer is not what its digest says.
        RegexploreError
            It could not be fetched.
        """
        wanted = self.size - self._position if size is None or size < 0 else size
        parts = []
        while wanted > 0:
            part = self._rest or next(self._parts, b"")
            if not part:
                break
            self._rest = part[wanted:]
            parts.append(part[:wanted])
            wanted -= len(parts[-1])
            self._position += len(parts[-1])
        if self._position >= self.size and self._verify:
            self._finish()
        return b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """Read up to ``size`` bytes."""
        return self.read(size)

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def close(self) -> None:
        """Stop reading the layer."""
        if not self.closed:
            self._packed.close()
        super().close()

    def _body(self, offset: int) -> Iterator[bytes]:
        """Yield the chunks of the file."""
        before, end = 0, offset + self.size
        for chunk in self._chunks:
            after = before + len(chunk)
            if after > offset:
                yield chunk[max(offset - before, 0) : end - before]
            before = after
            if before >= end:
                return
        if self.size:
            raise LayerError(f"the layer ends before {self._name!a} does")

    def _finish(self) -> None:
        """Read the layer to its end, which checks its digest, and compare the diff_id with what was listed."""
        if self.verified is not None:
            return
        for _ in self._chunks:
            pass
        known = self._listing.expected or self._listing.diff_id
        if known is not None and self._stream.diff_id != known:
            self.verified = False
            raise MismatchedDigestError(f"the layer unpacks to {self._stream.diff_id}, not to {known}")
        self.verified = True
