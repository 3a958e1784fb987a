"""Reading trees that anybody may have written: what has not the expected shape is missing, never an error."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regexplore.errors import DocumentError
from regexplore.oci.image_config import parse_time

MAX_TEXT = 10_000


def at(tree: Any, *path: str) -> Any:
    """Follow keys; None where there is none.

    Examples
    --------
    >>> at({"a": {"b": 1}}, "a", "b")
    1
    >>> at({"a": []}, "a", "b") is None
    True
    """
    for key in path:
        # A dict nearly always, and that is cheap to tell; the abstract class is not.
        if not isinstance(tree, (dict, Mapping)):
            return None
        tree = tree.get(key)
    return tree


def text(tree: Any, key: str, *path: str) -> str:
    """Give the text at a path, cut at `MAX_TEXT`; "" where there is none."""
    # An SBOM has tens of thousands of texts, and all but a few of them one key away.
    found = at(tree, key, *path) if path or not isinstance(tree, dict) else tree.get(key)
    return found[:MAX_TEXT] if isinstance(found, str) else ""


def tables(tree: Any, *path: str, limit: int) -> list[Mapping[str, Any]]:
    """Give the objects of the list at a path, at most so many; what is no object is left out."""
    found = at(tree, *path)
    return (
        [one for one in found[:limit] if isinstance(one, (dict, Mapping))] if isinstance(found, list) else []
    )


def texts(tree: Any, *path: str, limit: int = 1_000) -> tuple[str, ...]:
    """Give the texts of the list at a path."""
    found = at(tree, *path)
    return (
        tuple(one[:MAX_TEXT] for one in found[:limit] if isinstance(one, str))
        if isinstance(found, list)
        else ()
    )


def moment(tree: Any, *path: str) -> datetime | None:
    """Give the time at a path; None for what is none."""
    return parse_time(text(tree, *path))


def base64_bytes(value: Any, where: str) -> bytes:
    """Decode standard or URL-safe base64, with padding or without.

    Raises
    ------
    DocumentError
        The value is no base64 text.
    """
    if not isinstance(value, str) or not value.isascii():
        raise DocumentError("no base64 text", where=where)
    # Some tools break lines, as MIME does.
    plain = "".join(value.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        raise DocumentError("no base64 text", where=where) from None
