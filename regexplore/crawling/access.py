"""How a worker reaches the registry: what may travel, and how it is opened where it arrives.

No secret travels. Credentials go as the name of the place where the worker reads them itself, and a client with
anything in it that could be a secret stays where it is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from regexplore.errors import CrawlError
from regexplore.objects.meter import MeteredClient, metered
from regexplore.objects.registry import Registry
from regexplore.objects.repository import Repository
from regexplore.oci import Reference
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.auth.default import default_client
from regexplore.remote.credentials.docker_config import DockerConfigStore
from regexplore.remote.credentials.helper import HelperStore
from regexplore.remote.credentials.search import DefaultStore
from regexplore.remote.options import Client, RepositoryOptions
from regexplore.remote.transport import Transport

DEFAULT, NONE, FILE, HELPER = "default", "none", "file:", "helper:"
_HINT = (
    'Name a place that the workers can read: credentials="default" (files of docker and podman), "none", '
    '"file:/path/to/config.json" or "helper:pass".'
)


@dataclass(frozen=True)
class Access:
    """A registry as it is opened on the other side; it pickles, and holds no secret.

    Attributes
    ----------
    registry : str
        ``host[:port]``.
    options : RepositoryOptions
        Without client and handler.
    credentials : str
        ``default`` for the files of docker and podman on the worker, ``none``, ``file:`` and the path of a
        ``config.json``, or ``helper:`` and the suffix of a credential helper.
    ca_file : str or None
        Path on the worker of the certificates to trust.
    """

    registry: str
    options: RepositoryOptions
    credentials: str = DEFAULT
    ca_file: str | None = None

    @classmethod
    def of(cls, registry: Registry, credentials: str | None = None) -> Access:
        """Give what can travel of a registry.

        Raises
        ------
        CrawlError
            Its client or its credentials cannot.
        """
        client = base_client(registry.options)
        if client is not None and not (isinstance(client, AuthClient) and _plain(client.client)):
            raise CrawlError("a client of one's own stays in this process", hint="Crawl on threads instead.")
        ca_file = client.client.ca_file if client and isinstance(client.client, Transport) else None
        if credentials is None:
            credentials = DEFAULT if client is None else _place_of(client.credentials)
        store_at(credentials)
        bare = replace(registry.options, client=None, handle_warning=None)
        return cls(str(registry.reference), bare, credentials, ca_file and str(Path(ca_file).resolve()))

    def open(self, repository: str) -> Repository:
        """Give a repository that counts its own requests."""
        client = _client(os.getpid(), self.credentials, self.ca_file)
        reference = Reference(self.registry).with_repository(repository)
        return Repository(reference, options=replace(self.options, client=client))


@dataclass(frozen=True)
class LocalAccess:
    """A registry object of this process, with whatever client it has."""

    registry: Registry

    def open(self, repository: str) -> Repository:
        """Give a repository that counts its own requests."""
        reference = self.registry.reference.with_repository(repository)
        options = replace(self.registry.options, client=base_client(self.registry.options))
        return Repository(reference, options=metered(options))

    def __reduce__(self) -> NoReturn:
        raise CrawlError("a registry object stays in its process", hint=_HINT)


def base_client(options: RepositoryOptions) -> Client | None:
    """Give the client below the one that counts; None for the default one."""
    client = options.client
    if not isinstance(client, MeteredClient):
        return client
    return None if client.client is default_client() else client.client


def store_at(place: str) -> DefaultStore | DockerConfigStore | HelperStore | None:
    """Open the credential store that a text names.

    Raises
    ------
    CrawlError
        It names none.
    """
    if place == DEFAULT:
        return DefaultStore()
    if place == NONE:
        return None
    if place.startswith(FILE):
        return DockerConfigStore(place.removeprefix(FILE))
    if place.startswith(HELPER):
        return HelperStore(place.removeprefix(HELPER))
    raise CrawlError("credentials do not travel, and this is no place where they are kept", hint=_HINT)


def _place_of(store: object) -> str:
    if store is None:
        return NONE
    if isinstance(store, DefaultStore):
        return DEFAULT
    if isinstance(store, DockerConfigStore):
        return f"{FILE}{store.path.resolve()}"
    if isinstance(store, HelperStore):
        return f"{HELPER}{store.program.removeprefix('docker-credential-')}"
    raise CrawlError(f"credentials in {type(store).__name__} do not travel", hint=_HINT)


def _plain(client: Client) -> bool:
    """Tell whether a client is a transport with nothing that could be a secret: certificate, proxies."""
    return isinstance(client, Transport) and not client.has_secrets


@lru_cache
def _client(_process: int, credentials: str, ca_file: str | None) -> AuthClient:
    """Give the client of this process: a fork must not share connections with its parent."""
    return AuthClient(Transport(ca_file=ca_file), credentials=store_at(credentials))
