"""What the embedded registry saw: one record for each request, without secrets."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload
from urllib.parse import parse_qsl, urlencode

from regexplore.sandbox.app.call import Application, Header, Message, Receive, Scope, Send
from regexplore.sandbox.app.routes import spec_number

MOST_RECORDS = 20_000
HIDDEN = "***"
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SECRET_PARAMETERS = frozenset({"_state", "x-amz-signature", "token", "password", "refresh_token"})


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request and its answer.

    Attributes
    ----------
    n : int
        Number of the request, from 1.
    time : float
        When it came, in seconds since 1970.
    origin : str
        Which server saw it: "registry", "tokens" or "blobs".
    method, path, query : str
        What was asked; values of secret parameters are hidden.
    status : int
        Status of the answer; 0 if there was none.
    spec : str
        Number of the endpoint in the distribution-spec, such as "end-3".
    received, sent : int
        Bytes of the two bodies.
    ms : float
        Time until the last byte of the answer was handed on.
    headers, response_headers : dict of str to str
        Names in lower case; credentials are hidden.
    """

    n: int
    time: float
    origin: str
    method: str
    path: str
    query: str
    status: int
    spec: str
    received: int
    sent: int
    ms: float
    headers: dict[str, str]
    response_headers: dict[str, str]


class RequestLog(Sequence[RequestRecord]):
    """The last requests, oldest first; records are made when they are looked at.

    Parameters
    ----------
    most : int
        How many are kept.
    """

    def __init__(self, most: int = MOST_RECORDS) -> None:
        self._seen: deque[_Seen] = deque(maxlen=most)
        self._count = 0

    def clear(self) -> None:
        """Forget all records, and count from 1 again."""
        self._seen.clear()
        self._count = 0

    def wrap(self, application: Application, origin: str) -> Application:
        """Return an application that notes what goes through it."""

        async def logged(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await application(scope, receive, send)
                return
            seen = _Seen(self._next(), origin, scope)
            self._seen.append(seen)
            await application(scope, seen.receiver(receive), seen.sender(send))

        return logged

    def _next(self) -> int:
        self._count += 1
        return self._count

    @overload
    def __getitem__(self, index: int) -> RequestRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[RequestRecord]: ...
    def __getitem__(self, index: int | slice) -> RequestRecord | list[RequestRecord]:
        if isinstance(index, slice):
            return [seen.record() for seen in list(self._seen)[index]]
        return self._seen[index].record()

    def __iter__(self) -> Iterator[RequestRecord]:
        return iter([seen.record() for seen in list(self._seen)])

    def __len__(self) -> int:
        return len(self._seen)

    def __repr__(self) -> str:
        return f"<RequestLog: {len(self)} requests>"


class _Seen:
    """A request under way or done, as cheap to keep as possible."""

    __slots__ = (
        "_answer",
        "_at",
        "_clock",
        "_headers",
        "_method",
        "_number",
        "_origin",
        "_path",
        "_query",
        "_took",
        "received",
        "sent",
        "status",
    )

    def __init__(self, number: int, origin: str, scope: Scope) -> None:
        self._number = number
        self._origin = origin
        # Not the scope itself: it would keep the connection alive.
        self._method: str = scope["method"]
        self._path: str = scope["path"]
        self._query: bytes = scope["query_string"]
        self._headers: list[Header] = scope["headers"]
        self._at = time.time()
        self._clock = time.perf_counter()
        self._took = 0.0
        self._answer: list[Header] = []
        self.status = 0
        self.received = 0
        self.sent = 0

    def receiver(self, receive: Receive) -> Receive:
        """Return a `receive` that counts the bytes of the body."""

        async def counted() -> Message:
            message = await receive()
            self.received += len(message.get("body", b""))
            return message

        return counted

    def sender(self, send: Send) -> Send:
        """Return a `send` that notes status, headers and bytes."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self._answer = list(message.get("headers", []))
            else:
                self.sent += len(message.get("body", b""))
                self._took = time.perf_counter() - self._clock
            await send(message)

        return counted

    def record(self) -> RequestRecord:
        """Return the request as plain values, without secrets."""
        query = self._query.decode("latin-1")
        return RequestRecord(
            n=self._number,
            time=self._at,
            origin=self._origin,
            method=self._method,
            path=self._path,
            query=_shown_query(query),
            status=self.status,
            spec=spec_number(self._method, self._path, query) if self._origin == "registry" else "",
            received=self.received,
            sent=self.sent,
            ms=round(self._took * 1000, 3),
            headers=_shown_headers(self._headers),
            response_headers=_shown_headers(self._answer),
        )


def _shown_headers(headers: list[Header]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name_bytes, value_bytes in headers:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        if name in _SECRET_HEADERS:
            value = f"{value.partition(' ')[0]} {HIDDEN}" if name == "authorization" else HIDDEN
        elif name == "location":
            path, mark, query = value.partition("?")
            value = path + mark + _shown_query(query)
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown


def _shown_query(query: str) -> str:
    if not any(secret in query.lower() for secret in _SECRET_PARAMETERS):
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [(name, HIDDEN if name.lower() in _SECRET_PARAMETERS else value) for name, value in pairs], safe="*"
    )
