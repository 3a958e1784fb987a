"""Paged listings: the one loop that follows pages.

Source: distribution-spec v1.1 "Listing tags"; Go ``Repository.Tags`` and its kin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import requests

from regexplore.errors import PageLoopError, TooManyPagesError, UnexpectedContentError
from regexplore.remote import link, redact
from regexplore.remote.exchange import Exchange, header_lines

# Against a registry that invents a fresh page for ever; far above what any real listing needs.
ENDLESS = 100_000

# Inside of a page, ``list`` is its method.
Names = list[str]
_NAMES = list[str | None]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the decoded object, and the answer it came with (its body read and closed)."""

    content: Mapping[str, Any]
    response: requests.Response

    def list(self, key: str) -> Sequence[Any]:
        """Return the list under a key; null and a missing key are empty.

        Raises
        ------
        UnexpectedContentError
            There is something else.
        """
        found = self.content.get(key)
        if found is None:
            return []
        if not isinstance(found, list):
            raise unexpected(self.response, f"{key} is no list")
        return found

    def names(self, key: str) -> Names:
        """Return the texts of the list under a key; nulls in it are left out."""
        try:
            names = msgspec.convert(self.list(key), _NAMES)
        except msgspec.ValidationError:
            raise unexpected(self.response, f"{key} holds something else than text") from None
        texts = cast("Names", names)  # as they are, where there is no null among them
        return [name for name in names if name is not None] if None in names else texts


def pages(
    exchange: Exchange,
    url: str,
    *,
    scopes: Sequence[str],
    max_pages: int,
    what: str,
    headers: Mapping[str, str] | None = None,
    check: Callable[[requests.Response], None] | None = None,
) -> Iterator[Page]:
    """Yield the pages of a listing, each as it arrives.

    ``check`` may refuse an answer by its headers, before its body is read.

    Raises
    ------
    ResponseError, TransportError
        A page could not be had.
    UnexpectedContentError
        A page is not a JSON object.
    InvalidLinkError
        The link to the next page cannot be followed.
    PageLoopError
        It leads to a page already seen.
    TooManyPagesError
        There are more than ``max_pages``.
    """
    seen: set[str] = set()
    following: str | None = url
    while following is not None:
        if following in seen:
            raise PageLoopError(f"{what}: the page {redact.url(following)} links back to one already seen")
        if len(seen) >= (max_pages or ENDLESS):
            raise TooManyPagesError(
                f"{what}: more than {len(seen)} pages; the next is {redact.url(following)}"
            )
        seen.add(following)
        with exchange.within_deadline():
            response = exchange.request("GET", following, headers=headers, scopes=scopes, what=what)
            if check is not None:
                check(response)
            body = exchange.read(response)
        yield Page(decode(response, body), response)
        following = link.next_page(header_lines(response, "Link"), response.url or following)


def decode(response: requests.Response, body: bytes) -> Mapping[str, Any]:
    """Decode a page; whatever the Content-Type says, it must be a JSON object.

    Raises
    ------
    UnexpectedContentError
    """
    try:
        content = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        start = body[:200].lstrip().lower()
        said = "an HTML page, not JSON" if start.startswith((b"<!doctype", b"<html")) else "not JSON"
        raise unexpected(response, said) from None
    if not isinstance(content, dict):
        raise unexpected(response, f"JSON, but no object: {type(content).__name__}")
    return content


def unexpected(response: requests.Response, said: str) -> UnexpectedContentError:
    """Return the error for an answer that is not what the API promises."""
    return UnexpectedContentError(
        response.request.method or "", redact.url(response.url or ""), response.status_code, message=said
    )
