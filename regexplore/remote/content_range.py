"""Answers to range requests: believed only when they say that they hold what was asked for.

Source: RFC 9110 section 14.4 (``Content-Range``) and 15.3.7 (206).
"""

from __future__ import annotations

import re

import requests

from regexplore.errors import NotSeekableError
from regexplore.oci import Descriptor
from regexplore.remote.limits import content_length

NO_RANGES = frozenset({200, 416, 501})
"""Statuses that mean: no ranges here."""

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)", re.ASCII)


def check_range(response: requests.Response, target: Descriptor, first: int, last: int) -> None:
    """Close an answer that does not hold the bytes from ``first`` to ``last``, and refuse it.

    Raises
    ------
    NotSeekableError
    """
    problem = _problem(response, target, first, last)
    if problem:
        response.close()
        raise NotSeekableError(f"{target.digest}: {problem}")


def _problem(response: requests.Response, target: Descriptor, first: int, last: int) -> str:
    """Return what is wrong with a range answer; "" when nothing is."""
    if response.headers.get("Content-Type", "").lower().startswith("multipart/"):
        return "several ranges came back, one was asked for"
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        return "the range is encoded, which was not asked for"
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None:
        return "the answer does not say which range it holds"
    start, end, total = found.groups()
    if (int(start), int(end)) != (first, last) or total not in ("*", str(target.size)):
        return f"asked for bytes {first} to {last}, got {found.group()}"
    length = content_length(response)
    if length is not None and length != last - first + 1:
        return f"the range should have {last - first + 1} bytes, not {length}"
    return ""
