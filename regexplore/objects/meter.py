"""What went over the wire so far: a count, the kind of authentication, the registry's warnings; and what did not.

A card tells this without asking anybody. Requests are counted as they leave, retries, redirects and token
requests included.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests

from regexplore.content.cache import ContentCache
from regexplore.errors import BudgetExceededError, RateLimitedError
from regexplore.objects.caching import CacheOptions, settle_cache
from regexplore.remote.options import Client, RepositoryOptions
from regexplore.remote.trace import Recorder, recording
from regexplore.remote.warning import HandleWarning, RegistryWarning, emit

MAX_WARNINGS = 20
POOL_THREADS = "regexplore"


class Meter:
    """What one registry object and its repositories sent and heard so far."""

    def __init__(self) -> None:
        self.requests = 0
        self.authentication = ""
        self.user = ""
        self.warnings: dict[str, None] = {}
        self._held: list[RegistryWarning] = []
        self._caches: dict[CacheOptions, ContentCache] = {}
        self._lock = threading.Lock()

    def cache(self, wanted: CacheOptions) -> ContentCache:
        """Give the cache that everything with this meter shares."""
        with self._lock:
            if wanted not in self._caches:
                self._caches[wanted] = wanted.open()
            return self._caches[wanted]

    def add(self, requests: int, authentication: str, user: str) -> None:
        """Count requests that left, and note what kind of credentials they carried, and whose."""
        with self._lock:
            self.requests += requests
            self.authentication = authentication or self.authentication or "none"
            self.user = user or self.user

    def heard(self, warning: RegistryWarning, tell: HandleWarning) -> None:
        """Keep a warning for the card, and pass it on from the caller's thread."""
        with self._lock:
            if len(self.warnings) < MAX_WARNINGS:
                self.warnings[warning.text] = None
            if threading.current_thread().name.startswith(POOL_THREADS):
                self._held.append(warning)
                return
        tell(warning)

    def tell_held(self, tell: HandleWarning) -> None:
        """Pass on what was heard in worker threads."""
        with self._lock:
            held, self._held = self._held, []
        for warning in held:
            tell(warning)

    def __reduce__(self) -> tuple[type[Meter], tuple[()]]:
        return Meter, ()


class _Tally(Recorder):
    """Counts the wire events of one request and keeps none of them."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0
        self.authentication = ""
        self.user = ""

    def begin(self, method: str, url: str, headers: Mapping[str, str], sent: int | None) -> None:
        self.requests += 1
        said = _authorization(headers)
        self.authentication = _scheme(said) or self.authentication
        self.user = _user(said) or self.user


class MeteredClient:
    """A client that counts what it sends."""

    def __init__(self, client: Client | None, meter: Meter) -> None:
        self._client = client
        self.meter = meter

    @property
    def client(self) -> Client:
        """The client behind; the shared default unless one was given."""
        if self._client is not None:
            return self._client
        from regexplore.remote.auth.default import default_client

        return default_client()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request through the client behind."""
        tally = _Tally()
        # A client that is not ours tells no wire events: what it was given to send counts as one.
        at_least = 1
        try:
            with recording(tally):
                return self.client.send(request, **kwargs)
        except (BudgetExceededError, RateLimitedError):
            # It was not sent.
            at_least = 0
            raise
        finally:
            sent = max(tally.requests, at_least)
            said = tally.authentication or _scheme(_authorization(request.headers))
            self.meter.add(sent, said, tally.user)

    def __repr__(self) -> str:
        return f"<MeteredClient {self.meter.requests} requests>"


class WarningRelay:
    """A handler of warnings that the meter hears first."""

    def __init__(self, tell: HandleWarning | None, meter: Meter) -> None:
        self._tell = tell or emit
        self._meter = meter

    def __call__(self, warning: RegistryWarning) -> None:
        """Take a warning, in whatever thread."""
        self._meter.heard(warning, self._tell)

    def flush(self) -> None:
        """Pass on what was held back for the caller's thread."""
        self._meter.tell_held(self._tell)


def metered(options: RepositoryOptions) -> RepositoryOptions:
    """Give options whose client counts; those that count already stay as they are."""
    if isinstance(options.client, MeteredClient):
        return options
    meter = Meter()
    client = MeteredClient(options.client, meter)
    return replace(options, client=client, handle_warning=WarningRelay(options.handle_warning, meter))


def meter_of(options: RepositoryOptions) -> Meter:
    """Give the meter of options that `metered` made."""
    if not isinstance(options.client, MeteredClient):
        raise TypeError("these options are not metered")
    return options.client.meter


def cache_of(options: RepositoryOptions) -> ContentCache:
    """Give the cache of options that `metered` made.

    Raises
    ------
    CacheError
        The folder cannot be used.
    """
    return meter_of(options).cache(CacheOptions.of(options))


def settle(options: RepositoryOptions) -> None:
    """Pass on, in the caller's thread, what was heard in worker threads."""
    if isinstance(options.handle_warning, WarningRelay):
        options.handle_warning.flush()
    settle_cache(cache_of(options))


def _scheme(authorization: str) -> str:
    """Give the scheme of some credentials."""
    scheme = authorization.partition(" ")[0]
    return scheme if scheme in ("Basic", "Bearer") else ("other" if scheme else "")


def _user(authorization: str) -> str:
    """Give the user name in some credentials, and nothing else of them."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme != "Basic":
        return ""
    try:
        user, colon, _ = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return ""
    return user if colon else ""


def _authorization(headers: Mapping[str, str]) -> str:
    """Give the credentials in some headers."""
    # Headers of requests are found in any case.
    return str(headers.get("Authorization", ""))
