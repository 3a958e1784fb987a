"""Clients for tests: no credentials of this machine, and no waiting unless a test is about waiting."""

from __future__ import annotations

from typing import Any

from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.store import static_credential
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.registry import RemoteRegistry
from regexplore.remote.repository import RemoteRepository
from regexplore.remote.transport import Transport


def options_for(
    host: str, credential: Credential | None = None, *, retries: int = 0, **options: Any
) -> RepositoryOptions:
    """Return options with a client of their own."""
    known = None if credential is None else static_credential(host, credential)
    client = AuthClient(Transport(retries=retries), credentials=known)
    return RepositoryOptions(client=client, **options)


def repository(
    host: str, name: str = "some/app", credential: Credential | None = None, **options: Any
) -> RemoteRepository:
    """Return a repository with a client of its own."""
    return RemoteRepository(f"{host}/{name}", options=options_for(host, credential, **options))


def registry(host: str, credential: Credential | None = None, **options: Any) -> RemoteRegistry:
    """Return a registry with a client of its own."""
    return RemoteRegistry(host, options=options_for(host, credential, **options))
