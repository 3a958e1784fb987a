"""One ASGI application on one loopback port, served from a thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from regexplore.sandbox.app.call import Application
from regexplore.sandbox.tls import Certificates

LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0
STOP_SECONDS = 5.0
# The server's own clock, for the Date header.
TICK_SECONDS = 0.1
# Answers under way when it stops have this long to end.
GRACE_TICK_SECONDS = 0.005
GRACE_TICKS = 100


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
        # Connections inherit it. Without it the body of an answer waits 40 ms for the acknowledgement of its head:
        # asyncio sets it only on sockets that were made with the protocol's number.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
            self._server.leave()
            self._thread.join(STOP_SECONDS)
            self._server = self._thread = None
        self._socket.close()

    def _config(self, application: Application) -> uvicorn.Config:
        certificates = self._certificates
        return uvicorn.Config(
            application,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # a client that tries TLS first is no news
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            ssl_certfile=certificates.certificate_path if certificates else None,
            ssl_keyfile=certificates.key_path if certificates else None,
        )


class _Protocol(HttpToolsProtocol):
    """HTTP, with the connection within reach of applications that want to break it.

    ``scope["extensions"]["regexplore.transport"]["transport"]`` has `abort`.
    """

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"regexplore.transport": {"transport": self.transport}}


class _Server(uvicorn.Server):
    """A server that says when it answers, and stops at once when it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = asyncio.Event()

    def serve_from_thread(self, listening: socket.socket) -> None:
        try:
            self.run(sockets=[listening])
        finally:
            self.settled.set()

    def leave(self) -> None:
        """Ask the server, from another thread, to stop."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leaving.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        self.settled.set()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for server in self.servers:
            server.close()
        for _ in range(GRACE_TICKS):
            if not self.server_state.tasks:
                break
            await asyncio.sleep(GRACE_TICK_SECONDS)
        for task in self.server_state.tasks:
            task.cancel()
        await self._drop_connections()

    async def _drop_connections(self) -> None:
        """Close what clients keep open: an idle TLS connection would wait for the client's farewell."""
        for _ in range(GRACE_TICKS):
            for connection in list(self.server_state.connections):
                if connection.transport is not None and _has_sent_all(connection.transport):
                    connection.transport.abort()
            if not self.server_state.connections:
                return
            await asyncio.sleep(GRACE_TICK_SECONDS)


def _has_sent_all(transport: asyncio.Transport) -> bool:
    try:
        return transport.get_write_buffer_size() == 0
    except AttributeError:  # asyncio's TLS transport, closed twice, has forgotten what it was closing
        return False
