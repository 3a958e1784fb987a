"""Who may do what: Basic credentials at the registry, or tokens of the token server.

Source: distribution's token authentication specification; RFC 7617; RFC 6750.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from regexplore.sandbox.app.call import Call
from regexplore.sandbox.app.credentials import user_of
from regexplore.sandbox.app.refusal import Refusal
from regexplore.sandbox.app.routes import Route
from regexplore.sandbox.profile import Tokens

_READING = ("GET", "HEAD")


class Guard(Protocol):
    """Lets a request in or refuses it with 401."""

    def admit(self, call: Call, found: Route) -> None:
        """Return if the request may go on."""


class Grants(Protocol):
    """Reads tokens: what the guard needs of a token issuer."""

    def grants(self, token: str) -> dict[str, set[str]] | None:
        """Return the actions that a token allows by resource; None if it is not good."""


class BasicGuard:
    """User and password with every request.

    Parameters
    ----------
    users : mapping
        Passwords by user.
    anonymous_pull : bool
        Whether reading a repository needs no credentials.
    """

    def __init__(self, users: Mapping[str, str], *, anonymous_pull: bool = False) -> None:
        self._users = users
        self._anonymous_pull = anonymous_pull

    def admit(self, call: Call, found: Route) -> None:
        """Return if the request may go on."""
        said = call.header(b"authorization")
        if said is None and self._anonymous_pull and call.method in _READING and found.repository:
            return
        if user_of(said, self._users) is None:
            challenge = (b"www-authenticate", b'Basic realm="sandbox"')
            raise Refusal(401, "UNAUTHORIZED", headers=(challenge,))
        call.may_push = True


class TokenGuard:
    """A token of the token server with every request.

    Parameters
    ----------
    issuer : Grants
        Who signed the tokens.
    style : Tokens
        What this kind of registry wants and says.
    realm : str
        URL of the token server.
    service : str
        Name of this registry at the token server.
    """

    def __init__(self, issuer: Grants, style: Tokens, realm: str, service: str) -> None:
        self._issuer = issuer
        self._style = style
        self._realm = realm
        self._service = service

    def admit(self, call: Call, found: Route) -> None:
        """Return if the request may go on; note on the call what its token allows."""
        scheme, _, token = (call.header(b"authorization") or "").partition(" ")
        grants = self._issuer.grants(token.strip()) if scheme.lower() == "bearer" else None
        if grants is None:
            raise self._refusal(call, found, "invalid_token" if token else "")
        name, action = self._needed(call, found)
        allowed = grants.get(name, set())
        if action and action not in allowed and "*" not in allowed:
            raise self._refusal(call, found, "insufficient_scope")
        call.grants = grants
        call.may_push = "push" in grants.get(found.repository, ())

    def _needed(self, call: Call, found: Route) -> tuple[str, str]:
        """Return the resource and the action that a request needs."""
        if found.kind == "ping":
            return "", ""
        if found.kind == "catalog":
            return "registry:catalog", "*"
        if call.method in _READING and found.kind != "upload":
            return found.repository, "pull"
        if call.method == "DELETE" and found.kind != "upload":
            return found.repository, self._style.delete_action
        return found.repository, "push"

    def _scope(self, call: Call, found: Route) -> str | None:
        name, action = self._needed(call, found)
        if found.kind == "ping":
            return self._style.ping_scope
        if found.kind == "catalog":
            return "registry:catalog:*"
        return f"repository:{name}:{'pull,push' if action == 'push' else action}"

    def _refusal(self, call: Call, found: Route, error: str) -> Refusal:
        if found.kind != "ping" and not self._style.challenge_everywhere:
            return Refusal(401, "UNAUTHORIZED")
        challenge = f'Bearer realm="{self._realm}",service="{self._service}"'
        scope = self._scope(call, found)
        if scope:
            challenge += f',scope="{scope}"'
        if error:
            challenge += f',error="{error}"'
        return Refusal(401, "UNAUTHORIZED", headers=((b"www-authenticate", challenge.encode("latin-1")),))
