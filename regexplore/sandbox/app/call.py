"""One request and its answer, as thin as ASGI allows: small requests must stay fast."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from regexplore.sandbox.spool import Blob

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

CHUNK = 256 * 1024


class Disconnected(Exception):
    """The client went away before its request was whole."""


class Call:
    """A request: what was asked, read as late as possible.

    Attributes
    ----------
    method, path, repository, reference : str
        Method and path; the route fills in the repository, and what follows it in the path.
    grants : dict or None
        Actions allowed by repository, or None if nobody asks for tokens.
    may_push : bool
        The client has shown that it may write here, so it is told plainly what is missing.
    """

    __slots__ = ("_receive", "_scope", "grants", "may_push", "method", "path", "reference", "repository")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.repository = ""
        self.reference = ""
        self.grants: dict[str, set[str]] | None = None
        self.may_push = False
        self._scope = scope
        self._receive = receive

    @property
    def origin(self) -> str:
        """Scheme and host under which the client came."""
        host = self.header(b"host") or "localhost"
        return f"{self._scope['scheme']}://{host}"

    def header(self, name: bytes) -> str | None:
        """Return a request header by its lower-case name; several lines are joined by commas."""
        values = [value for key, value in self._scope["headers"] if key == name]
        return b",".join(values).decode("latin-1") if values else None

    def query(self) -> list[tuple[str, str]]:
        """Return the query's names and values in order."""
        raw: bytes = self._scope["query_string"]
        return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="replace") if raw else []

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        return next((value for key, value in self.query() if key == name), None)

    @property
    def content_length(self) -> int | None:
        """Length that the client announced; None if it did not, or no number."""
        said = self.header(b"content-length")
        return int(said) if said is not None and said.isascii() and said.isdigit() else None

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes.

        Raises
        ------
        Disconnected
            The client went away before the end.
        """
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            more = message.get("more_body", False)
            chunk: bytes = message.get("body", b"")
            if chunk:
                yield chunk


@dataclass(slots=True)
class Answer:
    """A response: bytes, or a stretch of a blob that is streamed and then closed."""

    status: int
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    blob: Blob | None = None
    start: int = 0
    length: int = 0


def text(value: str | int) -> bytes:
    """Return a header value as bytes; what cannot be one is replaced."""
    return str(value).encode("latin-1", "replace")


async def send_answer(answer: Answer, method: str, send: Send) -> None:
    """Send a response; a HEAD gets the headers that the GET would get, and no body."""
    length = answer.length if answer.blob is not None else len(answer.body)
    headers = answer.headers
    if answer.status not in (204, 304):
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    try:
        if answer.blob is None or method == "HEAD":
            await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
        else:
            await _send_blob(answer.blob, answer.start, answer.length, send)
    finally:
        if answer.blob is not None:
            answer.blob.close()


async def _send_blob(blob: Blob, start: int, length: int, send: Send) -> None:
    end = start + length
    while end - start > CHUNK:
        await send({"type": "http.response.body", "body": blob.read(start, CHUNK), "more_body": True})
        start += CHUNK
    await send({"type": "http.response.body", "body": blob.read(start, end - start)})
