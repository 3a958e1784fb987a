"""The client that authenticates: it answers challenges, and is itself a `Client` around another.

A request goes out with the token that is known for its host and scopes. A 401 from the very origin it went to is
answered once: with a token for what was asked, or with user name and password. A 401 from a redirect target is
returned as it is.

Source: Go ``auth.Client``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.utils import rewind_body

from regexplore.errors import (
    AuthError,
    CredentialNotFoundError,
    DeniedError,
    RealmRefusedError,
    UnauthorizedError,
)
from regexplore.remote import redact
from regexplore.remote.auth.challenge import Challenge, best_challenge, parse_challenges
from regexplore.remote.auth.realm import check_realm, may_see_credentials
from regexplore.remote.auth.scope import clean_scopes, scopes_for
from regexplore.remote.auth.token import CLIENT_ID, TokenRequest, basic, fetch_token
from regexplore.remote.auth.token_cache import Key, Token, TokenCache
from regexplore.remote.credentials.credential import EMPTY, Credential
from regexplore.remote.options import Client
from regexplore.remote.origin import Origin
from regexplore.remote.transport import USER_AGENT, Transport

BASIC, BEARER = "basic", "bearer"
ROOT = "/v2/"

GetCredential = Callable[[str], Credential | None]

# GitHub's registry names this scope in the challenge of its root, whatever was asked for.
_PLACEHOLDER = "repository:user/image:pull"


class CredentialSource(Protocol):
    """The part of a credential store that the client needs."""

    def get(self, server: str, /) -> Credential | None:
        """Return the credential of a server."""


class AuthClient:
    """Sends requests with the right credentials to the right place.

    Parameters
    ----------
    client : Client, optional
        What sends; a `Transport` with retry by default.
    credentials : credential store or callable, optional
        Gives the credential for ``host[:port]``; without it every request is anonymous.
    force_attempt_oauth2 : bool
        Get tokens by POST with user name and password too.
    user_agent : str
    headers : mapping, optional
        Sent with every request to a registry; never to token servers or redirect targets.
    cache : TokenCache or None, optional
        None for no cache; a cache of its own when left out.
    client_id : str
        Named to token servers.
    trusted_realm_hosts : collection of str
        Hosts of token servers that may see the credentials whatever registry names them.

    Examples
    --------
    >>> AuthClient(credentials=lambda host: Credential("ada", "secret"))
    <AuthClient with credentials>
    """

    def __init__(
        self,
        client: Client | None = None,
        *,
        credentials: CredentialSource | GetCredential | None = None,
        force_attempt_oauth2: bool = False,
        user_agent: str = "",
        headers: Mapping[str, str] | None = None,
        cache: TokenCache | bool | None = True,
        client_id: str = CLIENT_ID,
        trusted_realm_hosts: Collection[str] = (),
    ) -> None:
        self.client: Client = client if client is not None else Transport()
        self.credentials = credentials
        self.force_attempt_oauth2 = force_attempt_oauth2
        self.user_agent = user_agent or USER_AGENT
        self.client_id = client_id
        self.trusted_realm_hosts = frozenset(host.lower() for host in trusted_realm_hosts)
        self.cache = TokenCache() if cache is True else cache or None
        self._headers = {name: redact.Secret(value) for name, value in (headers or {}).items()}
        self._root_challenges: dict[str, Challenge | None] = {}

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request, and once more with credentials where the registry asks for them.

        Raises
        ------
        CredentialNotFoundError
            The registry asks for a user name and password, and none are known.
        RealmRefusedError
            It names a token server that must not be asked.
        TokenError, ResponseError
            The token server gave no token.
        AuthError
            The request's body cannot be sent a second time.
        TransportError
        """
        request.headers.setdefault("User-Agent", self.user_agent)
        for name, value in self._headers.items():
            request.headers.setdefault(name, value)
        if "Authorization" in request.headers:
            return self.client.send(request, **kwargs)
        host = Origin.of(request.url or "").name
        hints = scopes_for(host)
        tried = self._attach_known(request, host, hints)
        response = self.client.send(request, **kwargs)
        try:
            challenge = self._challenge(request, response, **kwargs)
            if challenge is None:
                return response
            again = self._answer(request, challenge, host, hints, tried)
        except BaseException:
            response.close()
            raise
        if again is None:
            return response
        response.close()
        _rewind(request)
        request.headers["Authorization"] = _authorization(challenge.scheme, again)
        return self.client.send(request, **kwargs)

    def credential(self, host: str) -> Credential:
        """Return the credential of a host; the empty one when there is none."""
        if self.credentials is None:
            return EMPTY
        get = self.credentials if callable(self.credentials) else self.credentials.get
        return get(host) or EMPTY

    # ---- before the request ----------------------------------------------------------------------

    def _attach_known(
        self, request: requests.PreparedRequest, host: str, hints: tuple[str, ...]
    ) -> Token | None:
        """Attach what is known to be wanted, and return it; None when nothing was attached."""
        if self.cache is None:
            return None
        scheme = self.cache.scheme(host)
        token = self.cache.get(Key(host, scheme, hints if scheme == BEARER else ()))
        if token is not None:
            request.headers["Authorization"] = _authorization(scheme, token)
        return token

    # ---- after a 401 -----------------------------------------------------------------------------

    def _challenge(
        self, request: requests.PreparedRequest, response: requests.Response, **kwargs: Any
    ) -> Challenge | None:
        """Return the challenge to answer; a registry that sends none is asked at its root, once."""
        if response.status_code != 401:
            return None
        origin = Origin.of(request.url or "")
        if Origin.of(response.url or "") != origin:
            return None
        lines = _challenge_lines(response)
        if lines:
            return best_challenge(parse_challenges(lines))
        host = origin.name
        if host not in self._root_challenges and urlsplit(request.url or "").path != ROOT:
            self._root_challenges[host] = self._ask_root(request, **kwargs)
        return self._root_challenges.get(host)

    def _ask_root(self, request: requests.PreparedRequest, **kwargs: Any) -> Challenge | None:
        """Return the challenge of ``/v2/``: Google's registry has one there and nowhere else."""
        url = urlsplit(request.url or "")._replace(path=ROOT, query="", fragment="").geturl()
        headers = {"User-Agent": self.user_agent, "Accept-Encoding": "identity"}
        asked = requests.Request("GET", url, headers=headers).prepare()
        with self.client.send(asked, **kwargs) as response:
            if response.status_code != 401 or Origin.of(response.url or "") != Origin.of(url):
                return None
            return best_challenge(parse_challenges(_challenge_lines(response)))

    def _answer(
        self,
        request: requests.PreparedRequest,
        challenge: Challenge,
        host: str,
        hints: tuple[str, ...],
        tried: Token | None,
    ) -> Token | None:
        """Return the token to try next; None when there is nothing else to try."""
        if challenge.scheme == BASIC:
            return self._basic(host, tried)
        scopes = _wanted_scopes(hints, challenge)
        registry = Origin.of(request.url or "")
        key = Key(host, BEARER, scopes)
        # The hints alone may have asked for less than the challenge: a token for both may be there already.
        token = self._fetch(key, lambda: self._bearer(challenge, host, scopes, registry), tried)
        if self.cache is not None and scopes != hints and hints:
            self.cache.remember(Key(host, BEARER, hints), token)
        return token

    def _basic(self, host: str, tried: Token | None) -> Token | None:
        credential = self.credential(host)
        if not (credential.username and credential.password):
            raise CredentialNotFoundError(
                f"{host} asks for a user name and password, and none are known for it"
            )
        value = redact.Secret(basic(credential.username, credential.password).removeprefix("Basic "))
        token = Token.living(value, float("inf"))
        if tried is not None and token.value == tried.value:
            return None
        return self._fetch(Key(host, BASIC), lambda: token, tried)

    def _bearer(self, challenge: Challenge, host: str, scopes: tuple[str, ...], registry: Origin) -> Token:
        trusted = self.trusted_realm_hosts
        realm = check_realm(challenge["realm"], registry, trusted_hosts=trusted)
        credential = self.credential(host)
        withheld = (
            bool(credential)
            and not credential.access_token
            and not may_see_credentials(realm, registry, trusted_hosts=trusted)
        )
        request = TokenRequest(
            challenge["realm"], challenge["service"], scopes, {"User-Agent": self.user_agent}, self.client_id
        )
        if not withheld:
            return fetch_token(self.client, request, credential, oauth2=self.force_attempt_oauth2)
        # Known credentials, but not for that host: asking without them is safe, and often enough to read.
        try:
            return fetch_token(self.client, request, EMPTY)
        except (UnauthorizedError, DeniedError) as error:
            raise RealmRefusedError(
                f"{host} names the token server {realm.host}, which is not known to belong to it: the credentials "
                f"were not sent there, and without them it answers {error.status}"
            ) from None

    def _fetch(self, key: Key, get_token: Callable[[], Token], refused: Token | None) -> Token:
        return get_token() if self.cache is None else self.cache.fetch(key, get_token, refused=refused)

    def __getstate__(self) -> dict[str, Any]:
        # Headers may hold a secret; the cache pickles empty; credentials are for the store to pickle or refuse.
        return {**self.__dict__, "_headers": {}}

    def __repr__(self) -> str:
        return f"<AuthClient {'with' if self.credentials is not None else 'without'} credentials>"


def _challenge_lines(response: requests.Response) -> list[str]:
    lines = getattr(response.raw, "headers", None)
    if lines is not None and hasattr(lines, "getlist"):
        return list(lines.getlist("WWW-Authenticate"))
    joined = response.headers.get("WWW-Authenticate")
    return [] if joined is None else [joined]


def _authorization(scheme: str, token: Token) -> str:
    return redact.Secret(f"{'Bearer' if scheme == BEARER else 'Basic'} {token.value}")


def _wanted_scopes(hints: tuple[str, ...], challenge: Challenge) -> tuple[str, ...]:
    asked = [scope for scope in challenge["scope"].split() if scope != _PLACEHOLDER or not hints]
    return clean_scopes((*hints, *asked))


def _rewind(request: requests.PreparedRequest) -> None:
    if request.body is None or isinstance(request.body, bytes | str):
        return
    try:
        rewind_body(request)
    except requests.exceptions.UnrewindableBodyError:
        raise AuthError(
            f'{request.method} "{redact.url(request.url or "")}": the registry asks for credentials, '
            "but the content cannot be sent a second time",
            hint="Push from a file or from bytes, or send any small request to the registry first.",
        ) from None
