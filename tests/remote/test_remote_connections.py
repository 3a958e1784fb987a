"""The short way of small requests: what is read off the wire, what is refused, when a connection is used again."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from requests.cookies import RequestsCookieJar
from support.clients import registry
from support.left_over import awaited

from regexplore import errors
from regexplore.remote import clock, limits
from regexplore.remote.connections import ShortHTTPConnection, _head, _wait
from regexplore.remote.messages import LightRequest, prepared
from regexplore.remote.transport import Transport
from regexplore.remote.transport_errors import transport_error
from regexplore.sandbox import SandboxServer


@contextmanager
def answering(*answers: bytes, close: bool = False) -> Iterator[tuple[str, list[int]]]:
    """Serve these bytes, one after the other and whatever is asked; yields host, and a list of connections made."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[int] = []
    left = list(answers)

    def serve() -> None:
        while left:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(len(connections))
            with connection:
                while left and b"\r\n\r\n" in connection.recv(65536):
                    connection.sendall(left.pop(0))
                    if close:
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", connections
    finally:
        listener.close()
        thread.join(0.1)


def get(host: str, transport: Transport | None = None, method: str = "GET") -> requests.Response:
    request = prepared(method, f"http://{host}/v2/", {"Accept-Encoding": "identity"})
    return (transport or Transport(retries=0)).send(request)


def test_answers_are_those_of_requests():
    said = b"HTTP/1.1 200 Fine\r\nContent-Type: text/plain; charset=utf-8\r\nX-Two: a\r\nx-two: b\r\nContent-Length: 2\r\n\r\nhi"
    with answering(said) as (host, _):
        response = get(host)
        assert isinstance(response, requests.Response)
        assert (response.status_code, response.reason, response.headers["x-TWO"]) == (200, "Fine", "a, b")
        assert response.raw.headers.getlist("X-Two") == ["a", "b"]
        assert (response.text, response.encoding, response.ok) == ("hi", "utf-8", True)
        assert response.url == f"http://{host}/v2/"
        assert list(response.cookies) == []


def test_a_chunked_body_and_one_that_ends_with_its_connection():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    ending = b"HTTP/1.1 200 OK\r\n\r\nuntil the end"
    with answering(chunked, ending, close=True) as (host, _):
        assert get(host).content == b"abc"
        assert get(host).content == b"until the end"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_answers_without_a_body_leave_their_connection_free(method):
    """Closed unread, as every HEAD is: the next request needs no new connection."""
    empty = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (0 if method == "GET" else 500)
    transport = Transport(retries=0)
    with answering(empty, empty, empty) as (host, connections):
        for _ in range(3):
            get(host, transport, method).close()
        assert len(connections) == 1


def test_what_was_not_read_of_a_body_is_never_taken_for_an_answer():
    first = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n12"
    )
    second = b"HTTP/1.1 204 No Content\r\n\r\n"
    transport = Transport(retries=0)
    with answering(first, second) as (host, connections):
        get(host, transport).close()
        assert get(host, transport).status_code == 204
        assert len(connections) == 2


def test_what_comes_after_a_body_is_never_taken_for_an_answer():
    """It came in one piece with the body that was asked for, and nobody asked for it."""
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    second = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
    transport = Transport(retries=0)
    with answering(first, second) as (host, connections):
        assert get(host, transport).content == b"hi"
        assert get(host, transport).content == b"good"
        assert len(connections) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\nX-Long: a b\nContent-Length: 2\n\nhi",
        b"HTTP/1.1 200 OK\r\nX-Long: a b\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200\r\nX-Long: a b\r\nContent-Length:2\r\n\r\nhi",
    ],
)
def test_odd_heads_and_plain_ones_say_the_same(answer):
    with answering(answer) as (host, _):
        response = get(host)
        assert (response.headers["x-long"], response.content) == ("a b", b"hi")


def test_a_body_that_came_with_its_head_is_counted_and_read_once():
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi") as (host, _):
        response = get(host)
        assert limits.read_body(response, 2) == b"hi"
        assert response.raw.tell() == 2
        assert response.raw.read() == b""


def test_a_body_that_came_with_its_head_keeps_to_the_limit():
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi") as (host, _):
        with pytest.raises(errors.SizeExceedsLimitError):
            limits.read_body(get(host), 1)


def test_continue_is_not_the_answer():
    with answering(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n") as (host, _):
        assert get(host).status_code == 204


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName : spaced\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    ],
)
def test_a_head_that_is_none_is_an_error_of_the_connection(head):
    with answering(head, close=True) as (host, _), pytest.raises(errors.TransportError):
        get(host).content  # noqa: B018


def test_a_short_body_is_an_error_and_never_a_short_answer():
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", close=True) as (host, _):
        with pytest.raises(errors.ConnectionLostError):
            list(registry(host).repository_pages())


