"""Lists in pages: `n`, `last` and `Link`, in the ways that registries do it.

Source: distribution-spec, "Listing Tags"; RFC 8288.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from bisect import bisect_right
from urllib.parse import quote

from regexplore.sandbox.app.call import Call, Header, text
from regexplore.sandbox.app.refusal import Refusal
from regexplore.sandbox.profile import Paging

_OPAQUE = "next."


def page(names: list[str], call: Call, paging: Paging) -> tuple[list[str], list[Header]]:
    """Return the names of the page asked for, and the Link to the next one if there is one.

    Parameters
    ----------
    names : list of str
        All names, in the order in which they came to be.
    """
    ordered = _ordered(names, paging)
    if not paging.honoured:
        return ordered, []
    size = _size(call.parameter("n"), paging)
    start = _start(ordered, call.parameter("last") or "", paging)
    shown = ordered[start:] if size is None else ordered[start : start + size]
    position = start + len(shown)
    if not shown or position >= len(ordered):
        return shown, []
    return shown, [_link(call, paging, _cursor(ordered, position, paging), len(shown))]


def _ordered(names: list[str], paging: Paging) -> list[str]:
    if paging.order == "ascii":
        return sorted(names)
    if paging.order == "pushed":
        return names
    # An order that means nothing, but is the same in every run.
    return sorted(names, key=lambda name: zlib.crc32(name.encode()))


def _size(said: str | None, paging: Paging) -> int | None:
    """Return how many names a page has; None for all of them."""
    if said is None:
        return paging.default if paging.default is not None else paging.maximum
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        if paging.bad_number is not None:
            raise Refusal(paging.bad_number, "PAGINATION_NUMBER_INVALID", "n is no number of entries")
        return paging.default
    size = int(said)
    if paging.maximum is None or size <= paging.maximum:
        return size
    if paging.over_maximum is not None:
        code = "UNSUPPORTED" if paging.over_maximum == 405 else "PAGINATION_NUMBER_INVALID"
        raise Refusal(paging.over_maximum, code, f"n must be less than or equal to {paging.maximum}")
    return paging.maximum


def _start(ordered: list[str], last: str, paging: Paging) -> int:
    """Return the position of the first name after a cursor."""
    if not last:
        return 0
    if paging.cursor == "opaque":
        return _after(ordered, _opened(last), paging)
    if paging.cursor == "position":
        return int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
    return _after(ordered, last, paging)


def _after(ordered: list[str], name: str, paging: Paging) -> int:
    if paging.order == "ascii":
        return bisect_right(ordered, name)
    # Without an order only a name that is in the list has a place in it.
    return ordered.index(name) + 1 if name in ordered else len(ordered)


def _cursor(ordered: list[str], position: int, paging: Paging) -> str:
    name = ordered[position - 1]
    if paging.cursor == "opaque":
        return _OPAQUE + base64.urlsafe_b64encode(name[::-1].encode()).decode()
    return str(position) if paging.cursor == "position" else name


def _opened(cursor: str) -> str:
    invalid = Refusal(405, "UNSUPPORTED", "Invalid next token")
    if not cursor.startswith(_OPAQUE):
        raise invalid
    try:
        return base64.urlsafe_b64decode(cursor.removeprefix(_OPAQUE)).decode()[::-1]
    except (ValueError, binascii.Error):
        raise invalid from None


def _link(call: Call, paging: Paging, cursor: str, size: int) -> Header:
    size_said = call.parameter("n") or str(size)
    target = f"{call.path}?last={quote(cursor, safe='')}&n={size_said}"
    if paging.link == "absolute":
        target = call.origin + target
    elif paging.link == "inner path":
        target = "/artifactory/api/docker/inner" + target
    return b"link", text(f'<{target}>; rel="next"')
