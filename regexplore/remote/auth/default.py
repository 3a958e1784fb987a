"""The client that is used where none is handed in: shared, or with a credential and certificates of its own.

Source: Go ``auth.DefaultClient``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from os import PathLike, fspath

from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.search import DefaultStore
from regexplore.remote.credentials.store import static_credential
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.transport import Transport


def default_client(ca_file: str | PathLike[str] | None = None) -> AuthClient:
    """Return the process's client: credentials of docker and podman, a token cache, retry.

    Parameters
    ----------
    ca_file : path, optional
        Certificates to trust instead of the system's; there is one client for each such file.

    Examples
    --------
    >>> default_client() is default_client()
    True
    """
    return _shared(None if ca_file is None else fspath(ca_file))


def with_access(
    options: RepositoryOptions,
    host: str,
    credential: Credential | None = None,
    ca_file: str | PathLike[str] | None = None,
) -> RepositoryOptions:
    """Return options whose client has a credential for one host, or trusts other certificates.

    Raises
    ------
    ValueError
        The options have a client already, which knows its own credentials and certificates.
    """
    if credential is None and ca_file is None:
        return options
    if options.client is not None:
        raise ValueError("credential and ca_file are for the client made here; one was handed in already")
    if credential is None:
        return replace(options, client=default_client(ca_file))
    known = static_credential(host, credential)
    return replace(options, client=AuthClient(Transport(ca_file=ca_file), credentials=known))


@cache
def _shared(ca_file: str | None) -> AuthClient:
    return AuthClient(Transport(ca_file=ca_file), credentials=DefaultStore())
