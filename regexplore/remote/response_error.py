"""Answers that are no success, as typed errors with the registry's own words.

Source: distribution-spec v1.1 "Error codes"; Go ``errutil.ParseErrorResponse``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests

from regexplore.errors import (
    DeniedError,
    ErrorDetail,
    MissingError,
    RateLimitedError,
    ResponseError,
    ServerError,
    UnauthorizedError,
)
from regexplore.remote import limits, redact

EXCERPT = 300
MAX_DETAILS = 50

_KEPT_HEADERS = (
    "retry-after",
    "www-authenticate",
    "content-type",
    "date",
    "x-request-id",
    "docker-ratelimit-source",
)
_BY_STATUS: dict[int, type[ResponseError]] = {
    401: UnauthorizedError,
    403: DeniedError,
    404: MissingError,
    429: RateLimitedError,
}


def response_error(response: requests.Response, *, what: str = "") -> ResponseError:
    """Read an answer's error body and return the error that fits its status; closes the response.

    Parameters
    ----------
    response : requests.Response
    what : str
        What was asked for, put in front of the standard phrase when the registry says nothing.
    """
    body = limits.read_start(response, limits.ERROR_BODY)
    errors = parse_errors(body)
    status = response.status_code
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ResponseError)
    return kind(
        response.request.method or "",
        redact.url(response.url or ""),
        status,
        errors,
        message=f"{what} not found" if status == 404 and what else "",
        headers=kept_headers(response.headers),
        excerpt="" if errors else body[:EXCERPT].decode("utf-8", "replace"),
        attempts=getattr(response, "attempts", 1),
        hint=_hint(status, response.headers),
    )


def parse_errors(body: bytes) -> tuple[ErrorDetail, ...]:
    """Read ``{"errors": [{"code", "message", "detail"}]}``; anything else is an empty tuple."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    listed = tree.get("errors") if isinstance(tree, dict) else None
    if not isinstance(listed, list):
        return ()
    return tuple(_detail(entry) for entry in listed[:MAX_DETAILS] if isinstance(entry, dict))


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that help to understand a refusal, keys in lower case."""
    kept = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower in _KEPT_HEADERS or lower.startswith(("ratelimit-", "x-ratelimit-")):
            kept[lower] = value[:EXCERPT]
    return kept


def _detail(entry: dict[str, Any]) -> ErrorDetail:
    return ErrorDetail(
        code=str(entry.get("code") or "")[:EXCERPT],
        message=str(entry.get("message") or "")[: 10 * EXCERPT],
        detail=entry.get("detail"),
    )


def _hint(status: int, headers: Mapping[str, str]) -> str:
    wait = headers.get("Retry-After", "")
    if status == 429 and wait:
        return f"The registry asks to wait (Retry-After {wait[:60]}); log in for a higher limit, or ask less at once."
    return ""
