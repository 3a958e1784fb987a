"""Credential helpers: programs that keep secrets in a keychain.

``docker-credential-NAME`` is run with one word (get, store, erase, list); what it needs goes in by standard input,
what it knows comes out by standard output, and nothing of that is shown.

Source: docker's credential helper protocol; Go ``credentials.NewNativeStore``, ``credentials/trace``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from regexplore.errors import CredentialError, HelperError
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.helper_run import NOT_FOUND, run_helper
from regexplore.remote.credentials.server import server_key

TIMEOUT = 30.0
TOKEN_USERNAME = "<token>"  # noqa: S105

_SUFFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
_BAD_SERVER = re.compile(r"[\x00-\x20\x7f]")

Started = Callable[[str, str], None]
Done = Callable[[str, str, HelperError | None], None]
_watchers: ContextVar[tuple[tuple[Done, Started | None], ...]] = ContextVar(
    "regexplore_helper_watchers", default=()
)


class Runner(Protocol):
    """Runs a helper; another one can be handed in for tests and for other ways to reach a keychain."""

    def __call__(self, program: str, action: str, standard_input: bytes, timeout: float) -> bytes:
        """Return what the program printed.

        Raises
        ------
        HelperError
        """


@contextmanager
def watched(done: Done, *, started: Started | None = None) -> Iterator[None]:
    """Tell of every helper that is run inside the block, never with a secret (Go ``WithExecutableTrace``).

    Parameters
    ----------
    done : callable
        Called after each run with program, action, and its error if any; the innermost block's first.
    started : callable, optional
        Called before each run with program and action.
    """
    token = _watchers.set(((done, started), *_watchers.get()))
    try:
        yield
    finally:
        _watchers.reset(token)


class HelperStore:
    """Credentials kept by ``docker-credential-<suffix>`` (Go ``NewNativeStore``).

    Parameters
    ----------
    suffix : str
        Such as ``pass``, ``secretservice``, ``osxkeychain``, ``wincred``.
    timeout : float
        Seconds.

    Raises
    ------
    HelperError
        The suffix is not the name of a helper.

    Examples
    --------
    >>> store = HelperStore("secretservice")    # runs docker-credential-secretservice when it is asked
    """

    def __init__(self, suffix: str, *, timeout: float = TIMEOUT, run: Runner | None = None) -> None:
        if not _SUFFIX.fullmatch(suffix) or ".." in suffix:
            raise HelperError(f"not the name of a credential helper: {suffix[:100]!a}")
        self.program = f"docker-credential-{suffix}"
        self._timeout = timeout
        self._run = run or run_helper

    def get(self, server: str, /) -> Credential | None:
        """Return the credential of a server; None when the helper knows none.

        Raises
        ------
        HelperError
        """
        try:
            answer = self._call("get", _server(server).encode())
        except HelperError as error:
            if error.message.endswith(NOT_FOUND):
                return None
            raise
        fields = self._json(answer)
        username, secret = fields.get("Username") or "", fields.get("Secret") or ""
        if not isinstance(username, str) or not isinstance(secret, str):
            raise HelperError(f"{self.program}: the answer holds something else than text")
        if username == TOKEN_USERNAME:
            return Credential(refresh_token=secret)
        return Credential(username, secret) or None

    def put(self, server: str, credential: Credential, /) -> None:
        """Hand a credential to the helper.

        Raises
        ------
        HelperError
            The helper failed, or the credential is an access token, which helpers cannot keep.
        """
        if credential.access_token:
            raise HelperError(f"{self.program}: helpers keep no access tokens")
        username, secret = credential.username, credential.password
        if credential.refresh_token:
            username, secret = TOKEN_USERNAME, credential.refresh_token
        entry = {"ServerURL": _server(server), "Username": username, "Secret": secret}
        self._call("store", json.dumps(entry).encode())

    def delete(self, server: str, /) -> None:
        """Make the helper forget a credential; what it does not know is not missed.

        Raises
        ------
        HelperError
        """
        try:
            self._call("erase", _server(server).encode())
        except HelperError as error:
            if not error.message.endswith(NOT_FOUND):
                raise

    def servers(self) -> dict[str, str]:
        """Return the servers that the helper knows, each with its user name.

        Raises
        ------
        HelperError
        """
        fields = self._json(self._call("list", b""))
        return {str(server): str(username) for server, username in fields.items()}

    def _call(self, action: str, standard_input: bytes) -> bytes:
        error: HelperError | None = None
        watchers = _watchers.get()
        for _, started in watchers:
            if started is not None:
                started(self.program, action)
        try:
            return self._run(self.program, action, standard_input, self._timeout)
        except HelperError as raised:
            error = raised
            raise
        finally:
            for done, _ in watchers:
                done(self.program, action, error)

    def _json(self, answer: bytes) -> dict[str, Any]:
        try:
            fields = json.loads(answer)
        except (ValueError, RecursionError):
            raise HelperError(f"{self.program}: the answer is not JSON") from None
        if not isinstance(fields, dict):
            raise HelperError(f"{self.program}: the answer is no object")
        return fields

    def __repr__(self) -> str:
        return f"<HelperStore {self.program}>"


def _server(server: str) -> str:
    if _BAD_SERVER.search(server) or len(server) > 2000:
        raise CredentialError("the name of a server has no blanks or control characters")
    return server_key(server)
