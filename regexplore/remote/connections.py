"""Connections to registries: urllib3's, with a shorter way for requests without a body.

Pools, TLS, proxies, retries and bodies are urllib3's and requests'. Only the head of a message is written and read
here, for that is where a client that sends thousands of small requests spends its time: the head goes out as one
piece, and what comes back is split into lines, not put through the parser of e-mail. Where the first piece holds all
of a plain head, and most do, it is split at once; any other is read line by line.

Source: RFC 9112 sections 2 to 6 (messages, framing), 9.3 (persistence).
"""

from __future__ import annotations

import errno
import http.client
import io
import re
from collections.abc import Mapping
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import (
    HTTPConnectionPool,
    HTTPHeaderDict,
    HTTPResponse,
    HTTPSConnectionPool,
    PoolManager,
    Retry,
    Timeout,
)
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ClosedPoolError, HTTPError, MaxRetryError

from regexplore.remote import budget, clock
from regexplore.remote.redact import Secret

POOLS = 64
"""Hosts whose connections are kept."""

MAX_LINE = 64 << 10
MAX_FIELDS = 100
CONTINUE = 100
MAX_INTERIM = 16
"""Answers with ``100 Continue`` that are read over before the one that counts."""

PIECE = 64 << 10
"""Bytes that are taken off the wire at once; many an answer is whole with the first."""

BODILESS = frozenset({"GET", "HEAD"})

# The registry is free to close its side after an answer, which can still be read.
_CLOSED_BEHIND = frozenset({errno.EPIPE, errno.ECONNRESET, getattr(errno, "EPROTOTYPE", errno.EPIPE)})

_CLOSED_MEANWHILE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)

# The first line of an answer that counts, not of an interim one.
_PLAIN_STATUS = re.compile(r"HTTP/1\.([01]) ([2-5][0-9]{2})(?: ([^\r\n]*))?", re.ASCII)


class _Arriving(io.RawIOBase):
    """Bytes off the wire, waited for no longer than the exchange under way may take.

    A socket's own timeout begins anew with every byte: a head that comes drop by drop would outlast any deadline.
    What was taken off the wire before comes first.
    """

    def __init__(self, wire: io.RawIOBase, sock: Any, before: bytes = b"") -> None:
        self._wire = wire
        self._sock = sock
        self._before = memoryview(before)

    def readinto(self, into: Any) -> int | None:
        if self._before:
            count = min(len(into), len(self._before))
            into[:count], self._before = self._before[:count], self._before[count:]
            return count
        self._sock.settimeout(_wait(self._sock.gettimeout()))
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


class Fields(HTTPHeaderDict):
    """Header fields, found in any case: urllib3's, which are asked some twenty questions for each answer."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field, of all its lines."""
        held = self._container.get(name.lower())
        if held is None:
            return default
        return held[1] if len(held) == 2 else ", ".join(held[1:])

    def put(self, name: str, value: str) -> None:
        """Add a line."""
        line = [name, value]
        held = self._container.setdefault(name.lower(), line)
        if held is not line:
            held.append(value)


