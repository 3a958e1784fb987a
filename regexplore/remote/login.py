"""Login and logout.

Source: Go ``credentials.Login``, ``credentials.Logout``.
"""

from __future__ import annotations

from dataclasses import replace

import requests

from regexplore.errors import AuthError, CredentialError, UnauthorizedError
from regexplore.oci import Reference
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.store import CredentialStore, static_credential
from regexplore.remote.exchange import Exchange
from regexplore.remote.options import Client, RepositoryOptions
from regexplore.remote.transport import Transport


class _Watch:
    """A client that notes whether a request carried the credential; a token for anybody is none."""

    def __init__(self, client: Client, credential: Credential) -> None:
        self._client = client
        self._registry_token = credential.access_token
        self.used = False

    def send(self, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        """Send a request through the client behind."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        # The one thing that is posted is the form of a token request.
        shown = (
            scheme == "Basic" or request.method == "POST" or (value != "" and value == self._registry_token)
        )
        self.used = self.used or shown
        return self._client.send(request, **kwargs)


def login(
    store: CredentialStore,
    registry: str,
    credential: Credential,
    *,
    client: Client | None = None,
    options: RepositoryOptions | None = None,
) -> bool:
    """Check a credential with its registry and keep it.

    Parameters
    ----------
    store : CredentialStore
    registry : str
        ``host[:port]``.
    credential : Credential
    client : Client, optional
        What sends; a `Transport` by default. It must not authenticate on its own.
    options : RepositoryOptions, optional
        For ``plain_http``.

    Returns
    -------
    bool
        True when the registry took the credential; False when it answered without asking for one, so that
        nothing was verified. It is kept in both cases.

    Raises
    ------
    CredentialError
        The registry refused it, or it could not be kept; nothing was saved.
    TransportError, ResponseError
    """
    reference = Reference(registry)
    if isinstance(client, AuthClient):
        raise CredentialError("login needs a client that does not authenticate on its own")
    watch = _Watch(client if client is not None else Transport(), credential)
    # No cache: a token that is known already would pass whatever the password.
    checking = AuthClient(watch, credentials=static_credential(reference.host, credential), cache=None)
    exchange = Exchange(reference, replace(options or RepositoryOptions(), client=checking))
    try:
        exchange.request("GET", exchange.urls.base, what=f"the distribution API at {registry}").close()
    except (UnauthorizedError, AuthError) as error:
        raise CredentialError(f"{registry} did not take the credentials: {error}") from None
    store.put(registry, credential)
    return watch.used


def logout(store: CredentialStore, registry: str) -> None:
    """Forget the credentials of a registry; what is not there is not missed.

    Raises
    ------
    CredentialError
    """
    store.delete(registry)
