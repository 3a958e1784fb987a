"""A server that answers what a test tells it to, byte for byte, and remembers what it was asked.

For answers that no real registry gives on demand. Everything else is tested on real registries.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPMessage, parse_headers
from typing import BinaryIO


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; ``target`` is path and query, untouched."""

    method: str
    target: str
    headers: HTTPMessage
    body: bytes

    @property
    def line(self) -> str:
        """Method and target."""
        return f"{self.method} {self.target}"


@dataclass(frozen=True)
class Answer:
    """What is sent back. A header may be given twice; a length of None leaves Content-Length out."""

    status: int = 200
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()
    length: int | str | None = "real"
    cut: int | None = None

    def sent(self, method: str) -> bytes:
        """Return the bytes on the wire."""
        lines = [f"HTTP/1.1 {self.status} Said"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        length = len(self.body) if self.length == "real" else self.length
        if length is not None and self.status not in (204, 304):
            lines.append(f"Content-Length: {length}")
        closes = length is None or self.cut is not None or (length != len(self.body) and method != "HEAD")
        if closes:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        body = b"" if method == "HEAD" else self.body[: self.cut]
        return head + body

    @property
    def closes(self) -> bool:
        """Whether the connection ends with this answer."""
        return self.cut is not None or self.length != "real"


Respond = Callable[[Seen], Answer]


@dataclass
class ScriptedServer:
    """The server: ``host``, and what it ``seen`` so far."""

    host: str = ""
    seen: list[Seen] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """Method and target of every request."""
        return [seen.line for seen in self.seen]


@contextmanager
def scripted(respond: Respond | Mapping[str, Answer | Sequence[Answer]]) -> Iterator[ScriptedServer]:
    """Run a server that answers by a function, or by a table of ``"METHOD target"``.

    A list in the table is given one after the other, the last again and again; what is not in it is a 404.
    """
    script = ScriptedServer()
    answer = respond if callable(respond) else _from_table(respond)
    lock = threading.Lock()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while (seen := _read_request(self.rfile)) is not None:
                with lock:
                    script.seen.append(seen)
                    found = answer(seen)
                try:
                    self.wfile.write(found.sent(seen.method))
                    self.wfile.flush()
                except OSError:
                    return
                if found.closes:
                    # Half a close: what was written still arrives.
                    self.connection.shutdown(socket.SHUT_WR)
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is no news."""

    with Server(("127.0.0.1", 0), Handler) as server:
        script.host = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


def json_answer(content: object, *headers: tuple[str, str], status: int = 200) -> Answer:
    """Return JSON."""
    return Answer(status, json.dumps(content).encode(), [("Content-Type", "application/json"), *headers])


def error_answer(status: int, *codes: str, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    """Return an error as the distribution-spec has it."""
    errors = [{"code": code, "message": f"about {code.lower()}", "detail": None} for code in codes]
    return json_answer({"errors": errors}, *headers, status=status)


def _read_request(stream: BinaryIO) -> Seen | None:
    try:
        line = stream.readline(65536).decode("latin-1").split()
        if len(line) < 2:
            return None
        headers = parse_headers(stream)
        body = _read_body(stream, headers)
    except OSError:
        return None
    return Seen(line[0], line[1], headers, body)


def _read_body(stream: BinaryIO, headers: HTTPMessage) -> bytes:
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        return stream.read(int(headers.get("Content-Length", "0")))
    parts = []
    while size := int(stream.readline().split(b";")[0], 16):
        parts.append(stream.read(size))
        stream.readline()
    stream.readline()
    return b"".join(parts)


def _from_table(table: Mapping[str, Answer | Sequence[Answer]]) -> Respond:
    left = {
        line: [answers] if isinstance(answers, Answer) else list(answers) for line, answers in table.items()
    }

    def respond(seen: Seen) -> Answer:
        answers = left.get(seen.line)
        if not answers:
            return error_answer(404, "NOT_IN_THE_SCRIPT")
        return answers[0] if len(answers) == 1 else answers.pop(0)

    return respond
