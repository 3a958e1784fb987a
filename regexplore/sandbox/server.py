"""The embedded registry as one object: start it, use it, look at what it saw, stop it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from regexplore.sandbox import profiles
from regexplore.sandbox.app.blob_origin import BlobOrigin
from regexplore.sandbox.app.call import Application
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.guard import BasicGuard, Guard, TokenGuard
from regexplore.sandbox.app.registry import RegistryApp
from regexplore.sandbox.faults import FaultPlan
from regexplore.sandbox.layout_store import LayoutStore
from regexplore.sandbox.listener import Listener
from regexplore.sandbox.load import Loaded, load_layout
from regexplore.sandbox.log import RequestLog
from regexplore.sandbox.profile import Profile
from regexplore.sandbox.stores import MemoryStore, RegistryStore
from regexplore.sandbox.tls import Certificates, make_certificates
from regexplore.sandbox.token import TokenIssuer, TokenServer

DEFAULT_USERS = {"demo": "demo"}


class SandboxServer:
    """An OCI registry on loopback, served from a thread of this process.

    Parameters
    ----------
    profile : str or Profile
        What kind of registry to play; the names are in `regexplore.sandbox.profiles.PROFILES`.
    storage : path, store, optional
        A directory for OCI image layouts, or a store; memory without one.
    auth : {"basic", "token"}, optional
        What credentials are asked for; none by default.
    users : mapping, optional
        Passwords by user; "demo" with the password "demo" by default.
    anonymous_pull : bool
        With `auth`: whether reading needs no credentials.
    tls : bool
        Serve HTTPS under a throw-away authority, whose certificate is at `ca_path`.
    port : int
        The registry's port; 0 for a free one.
    faults : FaultPlan, optional
        What goes wrong; rules can be added while it runs.

    Raises
    ------
    ValueError
        There is no such profile or kind of auth.
    OSError
        The port is taken, or the storage is open in another process.

    Examples
    --------
    >>> with SandboxServer() as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        profile: str | Profile = "oci",
        storage: str | Path | RegistryStore | None = None,
        *,
        auth: Literal["basic", "token"] | None = None,
        users: Mapping[str, str] | None = None,
        anonymous_pull: bool = False,
        tls: bool = False,
        port: int = 0,
        faults: FaultPlan | None = None,
    ) -> None:
        if auth not in (None, "basic", "token"):
            raise ValueError(f"auth is None, 'basic' or 'token', not {auth!r}")
        self.profile = profiles.find(profile)
        self.auth = auth
        self.log = RequestLog()
        self.faults = faults if faults is not None else FaultPlan()
        self.issuer = TokenIssuer()
        self._users = dict(DEFAULT_USERS if users is None else users)
        self._anonymous_pull = anonymous_pull
        self._files = tempfile.TemporaryDirectory(prefix="regexplore-sandbox-") if tls else None
        self._certificates = self._make_certificates()
        self._owned_store: LayoutStore | None = None
        self._listener = Listener(port, self._certificates)
        try:
            self.store = self._make_store(storage)
        except BaseException:
            self._listener.stop()
            raise
        self._context = Context(self.store, self.profile)
        self._others: list[Listener] = []
        self._running = False

    @classmethod
    def demo(cls, *arguments: Any, **options: Any) -> Self:
        """Return a server, not started yet, that holds the demonstration: a whole supply chain.

        Takes the arguments of the class.
        """
        from regexplore.sandbox import demo

        server = cls(*arguments, **options)
        demo.load(server.store)
        return server

    def load(self, layout: str | Path, repository: str) -> Loaded:
        """Serve an OCI image layout from disk as a repository (`regexplore.sandbox.load.load_layout`)."""
        return load_layout(self.store, layout, repository)

    @property
    def host(self) -> str:
        """The registry's address, as it stands in references: ``127.0.0.1:PORT``."""
        return self._listener.host

    @property
    def url(self) -> str:
        """The registry's address with its scheme."""
        return self._listener.url

    @property
    def ca_path(self) -> Path | None:
        """The authority that clients must trust; None without TLS."""
        return self._certificates.ca_path if self._certificates is not None else None

    def start(self) -> Self:
        """Serve until `stop`; return when the registry answers."""
        if not self._running:
            self._start_blob_origin()
            guard = self._start_guard()
            application = RegistryApp(self._context, guard)
            self._listener.start(self.log.wrap(self.faults.wrap(application), "registry"))
            self._running = True
        return self

    def stop(self) -> None:
        """Stop serving and let go of ports and files. Stopping twice does no harm."""
        for listener in (self._listener, *self._others):
            listener.stop()
        self._context.sessions.discard_all()
        if self._owned_store is not None:
            self._owned_store.close()
        if self._files is not None:
            self._files.cleanup()
        self._running = False

    def _start_blob_origin(self) -> None:
        if self.profile.blob_redirect is None and self.profile.referrers.api != "redirect":
            return
        listener = self._start_other(BlobOrigin(self._context), "blobs")
        self._context.blob_origin = listener.url

    def _start_guard(self) -> Guard | None:
        if self.auth == "basic":
            return BasicGuard(self._users, anonymous_pull=self._anonymous_pull)
        if self.auth == "token":
            style = self.profile.tokens
            server = TokenServer(self.issuer, style, self._users, anonymous_pull=self._anonymous_pull)
            realm = self._start_other(server, "tokens").url + style.path
            return TokenGuard(self.issuer, style, realm, self.host)
        return None

    def _start_other(self, application: Application, origin: str) -> Listener:
        listener = Listener(0, self._certificates)
        self._others.append(listener)
        listener.start(self.log.wrap(application, origin))
        return listener

    def _make_certificates(self) -> Certificates | None:
        return make_certificates(Path(self._files.name)) if self._files is not None else None

    def _make_store(self, storage: str | Path | RegistryStore | None) -> RegistryStore:
        if storage is None:
            return MemoryStore()
        if isinstance(storage, str | Path):
            self._owned_store = LayoutStore(storage)
            return self._owned_store
        return storage

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self._running else "stopped"
        return f"<{type(self).__name__} {self.profile.name} at {self.url}, {state}, {len(self.log)} requests>"
