"""Connections to registries: urllib3's, with a shorter way for requests without a body.

Pools, TLS, proxies, retries and bodies are urllib3's and requests'. Only the head of a message is written and read
here, for that is where a client that sends thousands of small requests spends its time: the head goes out as one
piece, and what comes back is split into lines, not put through the parser of e-mail.

Source: RFC 9112 sections 2 to 6 (messages, framing), 9.3 (persistence).
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Mapping
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from regexplore.remote import budget, clock
from regexplore.remote.redact import Secret

POOLS = 64
"""Hosts whose connections are kept."""

MAX_LINE = 64 << 10
MAX_FIELDS = 100
CONTINUE = 100
MAX_INTERIM = 16
"""Answers with ``100 Continue`` that are read over before the one that counts."""

BODILESS = frozenset({"GET", "HEAD"})


class _Arriving(io.RawIOBase):
    """Bytes off the wire, waited for no longer than the exchange under way may take.

    A socket's own timeout begins anew with every byte: a head that comes drop by drop would outlast any deadline.
    """

    def __init__(self, wire: io.RawIOBase, sock: Any) -> None:
        self._wire = wire
        self._sock = sock

    def readinto(self, into: Any) -> int | None:
        deadline = clock.current()
        if deadline is not None:
            left, wait = deadline.remaining, self._sock.gettimeout()
            if left <= 0:
                raise TimeoutError("the deadline is over")
            if wait is None or left < wait:
                self._sock.settimeout(left)
        return self._wire.readinto(into)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._wire.close()
        super().close()


class Answer(http.client.HTTPResponse):
    """An answer that keeps to the deadline while its head is read, and its body where one is under way."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        wire = self.fp.detach()
        self.fp = io.BufferedReader(_Arriving(wire, sock))


class Head(Answer):
    """An answer whose head is read line by line; its body is read as http.client does."""

    _budgets: tuple[budget.Budget, ...] = ()
    headers: HTTPHeaderDict  # type: ignore[assignment]  # the same questions are answered

    def begin(self) -> None:
        """Read the head.

        Raises
        ------
        http.client.HTTPException
            It is not the head of an HTTP/1 answer.
        """
        for _ in range(MAX_INTERIM):
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
            fields = _read_fields(self.fp)
            if status != CONTINUE:
                break
        else:
            raise http.client.HTTPException(f"more than {MAX_INTERIM} interim answers")
        if not version.startswith("HTTP/1."):
            raise http.client.UnknownProtocol(version)
        self.code = self.status = status
        self.reason = reason.strip()
        self.version = 10 if version == "HTTP/1.0" else 11
        self.headers = self.msg = fields  # type: ignore[assignment]
        self.chunked = fields.get("Transfer-Encoding", "").strip().lower() == "chunked"
        self.chunk_left = None
        self.length = None if self.chunked else _length(fields)
        if status < 200 or status in (204, 304) or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        ends_with_connection = not self.chunked and self.length is None
        self.will_close = self._check_close() or ends_with_connection  # type: ignore[attr-defined]
        if self.length is None:
            # A body of unknown length is charged while it is read; others were when their head was there.
            self._budgets = budget.running()

    def read1(self, n: int = -1) -> bytes:
        """Read what has arrived, at most so many bytes."""
        return self._charged(super().read1(n))

    def read(self, amt: int | None = None) -> bytes:
        """Read so many bytes, or all."""
        return self._charged(super().read(amt))

    def _charged(self, part: bytes) -> bytes:
        for one in self._budgets:
            one.spend_bytes(len(part))
        return part


