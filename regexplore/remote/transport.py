"""The transport: the only place where bytes leave this process.

A `Client` without what requests does behind one's back: no netrc, no proxies or CA files from the environment unless
asked for, no cookies, no redirect that carries credentials along. Pools of connections are made by requests'
adapter, with its certificates and proxies, and used by urllib3; a proxy is the adapter's affair altogether.

Source: Go ``net/http.Client`` as oras-go configures it; distribution-spec on redirects; RFC 9110.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

import requests
from urllib3 import Timeout
from urllib3.response import BaseHTTPResponse

from regexplore._version import __version__
from regexplore.errors import BudgetExceededError, CredentialError, RedirectRefusedError
from regexplore.remote import budget, clock, library_logs, redact
from regexplore.remote.allowance import Allowance
from regexplore.remote.connections import POOLS, Adapter, Pool
from regexplore.remote.messages import LightRequest, LightResponse, prepared
from regexplore.remote.origin import Origin, joined
from regexplore.remote.pace import Pace, Turn
from regexplore.remote.retry import MAX_RETRIES, RETRY_AFTER_CAP, RetryPolicy, listen, stop_listening
from regexplore.remote.trace import Exchanges
from regexplore.remote.transport_errors import FOREIGN, transport_error

MAX_REDIRECTS = 5
CONNECTIONS = 32
CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
USER_AGENT = f"regexplore/{__version__}"

library_logs.install()

# Below this many seconds a wait is no news.
_SHORT_WAIT = 0.05
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What may go to another origin; everything else could be a secret.
_TRAVELS = frozenset(
    {
        "accept",
        "accept-encoding",
        "user-agent",
        "range",
        "if-range",
        "if-match",
        "if-none-match",
        "connection",
    }
)


class Transport:
    """Sends requests: pooled connections, redirects by the origin rule, retries, a trace of every try.

    Parameters
    ----------
    retries : int
        How often a try is repeated at most; 0 switches retry off.
    retry_after_cap : float
        Seconds; the longest ``Retry-After`` that is waited for.
    connections : int
        Connections kept for one host; more requests wait for one. A host that asks for it gets fewer at once.
    ca_file : path, optional
        Certificates (PEM) to trust instead of the system's.
    client_cert : path or pair of paths, optional
        Certificate, or certificate and key, that is shown to the registry; not to where it redirects to.
    proxies : mapping, optional
        URL of the proxy for ``http`` and ``https``. Environment variables are not read; pass
        ``requests.utils.getproxies()`` to use them.
    max_redirects : int

    Examples
    --------
    >>> Transport(retries=0)
    <Transport retries=0>
    """

    def __init__(
        self,
        *,
        retries: int = MAX_RETRIES,
        retry_after_cap: float = RETRY_AFTER_CAP,
        connections: int = CONNECTIONS,
        ca_file: str | PathLike[str] | None = None,
        client_cert: str | tuple[str, str] | None = None,
        proxies: Mapping[str, str] | None = None,
        max_redirects: int = MAX_REDIRECTS,
    ) -> None:
        self.retries = retries
        self.max_redirects = max_redirects
        self._verify: bool | str = True if ca_file is None else fspath(ca_file)
        self._cert = client_cert
        self._proxies = {scheme: redact.Secret(url) for scheme, url in (proxies or {}).items()}
        self._policy = RetryPolicy.standard(retries, retry_after_cap=retry_after_cap)
        self._once_only = RetryPolicy.standard(0, retry_after_cap=retry_after_cap)
        self._adapter = Adapter(
            pool_connections=POOLS, pool_maxsize=connections, pool_block=True, max_retries=self._policy
        )
        self._pools: dict[tuple[Origin, bool], Pool] = {}
        self._connections = connections
        self._paces: dict[Origin, Pace] = {}

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request and follow where it is safely sent on to.

        Parameters
        ----------
        request : requests.PreparedRequest
        **kwargs
            ``timeout`` and ``allow_redirects`` as `requests.Session.send` takes them; bodies are always
            streamed, and certificates and proxies are those of this transport.

        Returns
        -------
        requests.Response
            With its body unread; ``attempts`` tells how often the last hop was sent.

        Raises
        ------
        TransportError
            Nothing came back.
        RedirectRefusedError
            The registry points to a place that is not safe to follow.
        """
        timeout = kwargs.get("timeout") or (CONNECT_TIMEOUT, READ_TIMEOUT)
        follow = kwargs.get("allow_redirects", True) and request.method in ("GET", "HEAD")
        first = target = Origin.of(request.url or "")
        hop, history = request, list[requests.Response]()
        while True:
            response = self._once(hop, timeout, target, with_cert=target == first)
            if not follow or response.status_code not in _REDIRECTS or "location" not in response.headers:
                response.history = history
                return response
            response.close()
            history.append(response)
            if len(history) > self.max_redirects:
                raise RedirectRefusedError(
                    f'{request.method} "{redact.url(request.url or "")}": more than {self.max_redirects} redirects'
                )
            hop = _next_hop(hop, response, first)
            target = Origin.of(hop.url or "")

    @property
    def ca_file(self) -> str | None:
        """Certificates that are trusted instead of the system's."""
        return self._verify if isinstance(self._verify, str) else None

    @property
    def has_secrets(self) -> bool:
        """Whether it holds a certificate of its own, or proxies, whose URLs may hold a password."""
        return self._cert is not None or bool(self._proxies)

    def close(self) -> None:
        """Close idle connections; the transport can be used again."""
        self._pools.clear()
        self._adapter.close()

    def _once(
        self, request: requests.PreparedRequest, timeout: Any, target: Origin, *, with_cert: bool
    ) -> requests.Response:
        method, url = request.method or "", request.url or ""
        budget.spend_request()
        turn = self._pace(target).turn(method, url)
        exchange = Exchanges(method, url, request.headers, _body_length(request))

        def failed(answer: BaseHTTPResponse | None, error: str) -> None:
            exchange.failed_try(answer.status if answer is not None else None, error)
            if answer is not None:
                turn.heard(answer.status, answer.headers, self._policy.asked_for(answer))

        listen(failed)
        try:
            send = self._through_proxy if self._proxies else self._direct
            response = send(request, _within_deadline(timeout), target, with_cert)
            turn.heard(response.status_code, response.headers, self._asked_to_wait(response))
        except FOREIGN as error:
            exchange.broke(type(error).__name__)
            broken = transport_error(error, method, url)
        else:
            response.attempts = exchange.attempts  # type: ignore[attr-defined]
            if exchange.listened_to:
                note = "; ".join(filter(None, (_waited_note(turn), _redirect_note(response))))
                exchange.answered(response.status_code, dict(response.headers), response.raw, note)
            _charge(response)
            return response
        finally:
            turn.end()
            stop_listening()
        # Raised out here: it must not keep the library's error, which holds the request, as its context.
        raise broken

    def _pace(self, target: Origin) -> Pace:
        found = self._paces.get(target)
        return found or self._paces.setdefault(target, Pace(self._connections, self._policy.retry_after_cap))

    def _asked_to_wait(self, response: requests.Response) -> float | None:
        return self._policy.asked_for(response.raw) if "Retry-After" in response.headers else None

    def allowance(self, url: str) -> Allowance | None:
        """Return what the host of a URL said last about how much may still be asked of it."""
        known = self._paces.get(Origin.of(url))
        return known.allowance if known is not None else None

    def _direct(
        self, request: requests.PreparedRequest, timeout: tuple[float, float], target: Origin, with_cert: bool
    ) -> requests.Response:
        connect, read = timeout
        pool = self._pool(request, target, with_cert)
        limits = Timeout(connect=connect, read=read)
        if isinstance(request, LightRequest):
            url = request.url or ""
            # Path and query begin at the third slash.
            path = url[url.index("/", 8) :]
            return LightResponse(
                request, pool.ask(request.method or "", path, request.headers, self._policy, limits)
            )
        raw = pool.urlopen(
            request.method or "",
            request.path_url,
            body=request.body,
            headers=request.headers,
            retries=self._policy if _starts_again(request.body) else self._once_only,
            redirect=False,
            assert_same_host=False,
            timeout=limits,
            chunked=not (request.body is None or "Content-Length" in request.headers),
            preload_content=False,
            decode_content=False,
        )
        return LightResponse(request, raw)  # type: ignore[arg-type]  # the pools make these

    def _through_proxy(
        self, request: requests.PreparedRequest, timeout: tuple[float, float], target: Origin, with_cert: bool
    ) -> requests.Response:
        return self._adapter.send(
            request,
            stream=True,
            timeout=timeout,
            verify=self._verify,
            cert=self._cert if with_cert else None,
            proxies=self._proxies,
        )

    def _pool(self, request: requests.PreparedRequest, target: Origin, with_cert: bool) -> Pool:
        """Return the connections to a host: looked up once, and again where the adapter has closed them since."""
        key = (target, with_cert)
        known = self._pools.get(key)
        if known is not None and known.pool is not None:
            return known
        cert = self._cert if with_cert else None
        found = self._adapter.get_connection_with_tls_context(request, self._verify, cert=cert)
        self._adapter.cert_verify(found, request.url or "", self._verify, cert)  # type: ignore[no-untyped-call]
        self._pools[key] = found  # type: ignore[assignment]  # what the stubs call a base class
        return found  # type: ignore[return-value]

    def __getstate__(self) -> dict[str, Any]:
        if any("@" in url for url in self._proxies.values()):
            raise CredentialError(
                "the password of a proxy is not pickled", hint="Make the transport where it is used."
            )
        return {**self.__dict__, "_pools": {}, "_paces": {}}

    def __repr__(self) -> str:
        return f"<Transport retries={self.retries}>"


