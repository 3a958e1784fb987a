"""Tokens that are known, and one flight for each that is not.

Keyed by the registry's host, the scheme and the scopes; a cache belongs to one client, and so to one identity.

Source: Go ``auth.Cache``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple, NoReturn

from regexplore.errors import CredentialError, DeadlineExceededError
from regexplore.remote import clock

# How long before its end a token is no longer used, and how long one lives that does not say.
MARGIN = 5.0
DEFAULT_LIFE = 60.0
MAX_TOKENS = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A token, and when it ends on the monotonic clock."""

    value: str
    ends: float

    @classmethod
    def living(cls, value: str, seconds: float = DEFAULT_LIFE) -> Token:
        """Return a token that lives so many seconds from now, at least a minute."""
        return cls(value, time.monotonic() + max(seconds, DEFAULT_LIFE))

    @property
    def usable(self) -> bool:
        """Whether it will still be good when the request arrives."""
        return time.monotonic() < self.ends - MARGIN

    def __repr__(self) -> str:
        return "<Token ***>"

    def __reduce__(self) -> NoReturn:
        raise CredentialError("tokens are not pickled")


class Key(NamedTuple):
    """What a token is for."""

    host: str
    scheme: str
    scopes: tuple[str, ...] = ()


@dataclass(slots=True, repr=False)
class TokenCache:
    """Tokens of one client; safe under threads.

    Parameters
    ----------
    single_context : bool
        For registries that ignore scopes: without a token for the very scopes, the host's last one is used
        (Go ``NewSingleContextCache``). For one repository only.

    Examples
    --------
    >>> TokenCache().scheme("r.example")
    ''
    """

    single_context: bool = False
    _schemes: dict[str, str] = field(default_factory=dict)
    _tokens: dict[Key, Token] = field(default_factory=dict)
    _last: dict[str, Token] = field(default_factory=dict)
    _flights: dict[Key, Future[Token]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def scheme(self, host: str) -> str:
        """Return the scheme that a host asked for last; "" when it is not known."""
        with self._lock:
            return self._schemes.get(host, "")

    def get(self, key: Key) -> Token | None:
        """Return a usable token; None when there is none."""
        with self._lock:
            token = self._tokens.get(key)
            if token is None and self.single_context:
                token = self._last.get(key.host)
        return token if token is not None and token.usable else None

    def fetch(self, key: Key, get_token: Callable[[], Token], *, refused: Token | None = None) -> Token:
        """Return the token for a key, fetched by one of the callers that want it at the same time.

        Where that one is interrupted or runs out of its own time, the next one fetches.

        Parameters
        ----------
        key : Key
        get_token : callable
        refused : Token, optional
            A token that the registry did not take; it is not returned again.

        Raises
        ------
        Exception
            What ``get_token`` raised; every caller of the flight gets it, and nothing is kept.
        """
        while True:
            with self._lock:
                known = self._tokens.get(key)
                if known is not None and known.usable and (refused is None or known.value != refused.value):
                    return known
                flight = self._flights.get(key)
                if flight is None:
                    own = self._flights[key] = Future()
                    break
            shared = _shared(flight)
            if shared is not None:
                return shared
        try:
            token = get_token()
            self._keep(key, token)
        except BaseException as error:
            self._land(key)
            own.set_exception(error)
            raise
        self._land(key)
        own.set_result(token)
        return token

    def remember(self, key: Key, token: Token) -> None:
        """Keep a token for another key too: the hints that led to it find it at once next time."""
        self._keep(key, token)

    def _land(self, key: Key) -> None:
        # Before the flight's end is told: who fetches next must not find this one.
        with self._lock:
            del self._flights[key]

    def _keep(self, key: Key, token: Token) -> None:
        with self._lock:
            if self._schemes.get(key.host, key.scheme) != key.scheme:
                self._tokens = {other: kept for other, kept in self._tokens.items() if other.host != key.host}
            while len(self._tokens) >= MAX_TOKENS:
                del self._tokens[next(iter(self._tokens))]
            self._schemes[key.host] = key.scheme
            self._tokens[key] = self._last[key.host] = token

    def __repr__(self) -> str:
        return f"<TokenCache of {len(self._tokens)} tokens>"

    def __reduce__(self) -> tuple[type[TokenCache], tuple[bool]]:
        return TokenCache, (self.single_context,)


def _shared(flight: Future[Token]) -> Token | None:
    """Return the token of another caller's flight; None when that caller had to give up."""
    deadline = clock.current()
    wait([flight], timeout=None if deadline is None else deadline.remaining)
    if not flight.done():
        raise DeadlineExceededError("a token: not there in time")
    error = flight.exception()
    if error is None:
        return flight.result()
    if isinstance(error, Exception) and not isinstance(error, DeadlineExceededError):
        raise error
    return None
