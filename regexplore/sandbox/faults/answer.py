"""A whole answer in hand: caught from the registry, changed, and sent on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from regexplore.sandbox.app.call import Application, Message, Receive, Scope, Send

Header = tuple[bytes, bytes]

# How soon a wait notices that the client has gone.
TICK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in lower case) and body."""

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""

    @classmethod
    async def caught(cls, application: Application, scope: Scope, receive: Receive) -> Self:
        """Let the registry answer, and keep the answer."""
        status, headers, parts = 500, list[Header](), list[bytes]()

        async def catch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers.extend((bytes(name).lower(), bytes(value)) for name, value in message["headers"])
            elif message["type"] == "http.response.body":
                parts.append(bytes(message.get("body", b"")))

        await application(scope, receive, catch)
        return cls(status, tuple(headers), b"".join(parts))

    def with_header(self, name: str, value: str | None) -> Self:
        """Return the answer with a header set, or left out."""
        key = name.lower().encode("latin-1")
        kept = [(known, said) for known, said in self.headers if known != key]
        added = [] if value is None else [(key, value.encode("latin-1", "replace"))]
        return replace(self, headers=(*kept, *added))

    def with_body(self, body: bytes) -> Self:
        """Return the answer with another body, its length announced."""
        return replace(self, body=body).with_header("content-length", str(len(body)))

    async def begin(self, send: Send) -> None:
        """Send status and headers."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})

    async def send(self, send: Send) -> None:
        """Send all of it."""
        await self.begin(send)
        await send({"type": "http.response.body", "body": self.body})


Act = Callable[[Any, Application, Scope, Receive, Send], Awaitable[None]]


async def abort(scope: Scope, receive: Receive) -> None:
    """Reset the connection that a request came by, and wait until the server knows: else it would complain."""
    _transport(scope).abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def is_gone(scope: Scope) -> bool:
    """Whether nobody is there any more to be answered."""
    return bool(_transport(scope).is_closing())


async def pause(scope: Scope, seconds: float) -> None:
    """Wait, but not for a client that has gone."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while (left := end - clock()) > 0 and not is_gone(scope):
        await asyncio.sleep(min(left, TICK_SECONDS))


def _transport(scope: Scope) -> Any:
    return scope["extensions"]["regexplore.transport"]["transport"]
