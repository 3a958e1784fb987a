"""Getting a token: by GET, or by POST as OAuth2 has it.

Source: distribution's token specifications (``token.md``, ``oauth.md``); Go ``auth.Client.fetchBearerToken``.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

import requests

from regexplore.errors import CredentialNotFoundError, RedirectRefusedError, TokenError
from regexplore.oci.image_config import parse_time
from regexplore.remote import limits, redact
from regexplore.remote.auth.token_cache import DEFAULT_LIFE, Token
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.options import Client
from regexplore.remote.response_error import response_error

CLIENT_ID = "regexplore"
LONGEST_LIFE = 366 * 24 * 3600
TIMEOUT = (10.0, 30.0)
# Answers of token servers that know GET only.
_NO_POST = frozenset({400, 401, 404, 405})


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What is asked of a token server, and with which headers."""

    realm: str
    service: str
    scopes: Sequence[str]
    headers: Mapping[str, str]
    client_id: str = CLIENT_ID


def basic(username: str, password: str) -> str:
    """Return the value of an ``Authorization`` header."""
    return redact.Secret("Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii"))


def fetch_token(
    client: Client, request: TokenRequest, credential: Credential, *, oauth2: bool = False
) -> Token:
    """Get a token with whatever the credential holds.

    Raises
    ------
    TokenError
        The answer holds no token.
    CredentialNotFoundError
        The way that was asked for needs more than the credential holds.
    ResponseError, TransportError
    """
    if credential.access_token:
        if not _fits_header(credential.access_token):
            raise TokenError("the access token of the credential fits no header")
        return Token.living(credential.access_token, float("inf"))
    if not credential or not (credential.refresh_token or oauth2):
        return _read(_send(client, _get(request, credential)))
    response = _send(client, _post(request, credential))
    if response.status_code in _NO_POST and credential.password:
        response.close()
        response = _send(client, _get(request, credential))
    return _read(response)


# Secrets are in the frames of the two functions below alone: a traceback that shows variables shows none.


def _get(request: TokenRequest, credential: Credential) -> requests.PreparedRequest:
    pairs = [("service", request.service)] if request.service else []
    pairs += [("scope", scope) for scope in request.scopes]
    separator = "&" if "?" in request.realm else "?"
    url = request.realm + (separator + urlencode(pairs, quote_via=quote) if pairs else "")
    headers = dict(request.headers)
    if credential.username or credential.password:
        headers["Authorization"] = basic(credential.username, credential.password)
    return _prepared("GET", url, headers)


def _post(request: TokenRequest, credential: Credential) -> requests.PreparedRequest:
    form = {"service": request.service, "client_id": request.client_id}
    if credential.refresh_token:
        form |= {"grant_type": "refresh_token", "refresh_token": credential.refresh_token}
    elif credential.username and credential.password:
        form |= {"grant_type": "password", "username": credential.username, "password": credential.password}
    else:
        raise CredentialNotFoundError("a token by POST needs user name and password, or a refresh token")
    if request.scopes:
        form["scope"] = " ".join(request.scopes)
    headers = {**request.headers, "Content-Type": "application/x-www-form-urlencoded"}
    return _prepared("POST", request.realm, headers, urlencode(form))


def _prepared(
    method: str, url: str, headers: Mapping[str, str], body: str | None = None
) -> requests.PreparedRequest:
    common = {"Accept": "application/json", "Accept-Encoding": "identity"}
    return requests.Request(method, url, headers={**common, **headers}, data=body).prepare()


def _send(client: Client, prepared: requests.PreparedRequest) -> requests.Response:
    # A token server does not send on what it is told in confidence.
    response = client.send(prepared, stream=True, timeout=TIMEOUT, allow_redirects=False)
    if response.is_redirect:
        response.close()
        raise RedirectRefusedError(f"the token server {redact.url(prepared.url or '')} redirects elsewhere")
    return response


def _read(response: requests.Response) -> Token:
    if response.status_code != 200:
        raise response_error(response, what="a token")
    found = _token_of(limits.read_body(response, limits.TOKEN_BODY))
    if isinstance(found, str):
        raise TokenError(f"the token server {redact.url(response.url or '')} answered {found}")
    return found


def _token_of(body: bytes) -> Token | str:
    """Return the token of an answer, or what the answer is instead."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return "something else than JSON"
    if not isinstance(answer, dict):
        return "JSON that is no object"
    for key in ("access_token", "token"):
        value = answer.get(key)
        if isinstance(value, str) and value:
            return (
                Token.living(value, _life(answer)) if _fits_header(value) else "a token that fits no header"
            )
    return "no token"


def _fits_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token


def _life(answer: Mapping[str, object]) -> float:
    seconds = answer.get("expires_in")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
        return DEFAULT_LIFE
    issued = parse_time(str(answer.get("issued_at") or ""))
    return float(min(seconds, LONGEST_LIFE)) - (_age(issued) if issued else 0.0)


def _age(issued: datetime) -> float:
    # A clock that runs ahead makes no token older than it can be.
    return min(max(time.time() - issued.timestamp(), 0.0), 3600.0)
