"""Requests and answers of the hot path: they are those of requests, without what a small exchange never uses.

A `requests.Session` that somebody plugs in gets a `PreparedRequest` that it can send, and whoever gets an answer
from `Transport` gets a `requests.Response`. Cookies, hooks and encodings are made when somebody asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import requests
from requests.cookies import RequestsCookieJar
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from regexplore.remote import redact

# Nothing in such a URL needs escaping, nor a name of its host decoding.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:_\[\]-]+/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*", re.ASCII)


class RequestFields(CaseInsensitiveDict[str]):
    """Header fields of a request, found in any case: those of requests, which are asked a dozen questions each time."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._store = {name.lower(): (name, value) for name, value in fields.items()}

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field."""
        held = self._store.get(name.lower())
        return default if held is None else held[1]

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return the value of a field, and set it where there is none."""
        return self._store.setdefault(name.lower(), (name, default))[1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._store


class LightRequest(requests.PreparedRequest):
    """A request without a body whose URL is fit to be sent as it is."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        self.method = method
        self.url = redact.Address(url)
        self.headers = RequestFields(headers)
        self.body = None
        self._body_position = None
        self._jar: RequestsCookieJar | None = None
        self._own_hooks: Any = None

    @property
    def _cookies(self) -> Any:
        if self._jar is None:
            self._jar = RequestsCookieJar()
        return self._jar

    @_cookies.setter
    def _cookies(self, jar: Any) -> None:
        self._jar = jar

    @property
    def hooks(self) -> Any:
        """What requests calls when an answer is there."""
        if self._own_hooks is None:
            self._own_hooks = default_hooks()
        return self._own_hooks

    @hooks.setter
    def hooks(self, hooks: Any) -> None:
        self._own_hooks = hooks


def prepared(method: str, url: str, headers: Mapping[str, str], body: Any = None) -> requests.PreparedRequest:
    """Return a request that is ready to be sent."""
    if body is None and method in ("GET", "HEAD") and _PLAIN_URL.fullmatch(url):
        return LightRequest(method, url, headers)
    request = requests.Request(method, url, headers=dict(headers), data=body).prepare()
    request.url = redact.Address(request.url or "")
    return request


class LightResponse(requests.Response):
    """An answer with its body unread.

    Attributes
    ----------
    attempts : int
        How often the request was sent.
    """

    def __init__(self, request: requests.PreparedRequest, raw: HTTPResponse, attempts: int = 1) -> None:
        self._content = False  # type: ignore[assignment]  # how requests says "not read yet"
        self._content_consumed = False
        self._next = None
        self._jar: Any = None
        self._encoding: str | None = None
        self._encoding_known = False
        self.status_code = raw.status
        self.headers = raw.headers  # type: ignore[assignment]  # the same questions are answered
        self.raw = raw
        self.url = request.url or ""
        self.history = []
        self.reason = raw.reason or ""
        self.elapsed = timedelta(0)
        self.request = request
        self.attempts = attempts
        if raw.length_remaining == 0:
            # There is no body: the connection is free at once.
            whole = getattr(raw, "read_whole", None)
            if whole is None or whole() is None:
                raw.read1(1)

    @property
    def cookies(self) -> Any:
        """None are ever kept."""
        if self._jar is None:
            self._jar = RequestsCookieJar()
        return self._jar

    @cookies.setter
    def cookies(self, jar: Any) -> None:
        self._jar = jar

    @property
    def encoding(self) -> str | None:
        """What the headers say of the text in the body."""
        if not self._encoding_known:
            self._encoding, self._encoding_known = get_encoding_from_headers(self.headers), True
        return self._encoding

    @encoding.setter
    def encoding(self, encoding: str | None) -> None:
        self._encoding, self._encoding_known = encoding, True