@given(st.text(), st.text())
def test_no_header_makes_two_lines(name, value):
    try:
        head = _head("GET", "/v2/", "localhost", {name: value})
    except (ValueError, UnicodeEncodeError):
        return
    assert head.count(b"\r\n") == 4
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\n") == head.count(b"\r") == 4


def test_a_light_request_may_be_sent_by_any_session():
    with SandboxServer() as server:
        request = prepared("GET", f"{server.url}/v2/", {})
        assert isinstance(request, LightRequest)
        with requests.Session() as session:
            assert session.send(request).status_code == 200
        assert request.copy().url == request.url


@pytest.mark.parametrize(
    "url", ["http://host/a b", "http://höst/", "http://host/#part", "http://host", "http://u:p@host/"]
)
def test_a_url_that_is_not_plain_is_prepared_by_requests(url):
    assert not isinstance(prepared("GET", url, {}), LightRequest)


@contextmanager
def dripping(pieces: list[bytes], seconds: float) -> Iterator[str]:
    """Answer every request with these pieces, one after the other, with a pause after each; yields the host."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            for piece in pieces:
                connection.sendall(piece)
                if stopped.wait(seconds):
                    return

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        listener.close()


SLOW_HEAD = [
    bytes([one]) for one in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 200 + b"\r\nContent-Length: 0\r\n\r\n"
]
INTERIM = [b"HTTP/1.1 100 Continue\r\n\r\n"] * 200 + [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]


@pytest.mark.parametrize("pieces", [SLOW_HEAD, INTERIM], ids=["one byte at a time", "interim answers"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t27_a_head_that_drips_does_not_outlast_the_deadline(pieces, method):
    with dripping(pieces, 0.05) as host, pytest.raises(errors.DeadlineExceededError):
        request = prepared(method, f"http://{host}/v2/", {}, b"body" if method == "POST" else None)
        with clock.until(clock.Deadline.after(0.5)):
            Transport(retries=0).send(request)


def test_t27_interim_answers_are_read_over_but_not_for_ever():
    last = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    with answering(3 * interim + last) as (host, _):
        assert get(host).status_code == 200
    with answering(100 * interim + last) as (host, _), pytest.raises(errors.TransportError):
        get(host)


@pytest.mark.parametrize("broken", [b"nonsense\r\n\r\n", b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_try_that_fails_on_an_open_connection_is_followed_by_another(broken, method):
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    if method == "HEAD":
        broken = broken.removesuffix(b"no")
    # One connection at most: a try that kept its own could never be repeated.
    transport = Transport(retries=1, connections=1)
    with answering(fine, broken, fine, fine) as (host, _):
        assert get(host, transport, method).status_code == 200
        again = get(host, transport, method)
        assert (again.status_code, again.attempts) == (200, 2)
        again.close()
        assert get(host, transport, method).attempts == 1


@pytest.mark.parametrize("retries", [0, 1])
def test_the_last_try_on_an_open_connection_is_what_is_told(retries):
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno"
    transport = Transport(retries=retries, connections=1)
    with answering(fine, *[busy] * (retries + 1), fine, *[b"nonsense\r\n\r\n"] * (retries + 1)) as (host, _):
        get(host, transport)
        with get(host, transport) as refused:
            assert (refused.status_code, refused.attempts, refused.content) == (503, retries + 1, b"no")
        get(host, transport)
        with pytest.raises(errors.TransportError):
            get(host, transport)


# ---- the connection by itself ------------------------------------------------------------------------

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def test_nothing_is_asked_behind_an_answer_that_was_not_read():
    with answering(FINE, FINE) as (host, connections):
        connection = ShortHTTPConnection(host)
        connection.request("GET", "/v2/")
        answer = connection.getresponse()
        with pytest.raises(http.client.CannotSendRequest):
            connection.request("GET", "/v2/")
        assert answer.read() == b"hi"
        connection.request("GET", "/v2/")
        assert connection.getresponse().read() == b"hi"
        assert len(connections) == 1
        connection.close()


def test_a_connection_that_was_closed_has_no_answer():
    with answering(FINE) as (host, _):
        connection = ShortHTTPConnection(host)
        connection.request("GET", "/v2/")
        connection.close()
        with pytest.raises(http.client.ResponseNotReady):
            connection.getresponse()


def test_t27_no_wait_begins_behind_the_deadline():
    assert _wait(7.0) == 7.0
    with clock.until(clock.Deadline.after(5.0)):
        assert 0 < _wait(None) <= 5
        assert _wait(0.5) == 0.5
    with clock.until(clock.Deadline.after(0.0)), pytest.raises(TimeoutError, match="deadline is over"):
        _wait(7.0)


def test_a_host_that_the_caller_names_is_the_only_one():
    with SandboxServer() as server:
        request = prepared("GET", f"{server.url}/v2/", {"Host": "other.example"})
        assert isinstance(request, LightRequest)
        assert Transport(retries=0).send(request).status_code == 200
        assert server.log[-1].headers["host"] == "other.example"


class Failing:
    """A socket whose next send fails, after the bytes are out or before."""

    def __init__(self, inner: socket.socket, number: int, *, sends: bool) -> None:
        self._inner, self._number, self._sends = inner, number, sends

    def sendall(self, content: bytes) -> None:
        if self._sends:
            self._inner.sendall(content)
        raise OSError(self._number, "failed")

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def idle(transport: Transport) -> ShortHTTPConnection:
    """Return the one connection that a transport keeps."""
    (pool,) = transport._pools.values()
    return pool.pool.queue[-1]


def test_an_answer_that_came_before_all_was_sent_is_the_answer():
    """A registry may refuse and close before it has read: what it said counts, not that it would not listen."""
    transport = Transport(retries=0, connections=1)
    with answering(FINE, b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n") as (host, connections):
        assert get(host, transport).content == b"hi"
        kept = idle(transport)
        kept.sock = Failing(kept.sock, errno.EPIPE, sends=True)
        assert get(host, transport).status_code == 401
        assert len(connections) == 1


@pytest.mark.parametrize("retries", [0, 1])
def test_a_send_that_fails_closes_its_connection(retries):
    transport = Transport(retries=retries, connections=1)
    with answering(FINE, FINE) as (host, connections):
        assert get(host, transport).content == b"hi"
        kept = idle(transport)
        kept.sock = Failing(kept.sock, errno.ENETDOWN, sends=False)
        inner = kept.sock._inner
        if retries:
            with get(host, transport) as again:
                assert (again.content, again.attempts, len(connections)) == (b"hi", 2, 2)
        else:
            with pytest.raises(errors.TransportError):
                get(host, transport)
            assert get(host, transport).content == b"hi"
        assert inner.fileno() == -1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_connection_that_was_closed_meanwhile_costs_no_try(method):
    """No registry says beforehand when it will close what nobody uses."""
    transport = Transport(retries=0, connections=1)
    with answering(FINE, FINE, close=True) as (host, connections):
        assert get(host, transport).content == b"hi"
        assert awaited(lambda: not idle(transport).is_connected)
        with get(host, transport, method) as again:
            assert (again.status_code, again.attempts, len(connections)) == (200, 1, 2)


def test_a_server_that_never_answers_is_a_failure_all_the_same():
    transport = Transport(retries=1, connections=1)
    with answering(FINE, b"", b"", close=True) as (host, connections):
        assert get(host, transport).content == b"hi"
        with pytest.raises(errors.ConnectionLostError):
            get(host, transport)
        assert len(connections) == 3


def test_a_light_request_takes_hooks_and_cookies_as_any_other():
    """Who signs requests or keeps cookies for them sets both on a request that is ready."""
    heard = []
    with answering(FINE) as (host, _), requests.Session() as session:
        session.trust_env = False
        request = prepared("GET", f"http://{host}/v2/", {})
        assert request._cookies is request._cookies
        request._cookies = cookies = RequestsCookieJar()
        request.hooks = {"response": [lambda response, **_: heard.append(response.status_code)]}
        assert session.send(request).content == b"hi"
        assert (heard, request._cookies is cookies) == ([200], True)


def test_answers_take_cookies_and_an_encoding():
    with answering(FINE) as (host, _):
        response = get(host)
        response.encoding = "latin-1"
        response.cookies = cookies = RequestsCookieJar()
        assert (response.encoding, response.text) == ("latin-1", "hi")
        assert response.cookies is cookies


def test_a_server_without_tls_is_said_to_be_none():
    with answering(FINE) as (host, _), pytest.raises(errors.TLSError, match="TLS failed: ") as caught:
        registry(host, plain_http=False).ping()
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (urllib3.exceptions.SSLError("odd"), errors.TLSError, "TLS failed"),
        (requests.exceptions.SSLError(ssl.SSLError(1, "odd")), errors.TLSError, "TLS failed"),
        (ssl.SSLCertVerificationError("odd"), errors.TransportError, "SSLCertVerificationError"),
        (
            requests.exceptions.SSLError(ssl.SSLCertVerificationError("odd")),
            errors.TLSError,
            "the certificate was not accepted: no reason given",
        ),
        (socket.gaierror(-2, "unknown"), errors.HostNotFoundError, "does not resolve"),
        (ConnectionRefusedError(), errors.ConnectError, "refused"),
        (requests.exceptions.ReadTimeout(), errors.DeadlineExceededError, "no answer in time"),
        (requests.exceptions.ConnectionError(ConnectionResetError()), errors.ConnectionLostError, "broke"),
        (requests.exceptions.RequestException("canary"), errors.TransportError, "RequestException"),
    ],
)
def test_errors_of_other_libraries_are_told_by_what_they_mean(error, kind, said):
    found = transport_error(error, "GET", "https://ada:canary@host.example/v2/?token=canary")
    assert type(found) is kind
    assert str(found).startswith('GET "https://host.example/v2/?token=***": ')
    assert said in str(found)
    assert "canary" not in str(found)
