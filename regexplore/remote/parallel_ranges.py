"""The body of a large blob, from ranges that several connections fetch side by side, in order.

It takes the place of an answer's body. The first window shows whether the reader reads on, and how fast one connection
is. Where that is slower than a line, a bounded number of windows is fetched ahead, and no more than these is ever
held; else the rest comes as one stream, which costs less. What breaks goes on where it broke; a server that turns out
to serve no ranges after all is read as one stream. That the bytes are right is for the digest to say.

Source: RFC 9110 section 14.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Protocol, Self

import requests

from regexplore.errors import ConnectionLostError, DeadlineExceededError, NotSeekableError, RegexploreError
from regexplore.oci import Descriptor
from regexplore.remote import clock
from regexplore.remote.transport_errors import FOREIGN, transport_error

WINDOW = 8 << 20
PARALLEL_FROM = 64 << 20
"""Blobs from this size on are fetched by several connections."""
FAST = 100 << 20
"""Bytes a second of one connection that leave nothing to gain from more: a line of one gigabit is full."""
RESUMES = 5
"""How often the connection of one window may break."""

_PART = 1 << 20
_POLL_SECONDS = 1.0


class Answer(Protocol):
    """What a reader needs of an answer: that of requests, or `ParallelRanges`."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""

    @property
    def url(self) -> str:
        """Where it came from."""

    @property
    def raw(self) -> Any:
        """The body: ``read`` and ``read1``."""

    def close(self) -> None:
        """Read no further."""


class Ranges(Protocol):
    """How ranges of one blob are asked for."""

    def window(self, first: int, last: int) -> requests.Response:
        """Ask for some bytes; raises `NotSeekableError` for an answer that does not hold them."""

    def whole(self) -> requests.Response:
        """Ask for all bytes."""


@dataclass(slots=True)
class _Window:
    """Some bytes under way: parts in order, then None, or what went wrong."""

    start: int
    end: int
    parts: SimpleQueue[bytes | BaseException | None] = field(default_factory=SimpleQueue)
    wanted: bool = True


