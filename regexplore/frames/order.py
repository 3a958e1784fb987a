"""The order people expect of tags: 1.9 before 1.10, a release candidate before its release."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[0-9]+|[A-Za-z]+")
PRE_RELEASES = frozenset({"alpha", "beta", "dev", "nightly", "pre", "preview", "rc", "snapshot"})

# Ranks of what may stand at one place: a pre-release word, the end, another word, a number.
_BEFORE, _END, _WORD, _NUMBER = range(4)

Key = tuple[tuple[int, int, str], ...]


def version_key(tag: str) -> tuple[Key, str]:
    """Give the key that sorts tags as versions; equal versions in the order of their text.

    A leading ``v`` does not count. Digits are compared by length and then as text, so that a tag of a
    thousand digits costs nothing.

    Examples
    --------
    >>> sorted(["v1.10", "1.9", "1.10-rc1", "latest", "1.10-alpine"], key=version_key)
    ['latest', '1.9', '1.10-rc1', 'v1.10', '1.10-alpine']
    """
    text = tag[1:] if re.match(r"[vV][0-9]", tag) else tag
    return (*map(_ranked, _PARTS.findall(text)), (_END, 0, "")), tag


def _ranked(part: str) -> tuple[int, int, str]:
    if part[0].isdigit():
        digits = part.lstrip("0")
        return _NUMBER, len(digits), digits
    word = part.lower()
    return (_BEFORE if word in PRE_RELEASES else _WORD), 0, word
