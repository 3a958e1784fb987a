"""URLs and headers as text that may be shown: the one place where they become it.

A URL is a credential when it carries a signature, so the values of a query are hidden unless its key is known
to be harmless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

_BRACKETED = re.compile(r"<([^>]*)")
# The schemes of a challenge, at their places, and the parameters that say where a token is had and for what.
_CHALLENGE = re.compile(
    r'(?:^|,)\s*(Basic|Bearer)(?=\s|$)|\b(realm|service|scope|error)=(?:"([^"]*)"|([^\s,"]+))', re.IGNORECASE
)
HIDDEN = "***"
LONGEST = 2_000

# Keys of the distribution API and of token requests; none of them holds a secret.
SHOWN_KEYS = frozenset(
    {
        "artifactType",
        "digest",
        "digest-algorithm",
        "from",
        "last",
        "mount",
        "n",
        "ns",
        "scope",
        "service",
        "tag",
    }
)
SHOWN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-ranges",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "date",
        "docker-content-digest",
        "docker-distribution-api-version",
        "etag",
        "if-match",
        "if-none-match",
        "if-range",
        "link",
        "oci-chunk-min-length",
        "oci-filters-applied",
        "oci-subject",
        "oci-tag",
        "range",
        "ratelimit-limit",
        "ratelimit-remaining",
        "retry-after",
        "server",
        "user-agent",
        "warning",
    }
)


class Secret(str):
    """A text that is sent and never shown: variables in a traceback and dumps of objects show it by its repr.

    Examples
    --------
    >>> {"Authorization": Secret("Basic YWRh")}
    {'Authorization': ***}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN


class Address(str):
    """A URL that a registry gave, which may be a credential by itself: its repr is redacted.

    Examples
    --------
    >>> Address("https://store.example/x?X-Amz-Signature=secret")
    'https://store.example/x?X-Amz-Signature=***'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(url(self))


def url(text: str) -> str:
    """Return a URL without user information, fragment, and values that could be secret."""
    try:
        parts = urlsplit(text)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(unreadable URL)"
    shown = urlunsplit((parts.scheme, host, parts.path, query(parts.query), ""))
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "..."


def link(text: str) -> str:
    """Return a ``Link`` header with its URLs redacted, whether they stand in angle brackets or not."""
    if "<" not in text:
        target, semicolon, rest = text.partition(";")
        return url(target) + semicolon + rest
    return _BRACKETED.sub(lambda found: f"<{url(found.group(1))}", text[:LONGEST])


def challenge(text: str) -> str:
    """Return a ``WWW-Authenticate`` header with its schemes and what a token is asked by; nothing else of it.

    Examples
    --------
    >>> challenge('Bearer realm="https://ada:secret@auth.example/token",service="r.example",nonce="1"')
    'Bearer realm="https://auth.example/token",service="r.example"'
    """
    told: list[str] = []
    for found in _CHALLENGE.finditer(text[:LONGEST]):
        scheme, name, quoted, bare = found.groups("")
        if scheme:
            told.append(f"{', ' if told else ''}{scheme} ")
            continue
        value = quoted or bare
        comma = "" if not told or told[-1].endswith(" ") else ","
        told.append(f'{comma}{name}="{url(value) if "/" in value and name.lower() == "realm" else value}"')
    return "".join(told).strip() or HIDDEN


def query(text: str) -> str:
    """Return a query with the values of unknown keys hidden; its own escapes are kept."""
    return "&".join(_pair(pair) for pair in text.split("&")) if text else ""


def headers(mapping: Mapping[str, str]) -> dict[str, str]:
    """Return headers with the values of all but harmless ones hidden; URLs in them are redacted too."""
    return {name: _header(name.lower(), value) for name, value in mapping.items()}


def _header(name: str, value: str) -> str:
    if name == "location":
        return url(value)
    if name == "link":
        return link(value)
    if name == "authorization":
        return _authorization(value)
    if name == "www-authenticate":
        return challenge(value)
    return value[:LONGEST] if name in SHOWN_HEADERS else HIDDEN


def _authorization(value: str) -> str:
    """Say how somebody proves who they are, not with what."""
    scheme = value.partition(" ")[0]
    return f"{scheme} {HIDDEN}" if scheme.lower() in ("basic", "bearer") else HIDDEN


def _pair(pair: str) -> str:
    key, equals, _ = pair.partition("=")
    return pair if key in SHOWN_KEYS or not equals else f"{key}={HIDDEN}"