class ParallelRanges:
    """A body that comes in windows.

    Parameters
    ----------
    first : requests.Response
        The answer with the first window, checked, its body unread.
    target : Descriptor
    start : int
        Where the first window begins; what is before it is not read.
    ranges : Ranges
    connections : int
        Windows under way at once.
    deadline : Deadline
        For the whole transfer.
    """

    def __init__(
        self,
        first: requests.Response,
        target: Descriptor,
        start: int,
        ranges: Ranges,
        connections: int,
        deadline: clock.Deadline,
    ) -> None:
        self.headers: Mapping[str, str] = first.headers
        self.url: str = first.url or ""
        self._target = target
        self._ranges = ranges
        self._connections = connections
        self._deadline = deadline
        self._position = start
        self._next = min(start + WINDOW, target.size)
        self._stream: requests.Response | None = first
        self._stream_ends = self._next
        self._windows: deque[_Window] = deque()
        self._workers: ThreadPoolExecutor | None = None
        self._held: memoryview | None = None
        self._has_ranges = True
        self._broken = 0
        self._waited = 0.0
        self._streamed_bytes = 0

    @property
    def raw(self) -> Self:
        """The body, which is this."""
        return self

    def read1(self, size: int, *, decode_content: bool = False) -> bytes:
        """Return the next bytes, up to ``size``; none at the end.

        Raises
        ------
        ConnectionLostError, DeadlineExceededError
            A window did not arrive.
        RegexploreError
            Whatever a window was answered with.
        """
        if self._held is None:
            part = self._part(size)
            self._held = memoryview(part) if len(part) > size else None
            if self._held is None:
                self._position += len(part)
                return part
        given, rest = self._held[:size], self._held[size:]
        self._held = rest if len(rest) else None
        self._position += len(given)
        return bytes(given)

    def read(self, size: int, *, decode_content: bool = False) -> bytes:
        """Return what follows the content: asked for at its end, where after the last window nothing can come."""
        return b"" if self._stream is None else bytes(self._stream.raw.read(size, decode_content=False))

    def close(self) -> None:
        """Read no further; what is under way ends with its next part."""
        self._let_windows_go()
        if self._stream is not None:
            self._stream.close()

    # ---- in the reader's thread ------------------------------------------------------------------

    def _part(self, size: int) -> bytes:
        """Return a part as it comes: from a stream while there is one, else from the next window."""
        while self._position < self._target.size:
            stream = self._stream
            part = self._from_window() if stream is None else self._streamed(stream, size)
            if part:
                return part
        return b""

    def _streamed(self, stream: requests.Response, size: int) -> bytes:
        """Read the first window as it comes, or all that is left where one stream is enough."""
        left = self._stream_ends - self._position
        if self._stream_ends < self._target.size and left <= WINDOW // 2 and not self._is_fast():
            # Half of the window was wanted: what follows will be, too.
            self._run_ahead()
        began = time.perf_counter()
        try:
            part = bytes(stream.raw.read1(max(1, min(size, left)), decode_content=False))
        except FOREIGN:
            if not self._has_ranges:
                raise
            part = b""
        self._waited += time.perf_counter() - began
        self._streamed_bytes += len(part)
        if part and left:
            return part
        self._stream_ended(stream, left)
        return b""

    def _stream_ended(self, stream: requests.Response, left: int) -> None:
        """Go on after the first window, or after a stream that broke."""
        stream.close()
        self._stream = None
        self._broken += bool(left)
        if left and (not self._has_ranges or self._broken > RESUMES):
            raise ConnectionLostError("the connection broke")
        if not left and not self._windows:
            self._go_on_as_one()
        elif left and self._stream_ends == self._target.size:
            self._next = self._position
        elif left:
            self._windows.appendleft(self._begun(_Window(self._position, self._stream_ends)))

    def _is_fast(self) -> bool:
        return self._streamed_bytes >= FAST * self._waited

    def _from_window(self) -> bytes:
        self._run_ahead()
        found = self._arrived(self._windows[0])
        if isinstance(found, bytes):
            return found
        if found is None:
            self._windows.popleft()
        elif isinstance(found, NotSeekableError):
            self._go_on_as_one()
        else:
            raise found
        return b""

    def _arrived(self, window: _Window) -> bytes | BaseException | None:
        while True:
            try:
                return window.parts.get(timeout=_POLL_SECONDS)
            except Empty:
                self._deadline.check(str(self._target.digest))

    def _run_ahead(self) -> None:
        while self._next < self._target.size and len(self._windows) < self._connections:
            window = _Window(self._next, min(self._next + WINDOW, self._target.size))
            self._next = window.end
            self._windows.append(self._begun(window))

    def _begun(self, window: _Window) -> _Window:
        if self._workers is None:
            # The name tells whoever hears warnings that this is not the caller's thread.
            self._workers = ThreadPoolExecutor(self._connections, thread_name_prefix="regexplore-range")
        self._workers.submit(clock.context().run, self._fetch, window)
        return window

    def _go_on_as_one(self) -> None:
        """Go on as one stream; where that cannot begin in the middle, read over what is known."""
        self._let_windows_go()
        self._stream_ends = self._target.size
        try:
            self._stream = self._ranges.window(self._position, self._target.size - 1)
            return
        except NotSeekableError:
            self._has_ranges = False
        self._stream = self._ranges.whole()
        left = self._position
        while left:
            part = self._stream.raw.read1(min(left, _PART), decode_content=False)
            if not part:
                raise ConnectionLostError("the connection broke")
            left -= len(part)
            self._deadline.check(str(self._target.digest))

    def _let_windows_go(self) -> None:
        for window in self._windows:
            window.wanted = False
        self._windows.clear()
        workers, self._workers = self._workers, None
        if workers is not None:
            workers.shutdown(wait=False, cancel_futures=True)

    # ---- in a worker's thread --------------------------------------------------------------------

    def _fetch(self, window: _Window) -> None:
        """Put the parts of a window into its queue, going on after a break."""
        at, broken = window.start, 0
        try:
            with clock.until(self._deadline):
                while at < window.end and window.wanted:
                    at = self._fetch_some(window, at)
                    broken += at < window.end
                    if broken > RESUMES:
                        raise ConnectionLostError(
                            f"the connection broke {broken} times from byte {window.start} on"
                        )
            window.parts.put(None)
        except BaseException as error:
            window.parts.put(error)

    def _fetch_some(self, window: _Window, at: int) -> int:
        """Fetch from ``at`` on, and return how far that came."""
        try:
            response = self._ranges.window(at, window.end - 1)
        except ConnectionLostError:
            # A kept connection that broke with the window before it.
            return at
        try:
            while window.wanted:
                # One more than there is: the read that meets the end frees the connection for the next window.
                part = response.raw.read1(max(1, min(_PART, window.end - at)), decode_content=False)
                if not part or at == window.end:
                    break
                window.parts.put(bytes(part))
                at += len(part)
                self._deadline.check(str(self._target.digest))
        except FOREIGN as error:
            if isinstance(error, RegexploreError):
                raise
            lost = transport_error(error, "GET", response.url or "")
            if isinstance(lost, DeadlineExceededError) and self._deadline.remaining <= 0:
                raise lost from None
        finally:
            response.close()
        return at
