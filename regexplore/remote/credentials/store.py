"""Credential stores: where credentials are kept.

Source: Go ``credentials.Store``, ``NewMemoryStore``, ``NewStoreWithFallbacks``, ``auth.StaticCredential``.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import NoReturn, Protocol

from regexplore.errors import CredentialError
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.server import server_key


class CredentialStore(Protocol):
    """Gets, puts and deletes credentials by server: ``host[:port]``, or ``host[:port]/path`` for a part of it.

    Examples
    --------
    >>> store: CredentialStore = MemoryStore()
    >>> store.put("r.example", Credential("ada", "lovelace"))
    >>> store.get("r.example")
    <Credential of 'ada', password>
    """

    def get(self, server: str, /) -> Credential | None:
        """Return the credential of a server; None when there is none.

        Raises
        ------
        CredentialError
        """

    def put(self, server: str, credential: Credential, /) -> None:
        """Keep a credential.

        Raises
        ------
        CredentialError
        """

    def delete(self, server: str, /) -> None:
        """Forget a credential; what is not there is not missed.

        Raises
        ------
        CredentialError
        """


class MemoryStore:
    """Credentials of this process alone.

    Examples
    --------
    >>> store = MemoryStore({"localhost:5000": Credential("ada", "secret")})
    >>> store.get("localhost:5000")
    <Credential of 'ada', password>
    """

    def __init__(self, credentials: Mapping[str, Credential] | None = None) -> None:
        self._lock = Lock()
        self._credentials = {server_key(server): found for server, found in (credentials or {}).items()}

    def get(self, server: str, /) -> Credential | None:
        """Return the credential of a server; None when there is none."""
        with self._lock:
            return self._credentials.get(server_key(server))

    def put(self, server: str, credential: Credential, /) -> None:
        """Keep a credential."""
        with self._lock:
            self._credentials[server_key(server)] = credential

    def delete(self, server: str, /) -> None:
        """Forget a credential."""
        with self._lock:
            self._credentials.pop(server_key(server), None)

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self._credentials)} servers>"

    def __reduce__(self) -> NoReturn:
        raise CredentialError(
            "credentials are not pickled", hint="Use a store that the other side can read itself."
        )


class FallbackStore:
    """Several stores: asked in order, written to the first (Go ``NewStoreWithFallbacks``).

    Examples
    --------
    >>> store = FallbackStore(MemoryStore(), static_credential("r.example", Credential("ada", "lovelace")))
    >>> store.get("r.example").username
    'ada'
    """

    def __init__(self, primary: CredentialStore, *others: CredentialStore) -> None:
        self._stores = (primary, *others)

    def get(self, server: str, /) -> Credential | None:
        """Return the first credential that one of the stores has."""
        return next((found for store in self._stores if (found := store.get(server))), None)

    def put(self, server: str, credential: Credential, /) -> None:
        """Keep a credential in the first store."""
        self._stores[0].put(server, credential)

    def delete(self, server: str, /) -> None:
        """Forget a credential in the first store."""
        self._stores[0].delete(server)

    def __repr__(self) -> str:
        return f"<FallbackStore of {len(self._stores)} stores>"


def static_credential(server: str, credential: Credential) -> MemoryStore:
    """Return a store of one credential, for one server only (Go ``auth.StaticCredential``).

    Examples
    --------
    >>> static_credential("r.example", Credential("ada", "lovelace")).get("r.example")
    <Credential of 'ada', password>
    """
    return MemoryStore({server: credential})
