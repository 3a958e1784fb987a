"""The application: door, guard, endpoint, answer."""

from __future__ import annotations

import time

from regexplore.oci.reference import is_tag
from regexplore.sandbox.app.call import Answer, Call, Receive, Scope, Send, send_answer, text
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.guard import Guard
from regexplore.sandbox.app.names import check_name, is_name
from regexplore.sandbox.app.refusal import Refusal
from regexplore.sandbox.app.routes import Route, route
from regexplore.sandbox.profile import RateLimit

_API_VERSION = (b"docker-distribution-api-version", b"registry/2.0")


class RegistryApp:
    """An OCI registry as an ASGI application.

    Parameters
    ----------
    context : Context
        Store, profile, uploads.
    guard : Guard, optional
        Who may do what; everybody everything without one.
    """

    def __init__(self, context: Context, guard: Guard | None = None) -> None:
        self._context = context
        self._guard = guard
        limit = context.profile.rate_limit
        self._budget = _Budget(limit) if limit is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        call = Call(scope, receive)
        try:
            answer = await self._answer(call)
        except Refusal as refusal:
            answer = refusal.answer()
        answer.headers.append(_API_VERSION)
        await send_answer(answer, call.method, send)

    async def _answer(self, call: Call) -> Answer:
        found = route(call.path)
        if self._context.profile.plain_not_found and not _is_well_formed(found):
            return Answer(404, [(b"content-type", b"text/plain; charset=utf-8")], b"404 page not found\n")
        if found is None:
            raise Refusal(404, "UNSUPPORTED", "no such endpoint")
        endpoint = found.endpoint(call.method)
        if endpoint is None:
            allow = (b"allow", text(found.allowed))
            raise Refusal(405, "UNSUPPORTED", "no such method here", headers=(allow,))
        if found.repository:
            check_name(found.repository)
        call.repository, call.reference = found.repository, found.reference
        if self._guard is not None:
            self._guard.admit(call, found)
        if self._budget is not None and found.kind == "manifests" and call.method == "GET":
            self._budget.spend()
        answer = await endpoint(self._context, call)
        self._tell_budget(answer, found)
        return answer

    def _tell_budget(self, answer: Answer, found: Route) -> None:
        if self._budget is not None and found.kind == "manifests":
            answer.headers += self._budget.headers()


def _is_well_formed(found: Route | None) -> bool:
    """Whether a router that knows the grammar would find an endpoint."""
    if found is None or (found.repository and not is_name(found.repository)):
        return False
    return found.kind != "manifests" or ":" in found.reference or is_tag(found.reference)


class _Budget:
    """Manifest reads left in the current window."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._left = limit.requests
        self._ends = time.monotonic() + limit.window

    def spend(self) -> None:
        """Take one, or refuse with 429."""
        left_seconds = self._ends - time.monotonic()
        if left_seconds <= 0:
            self._left = self._limit.requests
            self._ends += self._limit.window - left_seconds
        if self._left <= 0:
            retry = (b"retry-after", text(max(1, round(left_seconds))))
            headers = (retry, *self.headers())
            raise Refusal(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.", headers=headers)
        self._left -= 1

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return limit, rest and source, as Docker Hub spells them."""
        window = self._limit.window
        return [
            (b"ratelimit-limit", b"%d;w=%d" % (self._limit.requests, window)),
            (b"ratelimit-remaining", b"%d;w=%d" % (self._left, window)),
            (b"docker-ratelimit-source", b"127.0.0.1"),
        ]