def _read_fields(stream: Any) -> HTTPHeaderDict:
    """Read header lines up to the empty one; a line that goes on belongs to the one before."""
    fields = HTTPHeaderDict()
    pairs: list[list[str]] = []
    while True:
        line = stream.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise http.client.LineTooLong("header line")
        if line in (b"\r\n", b"\n", b""):
            break
        if len(pairs) >= MAX_FIELDS:
            raise http.client.HTTPException(f"got more than {MAX_FIELDS} headers")
        text = line.decode("latin-1")
        if text[0] in " \t" and pairs:
            pairs[-1][1] += f" {text.strip()}"
            continue
        name, colon, value = text.partition(":")
        if not colon or name != name.strip():
            raise http.client.HTTPException("a header line that is none")
        pairs.append([name, value.strip()])
    for name, value in pairs:
        fields.add(name, value)
    return fields


def _length(fields: HTTPHeaderDict) -> int | None:
    said = set(fields.getlist("Content-Length"))
    if len(said) > 1:
        raise http.client.HTTPException("two different lengths of one body")
    text = said.pop() if said else ""
    return int(text) if text.isascii() and text.isdigit() else None


class _Short:
    """What both kinds of connection have in common: the short way of a request without a body.

    ``self`` is the connection that this is mixed into.
    """

    response_class = Answer
    _asked: tuple[str, str] | None = None
    _answering: Head | None = None

    def request(
        self: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """Send a request."""
        if self._answering is not None and not self._answering.isclosed():
            # What is left of the answer before would be taken for the answer to this.
            raise http.client.CannotSendRequest("the answer before was not read")
        self._answering = None
        if body is not None or options.get("chunked") or method not in BODILESS or self.proxy is not None:
            super().request(method, url, body=body, headers=headers, **options)  # type: ignore[misc]
            return
        self._asked = None
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self.timeout)
        self._asked = (method, url)
        self.sock.sendall(_head(method, url, self._named_host(), headers or {}))

    def getresponse(self: Any) -> HTTPResponse:
        """Read the head of the answer."""
        if self._asked is None:
            response: HTTPResponse = super().getresponse()  # type: ignore[misc]
            return response
        (method, url), self._asked = self._asked, None
        if self.sock is None:
            raise http.client.ResponseNotReady
        self.sock.settimeout(self.timeout)
        shutdown = getattr(self.sock, "shutdown", None)
        head = Head(self.sock, method=method)
        try:
            head.begin()
        except BaseException:
            head.close()
            raise
        if head.will_close:
            self.close()
        else:
            self._answering = head
        return HTTPResponse(
            body=head,
            headers=head.headers,
            status=head.status,
            version=head.version,
            version_string=f"HTTP/1.{head.version - 10}",
            reason=head.reason,
            preload_content=False,
            decode_content=False,
            original_response=head,
            request_method=method,
            request_url=url,
            sock_shutdown=shutdown,
        )

    def _named_host(self: Any) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == self.default_port else f"{host}:{self.port}"


def _head(method: str, target: str, host: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request, refusing what would make two lines of one."""
    lines = [f"{method} {target} HTTP/1.1"]
    if "Host" not in headers:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    text = "\r\n".join(lines)
    ends = len(lines) - 1
    if text.count("\n") != ends or text.count("\r") != ends or "\0" in text or " " in target:
        raise ValueError("a header of the request holds the end of a line")
    return f"{text}\r\n\r\n".encode("latin-1")


class ShortHTTPConnection(_Short, HTTPConnection):  # type: ignore[misc]  # see _Short
    """A connection without TLS."""


class ShortHTTPSConnection(_Short, HTTPSConnection):  # type: ignore[misc]  # see _Short
    """A connection with TLS."""


class ShortHTTPPool(HTTPConnectionPool):
    """Connections without TLS to one host."""

    ConnectionCls = ShortHTTPConnection


class ShortHTTPSPool(HTTPSConnectionPool):
    """Connections with TLS to one host."""

    ConnectionCls = ShortHTTPSConnection


class Adapter(HTTPAdapter):
    """requests' adapter over these connections."""

    poolmanager: PoolManager

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the manager of pools."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": ShortHTTPPool, "https": ShortHTTPSPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the manager of a proxy; it is known by its URL, which may hold a password."""
        return super().proxy_manager_for(Secret(proxy), **kwargs)
