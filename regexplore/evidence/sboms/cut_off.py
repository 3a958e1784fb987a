"""JSON documents that end in the middle: what stands before the cut is read, and the cut is told of."""

from __future__ import annotations

import json
import re
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.limits import MAX_PACKAGES
from regexplore.oci import strict_json

# The lists that SBOM formats keep their packages in.
_LIST = re.compile(rb'"(@graph|packages|components|artifacts)"\s*:\s*\[', re.ASCII)
_BETWEEN = re.compile(r"[\s,]*")


def whole_elements(raw: bytes) -> tuple[Any, str]:
    """Read what is whole of a document that is cut off.

    Returns
    -------
    tree : dict
        The members before the list of packages, and those elements of the list that are whole.
    problem : str
        Where it was cut.

    Raises
    ------
    DocumentError
        It is broken in another way, or nothing of the list is whole.
    """
    found = _LIST.search(raw)
    if found is None:
        raise DocumentError("the document is cut off before its list of packages")
    head = strict_json.loads(raw[: found.start()].rstrip().rstrip(b",") + b"}")
    elements = _elements(raw[found.end() :].decode("utf-8", "replace"))
    if not elements:
        raise DocumentError("the document is cut off within its first package")
    key = found[1].decode("ascii")
    told = f"the document is cut off after {len(raw):,} bytes: {len(elements)} elements of {key!r} are whole"
    return {**head, key: elements}, told


def _elements(text: str) -> list[Any]:
    decoder, elements, place = json.JSONDecoder(), list[Any](), 0
    while len(elements) <= MAX_PACKAGES * 5:
        between = _BETWEEN.match(text, place)
        place = between.end() if between else place
        try:
            element, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        elements.append(element)
    return elements
