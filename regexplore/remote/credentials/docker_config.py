"""The store that docker uses: ``config.json``, and the helpers it names.

Source: docker's ``config.json``; Go ``credentials.NewStore``, ``NewFileStore``, ``DetectDefaultNativeStore``.
"""

from __future__ import annotations

import os
import shutil
import sys
from os import PathLike
from pathlib import Path
from threading import Lock

from regexplore.errors import PlaintextPutDisabledError
from regexplore.remote.credentials import file_entry
from regexplore.remote.credentials.config_file import ConfigFile
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.helper import HelperStore
from regexplore.remote.credentials.server import host_part, key_names, lookups, server_key


def docker_config_path() -> Path:
    """Return where docker keeps its configuration: ``$DOCKER_CONFIG``, else ``~/.docker``."""
    folder = os.environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else Path.home() / ".docker") / "config.json"


class DockerConfigStore:
    """Credentials of a configuration file of docker or podman, and of the helpers it names.

    For each server: the helper of ``credHelpers``, else that of ``credsStore``, else the file itself. Where
    nothing is configured at all, the system's helper is used if there is one, and written down after the first
    credential was kept.

    Parameters
    ----------
    path : path, optional
        ``config.json`` of docker by default.
    allow_plaintext_put : bool
        Whether secrets may be written into the file itself.
    detect_default : bool
        Whether to look for the system's helper.

    Raises
    ------
    InvalidConfigFormatError
        The file is not in the expected format.
    CredentialError
        It cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = DockerConfigStore(f"{folder}/config.json", allow_plaintext_put=True, detect_default=False)
    ...     store.put("r.example", Credential("ada", "lovelace"))
    ...     store.get("r.example").username
    'ada'
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        allow_plaintext_put: bool = False,
        detect_default: bool = True,
    ) -> None:
        self.path = docker_config_path() if path is None else Path(path)
        self.allow_plaintext_put = allow_plaintext_put
        self._lock = Lock()
        self._config = ConfigFile(self.path)
        self._detected = "" if not detect_default or self.is_auth_configured else default_helper()

    @property
    def is_auth_configured(self) -> bool:
        """Whether the file says anything about credentials (Go ``IsAuthConfigured``)."""
        return bool(
            self._config.creds_store or self._config.section("credHelpers") or self._config.section("auths")
        )

    def get(self, server: str, /) -> Credential | None:
        """Return the credential of a server; None when there is none.

        Raises
        ------
        CredentialError
            The entry cannot be read, or the helper failed.
        """
        helper = self._helper(server)
        found = helper.get(server) if helper is not None else None
        return found or self._from_file(server)

    def put(self, server: str, credential: Credential, /) -> None:
        """Keep a credential.

        Raises
        ------
        PlaintextPutDisabledError
            There is no helper, and the file must not hold secrets.
        BadCredentialFormatError, CredentialError
        """
        helper = self._helper(server)
        if helper is not None:
            helper.put(server, credential)
            self._write_down_detected()
            return
        if not self.allow_plaintext_put:
            raise PlaintextPutDisabledError(
                f"no credential helper is set up, and {self.path} would hold the secret"
            )
        entry = file_entry.encode(credential)
        with self._lock:
            auths = self._read_again().section("auths")
            if auths.get(server_key(server)) == entry:
                return
            self._config.content["auths"] = {**auths, server_key(server): entry}
            self._config.save()

    def delete(self, server: str, /) -> None:
        """Forget a credential, in helper and file; what is not there is not missed.

        Raises
        ------
        CredentialError
        """
        helper = self._helper(server)
        if helper is not None:
            helper.delete(server)
        with self._lock:
            auths = self._read_again().section("auths")
            held = [key for key in key_names(server) if key in auths]
            for key in held:
                del auths[key]
            if held:
                self._config.save()

    def _helper(self, server: str) -> HelperStore | None:
        named = self._config.section("credHelpers")
        suffix = next((named[key] for key in key_names(server) if isinstance(named.get(key), str)), "")
        suffix = suffix or self._config.creds_store or self._detected
        return HelperStore(suffix) if suffix else None

    def _from_file(self, server: str) -> Credential | None:
        auths = self._config.section("auths")
        for key in lookups(server):
            if key in auths:
                return file_entry.decode(auths[key], key) or None
        if "://" in server:
            return None
        # Old files have keys such as https://host/v1/ and host/; the first in the file wins.
        host = server.partition("/")[0]
        for key, entry in auths.items():
            if ("://" in key or key.endswith("/")) and host_part(key) == host:
                return file_entry.decode(entry, key) or None
        return None

    def _read_again(self) -> ConfigFile:
        # Others write this file too: what they added since must not be lost.
        self._config = ConfigFile(self.path)
        return self._config

    def _write_down_detected(self) -> None:
        with self._lock:
            if self._detected and not self._config.creds_store and not self._read_again().creds_store:
                self._config.content["credsStore"] = self._detected
                self._config.save()

    def __repr__(self) -> str:
        return f"<DockerConfigStore {str(self.path)!a}>"

    def __reduce__(self) -> tuple[type[DockerConfigStore], tuple[str]]:
        # The other side reads its own file under that name.
        return DockerConfigStore, (str(self.path),)


def default_helper() -> str:
    """Return the suffix of the system's helper if it is there; "" otherwise."""
    if sys.platform == "win32":
        suffix = "wincred"
    elif sys.platform == "darwin":
        suffix = "osxkeychain"
    else:
        suffix = "pass" if shutil.which("pass") else "secretservice"
    return suffix if shutil.which(f"docker-credential-{suffix}") else ""
