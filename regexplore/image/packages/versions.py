"""Which of two versions of a package is the later one.

Operating systems' packages have an order of their own, which is also right for plain dotted numbers; what else there
is (pre-releases of npm, local versions of Python) is not ordered here.

Source: deb-version(7); rpm's version comparison agrees with it but for rare cases.
"""

from __future__ import annotations

import re

ORDERED = frozenset({"deb", "rpm", "apk"})
_PLAIN = re.compile(r"v?[0-9]+(?:\.[0-9]+)*", re.ASCII)
_PARTS = re.compile(r"([^0-9]*)([0-9]*)", re.ASCII)


def later(kind: str, before: str, after: str) -> bool | None:
    """Return whether ``after`` is the later version; None when that cannot be told, or they are equal.

    Examples
    --------
    >>> later("deb", "1:2.0-1", "2.0-9"), later("pypi", "1.9", "1.10"), later("pypi", "1.0", "1.0rc1")
    (False, True, None)
    """
    if before == after:
        return None
    if kind not in ORDERED and not (_PLAIN.fullmatch(before) and _PLAIN.fullmatch(after)):
        return None
    one, other = _key(before), _key(after)
    return None if one == other else one < other


def _key(version: str) -> tuple[object, list[object], list[object]]:
    epoch, colon, rest = version.partition(":")
    if not colon or not (epoch.isascii() and epoch.isdigit()):
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return _number(epoch), _pieces(upstream.removeprefix("v")), _pieces(revision)


def _pieces(text: str) -> list[object]:
    """Return what is compared: words by Debian's order of characters, numbers as numbers."""
    pieces: list[object] = []
    # Nothing at all counts as a zero, as a missing revision does.
    for word, number in _PARTS.findall(text or "0"):
        if not word and not number:
            break
        pieces += [(*(_weight(character) for character in word), 0), _number(number)]
    # The end sorts before everything but a tilde, at the place of a word.
    return [*pieces, (0,)]


def _number(digits: str) -> tuple[int, str]:
    """Return what orders digits as numbers; of any length, where int() has a limit and takes its time."""
    plain = digits.lstrip("0")
    return len(plain), plain


def _weight(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