class Head(http.client.HTTPResponse):
    """An answer whose head is read here; its body is read as http.client does.

    Attributes
    ----------
    came_whole : bool
        Whether the body came along with the head.
    """

    _budgets: tuple[budget.Budget, ...] = ()
    came_whole = False
    headers: HTTPHeaderDict  # type: ignore[assignment]  # the same questions are answered

    def __init__(self, sock: Any, method: str) -> None:
        # Not http.client's, which makes a file of the socket: there is mostly no need of one.
        self._sock = sock
        self._method = method
        self.fp: Any = io.BytesIO()
        self.debuglevel = 0

    def begin(self) -> None:
        """Read the head.

        Raises
        ------
        http.client.HTTPException
            It is not the head of an HTTP/1 answer.
        """
        piece: bytes = self._sock.recv(PIECE)
        end = piece.find(b"\r\n\r\n")
        if end < 0 or not self._begin_at_once(piece[:end].decode("latin-1")):
            self.fp = self._file(piece)
            self._begin_by_lines()
            return
        body = piece[end + 4 :]
        if self.length is None or len(body) < self.length:
            self.fp = self._file(body)
            return
        # More than the body is nothing that was asked for; it must not be taken for the next answer.
        self.will_close = self.will_close or len(body) > self.length
        self.fp, self.came_whole = io.BytesIO(body[: self.length]), True

    def take(self) -> bytes:
        """Return all of a body that came whole."""
        body: bytes = self.fp.getvalue()
        self.length = 0
        self._close_conn()  # type: ignore[attr-defined]
        return body

    def _file(self, before: bytes) -> io.BufferedReader:
        wire = self._sock.makefile("rb", buffering=0)
        return io.BufferedReader(_Arriving(wire, self._sock, before))

    def _begin_at_once(self, text: str) -> bool:
        """Take in a head that is plain; False for any other, to be read with more care."""
        first, *lines = text.split("\r\n")
        status = _PLAIN_STATUS.fullmatch(first)
        if status is None or not len(lines) == text.count("\n") == text.count("\r") <= MAX_FIELDS:
            return False
        fields = Fields()
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                return False
            fields.put(name, value.strip())
        self._take_in(int(status[1]) + 10, int(status[2]), status[3] or "", fields)
        return True

    def _begin_by_lines(self) -> None:
        for _ in range(MAX_INTERIM):
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
            fields = _read_fields(self.fp)
            if status != CONTINUE:
                break
        else:
            raise http.client.HTTPException(f"more than {MAX_INTERIM} interim answers")
        if not version.startswith("HTTP/1."):
            raise http.client.UnknownProtocol(version)
        self._take_in(10 if version == "HTTP/1.0" else 11, status, reason, fields)

    def _take_in(self, version: int, status: int, reason: str, fields: HTTPHeaderDict) -> None:
        self.code = self.status = status
        self.reason = reason.strip()
        self.version = version
        self.headers = self.msg = fields  # type: ignore[assignment]
        self.chunked = fields.get("Transfer-Encoding", "").strip().lower() == "chunked"
        self.chunk_left = None
        self.length = None if self.chunked else _length(fields)
        if status < 200 or status in (204, 304) or self._method == "HEAD":
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


def _read_fields(stream: Any) -> Fields:
    """Read header lines up to the empty one; a line that goes on belongs to the one before."""
    fields = Fields()
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
        fields.put(name, value)
    return fields


def _length(fields: HTTPHeaderDict) -> int | None:
    said = set(fields.getlist("Content-Length"))
    if len(said) > 1:
        raise http.client.HTTPException("two different lengths of one body")
    text = said.pop() if said else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _wait(longest: float | None) -> float | None:
    """Return how long to wait for the next piece: never beyond the deadline."""
    deadline = clock.current()
    if deadline is None:
        return longest
    left = deadline.remaining
    if left <= 0:
        raise TimeoutError("the deadline is over")
    return left if longest is None else min(left, longest)


def _keep_to(sock: Any, longest: float | None) -> None:
    """Wait no longer than that on a socket; to say what holds already would cost a turn of the interpreter."""
    if sock.gettimeout() != longest:
        sock.settimeout(longest)


