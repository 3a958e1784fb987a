"""The shared client that is used where none is handed in.

Source: Go ``auth.DefaultClient``.
"""

from __future__ import annotations

from functools import cache
from os import PathLike, fspath

from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials.search import DefaultStore
from regexplore.remote.transport import Transport


def default_client(ca_file: str | PathLike[str] | None = None) -> AuthClient:
    """Return the process's client: credentials of docker and podman, a token cache, retry.

    Parameters
    ----------
    ca_file : path, optional
        Certificates to trust instead of the system's; there is one client for each such file.
    """
    return _shared(None if ca_file is None else fspath(ca_file))


@cache
def _shared(ca_file: str | None) -> AuthClient:
    return AuthClient(Transport(ca_file=ca_file), credentials=DefaultStore())
