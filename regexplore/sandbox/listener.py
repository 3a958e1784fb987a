"""One ASGI application on one loopback port, served from a thread."""

from __future__ import annotations

import socket
import threading

import uvicorn

from regexplore.sandbox.app.call import Application
from regexplore.sandbox.tls import Certificates

LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0
STOP_SECONDS = 5.0


class Listener:
    """A port of 127.0.0.1, bound at once and served between `start` and `stop`.

    Parameters
    ----------
    port : int
        0 for a free one.
    certificates : Certificates, optional
        Serve TLS with these.

    Raises
    ------
    OSError
        The port is taken.
    """

    def __init__(self, port: int = 0, certificates: Certificates | None = None) -> None:
        self._socket = socket.create_server((LOOPBACK, port), backlog=2048)
        self._certificates = certificates
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.host = f"{LOOPBACK}:{self._socket.getsockname()[1]}"
        self.url = f"{'https' if certificates else 'http'}://{self.host}"

    def start(self, application: Application) -> None:
        """Serve an application from a thread; return when it answers."""
        server = _Server(self._config(application))
        thread = threading.Thread(
            target=server.serve_from_thread, args=(self._socket,), name=f"sandbox {self.host}", daemon=True
        )
        self._server, self._thread = server, thread
        thread.start()
        if not server.settled.wait(START_SECONDS) or not server.started:
            raise RuntimeError(f"the sandbox did not start on {self.host}")

    def stop(self) -> None:
        """Stop serving, close the port, wait for the thread."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(STOP_SECONDS)
            self._server = self._thread = None
        self._socket.close()

    def _config(self, application: Application) -> uvicorn.Config:
        certificates = self._certificates
        return uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificates.certificate_path if certificates else None,
            ssl_keyfile=certificates.key_path if certificates else None,
        )


class _Server(uvicorn.Server):
    """A server that says when it answers, or has given up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.settled.set()

    def serve_from_thread(self, listening: socket.socket) -> None:
        try:
            self.run(sockets=[listening])
        finally:
            self.settled.set()