class Raw(HTTPResponse):
    """urllib3's answer, with a shorter way to a body that came along with its head."""

    def read_whole(self) -> bytes | None:
        """Return the body and give the connection back; None where it has to be waited for, or was read of."""
        head: Any = self._fp
        if self._fp_bytes_read or not head.came_whole or head.isclosed():
            return None
        body: bytes = head.take()
        self._fp_bytes_read, self.length_remaining = len(body), 0
        self.release_conn()
        return body


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
        _keep_to(self.sock, self.timeout)
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
        _keep_to(self.sock, _wait(self.timeout))
        shutdown = getattr(self.sock, "shutdown", None)
        head = Head(self.sock, method)
        try:
            head.begin()
        except BaseException:
            head.close()
            raise
        if head.will_close:
            self.close()
        else:
            self._answering = head
        return Raw(
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


class _ShortPool:
    """What both kinds of pool have in common: the short way of a request over a connection that is open.

    ``self`` is the pool that this is mixed into. Whatever is no plain success is urllib3's affair: new connections,
    and what becomes of a try that failed.
    """

    def ask(
        self: Any, method: str, target: str, headers: Mapping[str, str], policy: Retry, timeout: Timeout
    ) -> HTTPResponse:
        """Send a request without a body; the same as `urlopen` without redirects, the body left unread."""
        options = {
            "headers": headers,
            "redirect": False,
            "assert_same_host": False,
            "timeout": timeout,
            "preload_content": False,
            "decode_content": False,
        }
        connection = self._taken()
        if connection.is_closed or self.proxy is not None or "%" in target:
            self._put_conn(connection)
            return self.urlopen(method, target, retries=policy, **options)  # type: ignore[no-any-return]
        try:
            response: HTTPResponse = self._asked(connection, method, target, headers, timeout)
        except BaseException as error:
            connection.close()
            self._put_conn(None)
            if not isinstance(error, OSError | http.client.HTTPException | HTTPError):
                raise
            # Closed by the other side, while it was kept as far as can be told: no try, as for Go's client.
            failed = [] if isinstance(error, _CLOSED_MEANWHILE) else [error]
        else:
            return self._settled(response, method, target, policy, options)  # type: ignore[no-any-return]
        return self.urlopen(method, target, retries=policy, failed=failed, **options)  # type: ignore[no-any-return]

    def _taken(self: Any) -> Any:
        """Take a connection, without a look whether the other side has closed it meanwhile.

        The look costs each of many threads a turn of the interpreter, and says nothing of the moment after it.
        """
        if self.pool is None:
            raise ClosedPoolError(self, "Pool is closed.")
        return self.pool.get(block=self.block) or self._new_conn()

    def _asked(
        self: Any, connection: Any, method: str, target: str, headers: Mapping[str, str], timeout: Timeout
    ) -> HTTPResponse:
        self.num_requests += 1
        connection.timeout = read = timeout.read_timeout
        try:
            connection.request(method, target, headers=headers)
        except OSError as error:
            if error.errno not in _CLOSED_BEHIND:
                raise
        try:
            response: Any = connection.getresponse()
        except OSError as error:
            self._raise_timeout(err=error, url=target, timeout_value=read)
            raise
        response._connection, response._pool = connection, self
        return response  # type: ignore[no-any-return]

    def _settled(
        self: Any, response: HTTPResponse, method: str, target: str, policy: Retry, options: dict[str, Any]
    ) -> HTTPResponse:
        """Return an answer, or that of the next try where this one is worth it."""
        if not policy.is_retry(method, response.status, bool(response.headers.get("Retry-After"))):
            response.retries = policy
            return response
        try:
            following = policy.increment(method, target, response=response, _pool=self)
        except MaxRetryError:
            return response
        response.drain_conn()
        following.sleep(response)
        return self.urlopen(method, target, retries=following, **options)  # type: ignore[no-any-return]

    def _make_request(self: Any, *args: Any, failed: list[BaseException] | None = None, **kwargs: Any) -> Any:
        # The first try was made already, and this is how it ended.
        if failed:
            raise failed.pop()
        return super()._make_request(*args, **kwargs)  # type: ignore[misc]


class ShortHTTPPool(_ShortPool, HTTPConnectionPool):
    """Connections without TLS to one host."""

    ConnectionCls = ShortHTTPConnection


class ShortHTTPSPool(_ShortPool, HTTPSConnectionPool):
    """Connections with TLS to one host."""

    ConnectionCls = ShortHTTPSConnection


Pool = ShortHTTPPool | ShortHTTPSPool


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
