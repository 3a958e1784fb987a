"""Very many tags in the order of versions: the order of `version_key`, worked out for all of them at once.

A key for each tag costs as much as everything else that a listing of 100,000 tags needs. Here the tags are one text;
it is cut at its numbers, and each of the pieces, most of which come again and again, is turned into its part of the
key once; numbers, which mostly differ, are turned into theirs in one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regexplore.frames.order import PRE_RELEASES, version_key

_NUMBERS = re.compile(r"([0-9]+)", re.ASCII)
_WORDS = re.compile(r"[A-Za-z]+")

# Parts of a key sort as the parts of `version_key` do: a pre-release word, the end, another word, a number.
_BEFORE, _END, _NUMBER = "\x01", "\x02", "\x7f"
# Sorts before everything that may stand at its place, so that "a" comes before "ab".
_STOP = "\x00"
_LENGTHS = 0x100


def sorted_versions(tags: Iterable[str]) -> list[str]:
    """Return tags in the order of versions, equal versions in the order of their text.

    Examples
    --------
    >>> sorted_versions(["v1.10", "1.9", "1.10-rc1", "latest", "1.10-alpine"])
    ['latest', '1.9', '1.10-rc1', 'v1.10', '1.10-alpine']
    """
    ordered = sorted(tags)
    text = "\n".join(ordered)
    if text.count("\n") != max(len(ordered) - 1, 0):
        # No tag of a registry holds the end of a line; what does is sorted one by one.
        return sorted(ordered, key=version_key)
    keys = _keys(text)
    # Sorting keeps the order of what is equal: that of the text.
    return [ordered[n] for n in sorted(range(len(ordered)), key=keys.__getitem__)]


def _keys(text: str) -> list[str]:
    pieces: list[str] = _NUMBERS.split(f"\n{text}\n")
    pieces[::2] = map(_Between().__getitem__, pieces[::2])
    pieces[1::2] = _numbers(pieces[1::2])
    return "".join(pieces).split("\n")[1:]


def _numbers(numbers: list[str]) -> list[str]:
    """Give numbers as parts of keys: compared by length, then as text."""
    digits = [number.lstrip("0") for number in numbers]
    lengths = set(map(len, digits))
    marks = {length: f"{_NUMBER}{chr(_LENGTHS + min(length, 0xFFFF))}" for length in lengths}
    return [marks[len(text)] + text for text in digits]


class _Between(dict[str, str]):
    """What stands between two numbers as parts of keys: words, and where a tag ends and the next begins."""

    def __missing__(self, piece: str) -> str:
        *ended, begun = piece.split("\n")
        if begun in ("v", "V") and ended:
            # "v1" is version 1.
            begun = ""
        part = self[piece] = "".join(f"{_words(words)}{_END}\n" for words in ended) + _words(begun)
        return part


def _words(text: str) -> str:
    words = (word.lower() for word in _WORDS.findall(text))
    return "".join(f"{_BEFORE if word in PRE_RELEASES else ''}{word}{_STOP}" for word in words)
