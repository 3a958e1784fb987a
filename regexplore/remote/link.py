"""The ``Link`` header: where the next page is.

Real registries write it in many ways: relative, absolute, with or without quotes and even without angle
brackets. All are read; what is never followed is a link to another origin, or with user information.

Source: RFC 8288; distribution-spec v1.1 "Listing tags"; Go ``parseLink`` and its same-origin rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from regexplore.errors import InvalidLinkError, RedirectRefusedError
from regexplore.oci.excerpt import excerpt
from regexplore.remote import redact
from regexplore.remote.origin import Origin

MAX_BYTES = 8 << 10


def next_page(lines: Iterable[str], page_url: str) -> str | None:
    """Return the URL of the next page, or None when this was the last.

    Parameters
    ----------
    lines : iterable of str
        All ``Link`` header lines of the answer.
    page_url : str
        URL of the page they came with, which relative links start from.

    Raises
    ------
    InvalidLinkError
        There is a link that cannot be read, or that leaves the registry's origin.
    """
    for line in map(redact.Secret, lines):
        if len(line) > MAX_BYTES:
            raise InvalidLinkError(f"Link header of {len(line)} bytes")
        try:
            for target, relation in _entries(line):
                if relation in ("next", ""):
                    return _checked(redact.Address(target), page_url)
        except InvalidLinkError as error:
            # Without the frames below, whose variables are pieces of the line.
            raise error.with_traceback(None) from None
    return None


def _checked(target: str, page_url: str) -> str:
    try:
        url = redact.Address(urljoin(page_url, target))
        same = Origin.of(url) == Origin.of(page_url)
    except (ValueError, RedirectRefusedError):
        raise InvalidLinkError(f"cannot follow the link {excerpt(redact.url(target))}") from None
    if not same:
        raise InvalidLinkError(f"the link {excerpt(redact.url(target))} leaves the registry")
    # Some registries name a path that only they know, behind a proxy or a virtual repository. The pages of a
    # listing all have one path, so the page's own is kept: nor can a link lead into another repository.
    own = urlsplit(page_url)
    return redact.Address(urlsplit(url)._replace(netloc=own.netloc, path=own.path, fragment="").geturl())


def _entries(line: str) -> Iterable[tuple[str, str]]:
    """Yield target and relation of each entry of a line, relation "" where none is given."""
    rest = line.strip(" \t")
    while rest:
        if rest.startswith("<"):
            target, closed, rest = rest[1:].partition(">")
            if not closed:
                raise InvalidLinkError(f"cannot read the Link header {excerpt(redact.link(line))}: no '>'")
        else:
            # Not by the book, but seen: the URL ends where the parameters begin.
            target, semicolon, rest = rest.partition(";")
            target, rest = target.strip(" \t"), semicolon + rest
            if not target or " " in target or "," in target:
                raise InvalidLinkError(f"cannot read the Link header {excerpt(redact.link(line))}: no '<'")
        relation, rest = _parameters(rest)
        yield target, relation


def _parameters(text: str) -> tuple[str, str]:
    """Read parameters up to the comma that ends the entry; return ``rel`` and what follows."""
    relation = ""
    text = text.lstrip(" \t")
    while text.startswith(";"):
        name, value, text = _parameter(text[1:].lstrip(" \t"))
        if name == "rel" and not relation:
            relation = "next" if "next" in value.lower().split() else value.lower() or "other"
    text = text.lstrip(" \t")
    if text.startswith(","):
        return relation, text[1:].lstrip(" \t")
    if text:
        raise InvalidLinkError(f"cannot read {excerpt(text)} in a Link header")
    return relation, ""


def _parameter(text: str) -> tuple[str, str, str]:
    """Read ``name=value`` or ``name``; return name in lower case, value, and what follows."""
    end = next((at for at, char in enumerate(text) if char in "=;,"), len(text))
    name, rest = text[:end].strip(" \t").lower(), text[end:]
    if not rest.startswith("="):
        return name, "", rest
    rest = rest[1:].lstrip(" \t")
    if rest.startswith('"'):
        value, _, rest = rest[1:].partition('"')
        return name, value, rest.lstrip(" \t")
    end = next((at for at, char in enumerate(rest) if char in ";,"), len(rest))
    return name, rest[:end].strip(" \t"), rest[end:]
