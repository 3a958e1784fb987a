"""A token server: who asks with which credentials gets a signed token that says what it allows.

Source: distribution's token and OAuth2 authentication specifications; RFC 7519 (form of the tokens).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from regexplore.sandbox.app.call import Answer, Call, Receive, Scope, Send, send_answer
from regexplore.sandbox.app.credentials import user_of
from regexplore.sandbox.app.refusal import Refusal
from regexplore.sandbox.profile import Tokens

DEFAULT_LIFE = 60
REFRESH_LIFE = 30 * 24 * 3600
MOST_FORM = 64 * 1024
_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")


class TokenIssuer:
    """Signs tokens and reads them back.

    Parameters
    ----------
    clock : callable
        Seconds since 1970.

    Examples
    --------
    >>> issuer = TokenIssuer()
    >>> token = issuer.access_token("ann", {"demo/app": {"pull"}}, 60)
    >>> issuer.grants(token)
    {'demo/app': {'pull'}}
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def access_token(self, user: str, grants: Mapping[str, set[str]], life: int) -> str:
        """Return a token that allows some actions for some seconds."""
        access = {name: sorted(actions) for name, actions in grants.items()}
        return self._signed({"typ": "access", "sub": user, "access": access}, life)

    def refresh_token(self, user: str) -> str:
        """Return a token that stands for a user's password at the token server (an identity token)."""
        return self._signed({"typ": "refresh", "sub": user}, REFRESH_LIFE)

    def grants(self, token: str) -> dict[str, set[str]] | None:
        """Return what an access token allows; None if it is no token of ours, or no longer good."""
        claims = self._claims(token, "access")
        return None if claims is None else {name: set(acts) for name, acts in claims["access"].items()}

    def user(self, refresh_token: str) -> str | None:
        """Return the user whose refresh token this is, or None."""
        claims = self._claims(refresh_token, "refresh")
        return None if claims is None else str(claims["sub"])

    def revoke_all(self) -> None:
        """Make every token given so far invalid."""
        self._key = secrets.token_bytes(32)

    @property
    def now(self) -> int:
        """The issuer's time."""
        return int(self._clock())

    def _signed(self, claims: dict[str, Any], life: int) -> str:
        claims |= {"iat": self.now, "exp": self.now + life, "jti": secrets.token_hex(8)}
        body = _HEADER + b"." + base64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=")
        return (body + b"." + self._signature(body)).decode()

    def _claims(self, token: str, kind: str) -> dict[str, Any] | None:
        body, _, signature = token.encode("utf-8", "replace").rpartition(b".")
        if not hmac.compare_digest(signature, self._signature(body)):
            return None
        encoded = body.partition(b".")[2]
        claims: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(encoded + b"=="))
        return claims if claims["typ"] == kind and claims["exp"] > self._clock() else None

    def _signature(self, body: bytes) -> bytes:
        return base64.urlsafe_b64encode(hmac.digest(self._key, body, hashlib.sha256)).rstrip(b"=")

    def __repr__(self) -> str:
        return "<TokenIssuer>"


class TokenServer:
    """The token server as an ASGI application.

    Parameters
    ----------
    issuer : TokenIssuer
        Who signs.
    style : Tokens
        What this kind of registry's token server does.
    users : mapping
        Passwords by user. Users may do everything.
    anonymous_pull : bool
        Whether those without credentials get tokens for pulling.
    """

    def __init__(
        self, issuer: TokenIssuer, style: Tokens, users: Mapping[str, str], *, anonymous_pull: bool = True
    ) -> None:
        self._issuer = issuer
        self._style = style
        self._users = users
        self._anonymous_pull = anonymous_pull

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        call = Call(scope, receive)
        try:
            answer = await self._answer(call)
        except Refusal as refusal:
            answer = refusal.answer()
        await send_answer(answer, call.method, send)

    async def _answer(self, call: Call) -> Answer:
        if call.path != self._style.path:
            raise Refusal(404, "UNSUPPORTED", "no such endpoint")
        if call.method == "GET":
            return self._get(call)
        if call.method == "POST" and self._style.post == 200:
            return await self._post(call)
        status = self._style.post if call.method == "POST" else 405
        raise Refusal(status, "UNAUTHORIZED" if status == 401 else "UNSUPPORTED")

    def _get(self, call: Call) -> Answer:
        """Answer the token request of Docker's specification."""
        said = call.header(b"authorization")
        user = user_of(said, self._users)
        if user is None and (said is not None or not self._anonymous_pull):
            raise Refusal(401, "UNAUTHORIZED", "incorrect username or password")
        scopes = [value for name, value in call.query() if name == "scope"]
        answer = self._token(user, " ".join(scopes).split())
        if user is not None and call.parameter("offline_token") == "true":
            answer["refresh_token"] = self._issuer.refresh_token(user)
        return _json(answer)

    async def _post(self, call: Call) -> Answer:
        """Answer the OAuth2 request: by password, or by refresh token."""
        form = dict(parse_qsl((await _form(call)).decode("utf-8", "replace")))
        kind = form.get("grant_type")
        if kind not in ("password", "refresh_token") or not form.get("client_id"):
            raise Refusal(400, "UNSUPPORTED", "grant_type or client_id is missing")
        if kind == "refresh_token":
            user = self._issuer.user(form.get("refresh_token", ""))
        else:
            user = self._user(form.get("username", ""), form.get("password", ""))
        if user is None:
            raise Refusal(401, "UNAUTHORIZED", "incorrect credentials")
        granted = self._token(user, form.get("scope", "").split())
        answer = {"access_token": granted[self._style.fields[-1]], "scope": form.get("scope", "")}
        answer |= {key: granted[key] for key in ("expires_in", "issued_at") if key in granted}
        if kind == "refresh_token" or form.get("access_type") == "offline":
            answer["refresh_token"] = form.get("refresh_token") or self._issuer.refresh_token(user)
        return _json(answer)

    def _user(self, user: str, password: str) -> str | None:
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        return user_of(f"Basic {credentials}", self._users)

    def _token(self, user: str | None, scopes: list[str]) -> dict[str, Any]:
        if self._style.ping_scope in scopes and len(scopes) > 1:
            raise Refusal(403, "DENIED", f"{self._style.ping_scope} is not yours to ask for")
        life = self._style.expires_in
        token = self._issuer.access_token(user or "", self._grants(user, scopes), life or DEFAULT_LIFE)
        answer: dict[str, Any] = dict.fromkeys(self._style.fields, token)
        if life is not None:
            issued = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._issuer.now))
            answer |= {"expires_in": life, "issued_at": issued}
        return answer

    def _grants(self, user: str | None, scopes: list[str]) -> dict[str, set[str]]:
        """Return what of the wishes is granted: a user's all, of anybody else's only pulling."""
        known = {"pull", "push", self._style.delete_action}
        grants: dict[str, set[str]] = {}
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            asked = set(actions.split(","))
            if kind == "registry" and name == "catalog" and user is not None:
                grants["registry:catalog"] = asked & {"*"}
            if kind == "repository" and name:
                allowed = asked & (known if user is not None else {"pull"})
                grants[name] = grants.get(name, set()) | allowed
        return grants


async def _form(call: Call) -> bytes:
    form = bytearray()
    async for part in call.body():
        form += part
        if len(form) > MOST_FORM:
            raise Refusal(413, "SIZE_INVALID")
    return bytes(form)


def _json(value: dict[str, Any]) -> Answer:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    return Answer(200, headers, msgspec.json.encode(value))
