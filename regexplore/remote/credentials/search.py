"""The default store: the files of podman and docker, in the order in which they are searched.

Read: ``$REGISTRY_AUTH_FILE``; ``$XDG_RUNTIME_DIR/containers/auth.json``; ``~/.config/containers/auth.json``; docker's
``config.json``. Written: docker's ``config.json``, which all tools read.

Source: containers-auth.json(5); docker login; Go ``credentials.NewStoreFromDocker``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.docker_config import DockerConfigStore, docker_config_path


def auth_files() -> Iterator[Path]:
    """Yield the files that may hold credentials, first come first."""
    named = os.environ.get("REGISTRY_AUTH_FILE")
    if named:
        yield Path(named)
        return
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        yield Path(runtime) / "containers" / "auth.json"
    config = os.environ.get("XDG_CONFIG_HOME")
    yield (Path(config) if config else Path.home() / ".config") / "containers" / "auth.json"
    yield docker_config_path()


class DefaultStore:
    """Finds credentials where docker and podman keep theirs; files are read when first asked.

    Parameters
    ----------
    allow_plaintext_put : bool
        Whether `put` may write secrets into docker's file itself.

    Examples
    --------
    >>> store = DefaultStore()      # reads no file yet
    """

    def __init__(self, *, allow_plaintext_put: bool = False) -> None:
        self.allow_plaintext_put = allow_plaintext_put
        self._lock = Lock()
        self._stores: list[DockerConfigStore] | None = None

    def get(self, server: str, /) -> Credential | None:
        """Return the first credential found; None when there is none.

        Raises
        ------
        CredentialError
            A file or helper that comes before could not be read.
        """
        return next((found for store in self._opened() if (found := store.get(server))), None)

    def put(self, server: str, credential: Credential, /) -> None:
        """Keep a credential in docker's configuration, or in ``$REGISTRY_AUTH_FILE``.

        Raises
        ------
        PlaintextPutDisabledError, CredentialError
        """
        self._opened()[-1].put(server, credential)

    def delete(self, server: str, /) -> None:
        """Forget a credential wherever it is.

        Raises
        ------
        CredentialError
        """
        for store in self._opened():
            store.delete(server)

    def _opened(self) -> list[DockerConfigStore]:
        with self._lock:
            if self._stores is None:
                paths = list(auth_files())
                self._stores = [
                    DockerConfigStore(
                        path, allow_plaintext_put=self.allow_plaintext_put, detect_default=path == paths[-1]
                    )
                    for path in paths
                ]
            return self._stores

    def __repr__(self) -> str:
        return "<DefaultStore: files of podman and docker>"

    def __reduce__(self) -> tuple[type[DefaultStore], tuple[()]]:
        return DefaultStore, ()