def _next_hop(
    request: requests.PreparedRequest, response: requests.Response, first: Origin
) -> requests.PreparedRequest:
    """Build the request that a redirect asks for; credentials go nowhere but to the first origin."""
    url = redact.Address(joined(request.url or "", response.headers["location"]))
    target = Origin.of(url)
    before = Origin.of(request.url or "")
    if not (first.may_redirect_to(target) and before.may_redirect_to(target)):
        raise RedirectRefusedError(
            f'{request.method} "{redact.url(request.url or "")}": redirect to {redact.url(url)} refused: '
            + ("TLS would be given up" if target.scheme == "http" else "a private address")
        )
    hop = request.copy()
    hop.url = prepared("GET", url, {}).url
    if target != first:
        for name in [name for name in hop.headers if name.lower() not in _TRAVELS]:
            del hop.headers[name]
    return hop


def _within_deadline(timeout: Any) -> tuple[float, float]:
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    deadline = clock.current()
    if deadline is None:
        return connect, read
    deadline.check("request")
    left = max(deadline.remaining, 0.001)
    return min(connect, left), min(read, left)


def _charge(response: requests.Response) -> None:
    """Charge the declared length of a body to the budgets; what has none is charged while it is read."""
    try:
        budget.spend_bytes(response.raw.length_remaining or 0)
    except BudgetExceededError:
        response.close()
        raise


def _waited_note(turn: Turn) -> str:
    return f"waited {turn.waited:.1f} s for its turn" if turn.waited > _SHORT_WAIT else ""


def _starts_again(body: Any) -> bool:
    """Whether a body can be sent a second time; for one that cannot, the first answer is what there is to tell."""
    if body is None or isinstance(body, bytes | str):
        return True
    seekable = getattr(body, "seekable", None)
    return seekable is not None and bool(seekable())


def _body_length(request: requests.PreparedRequest) -> int | None:
    length = request.headers.get("Content-Length")
    if length is not None:
        return int(length)
    return 0 if request.body is None else None


def _redirect_note(response: requests.Response) -> str:
    if response.status_code in _REDIRECTS and "location" in response.headers:
        return f"redirect to {redact.url(response.headers['location'])}"
    return ""
