"""Fetched content as a file object: verified when read to the end, seekable where the registry serves ranges.

Source: Go ``content.VerifyReader`` and ``httputil.NewReadSeekCloser``; RFC 9110 section 14 (ranges).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from regexplore.errors import (
    ConnectionLostError,
    MismatchedDigestError,
    NotSeekableError,
    RegexploreError,
    ShortContentError,
    TrailingDataError,
)
from regexplore.oci import Descriptor
from regexplore.remote import clock, redact
from regexplore.remote.background_hash import BackgroundHash, PlainHash
from regexplore.remote.parallel_ranges import Answer
from regexplore.remote.transport_errors import FOREIGN, transport_error

# Gaps up to this are read over: cheaper than a request, and the digest stays in reach.
SMALL_GAP = 64 << 10
CHUNK = 1 << 20

# From here on a thread of its own for hashing is worth its start.
LARGE = 16 << 20

OpenRange = Callable[[int, str], Answer]


class BlobReader(io.BufferedIOBase, BinaryIO):
    """Content of a descriptor, streamed.

    Reading to the end without seeking verifies size and digest; the read that meets the end raises when they are
    wrong, so bad content is never read whole without an error. Errors stay: every later read raises the same.

    Parameters
    ----------
    response : requests.Response or ParallelRanges
        Its body, unread.
    target : Descriptor
    open_range : callable
        Given an offset and an entity tag, sends the request for the rest and returns its answer, checked.
    deadline : Deadline
        For the whole transfer.

    Attributes
    ----------
    verified : bool or None
        True when the content was read whole and is what its digest says; False when that failed or cannot be
        told any more after a seek; None while it is not known.
    """

    def __init__(
        self, response: Answer, target: Descriptor, open_range: OpenRange, deadline: clock.Deadline
    ) -> None:
        super().__init__()
        self.target = target
        self.verified: bool | None = None
        self._response = response
        self._open_range = open_range
        self._deadline = deadline
        self._position = 0
        self._hashed = 0
        self._hash = _hash_of(target)
        self._error: RegexploreError | None = None
        self._ranges = response.headers.get("Accept-Ranges", "").strip().lower() != "none"
        self._etag = response.headers.get("ETag", "")

    # ---- reading ---------------------------------------------------------------------------------

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to ``size`` bytes, or everything that is left.

        Raises
        ------
        ContentError
            The content is not what the descriptor says.
        ConnectionLostError, DeadlineExceededError
            It did not arrive, or not in time.
        """
        wanted = self.target.size - self._position if size is None or size < 0 else size
        parts = []
        while wanted > 0 and (part := self.read1(min(wanted, CHUNK))):
            parts.append(part)
            wanted -= len(part)
        if not parts:
            return self.read1(0)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """Read what one call to the connection gives, up to ``size`` bytes."""
        self._check_open()
        left = self.target.size - self._position
        part = self._receive(min(left, CHUNK if size < 0 else size)) if left > 0 and size != 0 else b""
        self._take(part)
        if self._position >= self.target.size:
            self._finish()
        return part

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Read into a buffer and return how many bytes."""
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def readinto1(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Read into a buffer what one call gives."""
        part = self.read1(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def tell(self) -> int:
        """Return the position."""
        return self._position

    # ---- moving ----------------------------------------------------------------------------------

    def seekable(self) -> bool:
        """Whether moving may work: False once the registry has shown that it serves no ranges."""
        return self._ranges

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to another position.

        A small step forward is read over. Any other move sends a request for the rest; when that fails, the
        old position and stream stay as they are. After such a move the digest cannot be checked any more, and
        `verified` is False.

        Raises
        ------
        NotSeekableError
            The registry does not serve ranges here.
        ValueError
            The position would be negative.
        """
        self._check_open()
        position = self._absolute(offset, whence)
        gap = position - self._position
        if gap == 0:
            return position
        if position >= self.target.size:
            return self._to_the_end(position)
        if 0 < gap <= SMALL_GAP:
            self.read(gap)
            return self._position
        self._switch(self._range_from(position), position)
        return position

    def close(self) -> None:
        """Close the connection's body; reading and seeking raise afterwards."""
        if not self.closed:
            self._response.close()
            self._hash.close()
        super().close()

    # ---- inside ----------------------------------------------------------------------------------

    def _receive(self, size: int) -> bytes:
        try:
            # read1 gives what has arrived: a body that drips cannot hold one read beyond the deadline.
            part = self._response.raw.read1(size, decode_content=False)
            self._deadline.check(str(self.target.digest))
        except (RegexploreError, *FOREIGN) as error:
            raise self._failed(self._lost(error)) from None
        if not part:
            raise self._failed(
                ShortContentError(
                    f"{self.target.digest} ended after {self._position} of {self.target.size} bytes"
                )
            )
        return bytes(part)

    def _take(self, part: bytes) -> None:
        if self._hashed == self._position:
            self._hash.update(part)
            self._hashed += len(part)
        self._position += len(part)

    def _finish(self) -> None:
        """At the end of the content: nothing may follow, and the digest must be right."""
        if self.verified is not None or self._hashed != self.target.size:
            return
        if self._more_follows():
            raise self._failed(
                TrailingDataError(f"{self.target.digest} goes on after {self.target.size} bytes")
            )
        actual = self._hash.digest(self.target.digest.algorithm)
        if actual != self.target.digest:
            raise self._failed(
                MismatchedDigestError(f"content has digest {actual}, asked for {self.target.digest}")
            )
        self.verified = True

    def _more_follows(self) -> bool:
        try:
            return bool(self._response.raw.read(1, decode_content=False))
        except FOREIGN as error:
            raise self._failed(self._lost(error)) from None

    def _lost(self, error: BaseException) -> RegexploreError:
        found = transport_error(error, "GET", self._response.url or "")
        if isinstance(found, ConnectionLostError):
            return ConnectionLostError(
                f"{found.message}: {self._position} of {self.target.size} bytes arrived"
            )
        return found

    def _failed(self, error: RegexploreError) -> RegexploreError:
        self.verified = False
        self._error = error
        return error

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError(f"{self.target.digest}: the file is closed")
        if self._error is not None:
            raise self._error

    def _absolute(self, offset: int, whence: int) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.target.size}
        if whence not in starts:
            raise ValueError(f"whence is 0, 1 or 2, not {whence}")
        position = starts[whence] + offset
        if position < 0:
            raise ValueError(f"position {position} is before the start")
        return position

    def _to_the_end(self, position: int) -> int:
        self._response.close()
        self._position = position
        self._not_verifiable()
        return position

    def _range_from(self, position: int) -> Answer:
        try:
            return self._open_range(position, self._etag)
        except NotSeekableError:
            self._ranges = False
            raise

    def _switch(self, response: Answer, position: int) -> None:
        self._response.close()
        self._response = response
        self._position = position
        self._not_verifiable()

    def _not_verifiable(self) -> None:
        if self.verified is None:
            self.verified = False
            self._hashed = -1

    def __repr__(self) -> str:
        state = {True: "verified", False: "not verified", None: "not read whole"}[self.verified]
        return f"<BlobReader {redact.url(self._response.url or '')} at {self._position} of {self.target.size}, {state}>"


def _hash_of(target: Descriptor) -> BackgroundHash | PlainHash:
    hasher = target.digest.hasher()
    return BackgroundHash(hasher) if target.size >= LARGE else PlainHash(hasher)
