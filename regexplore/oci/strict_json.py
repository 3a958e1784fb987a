"""JSON read so that no two careful readers can disagree about it.

Refused, each with its JSON path: bytes that are not UTF-8, a byte order mark, equal keys in one object,
NaN and Infinity, lone surrogates, nesting beyond `MAX_DEPTH`, integers too long to be numbers.

Most documents come without any oddity, and that is shown at once: written again, they are the same text. Only the
others are read with the care that finds out what is wrong, and where.

Source: RFC 8259 section 8.1 (UTF-8, no byte order mark), section 4 (unique names), section 6 (numbers).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from regexplore.errors import DocumentError
from regexplore.oci.excerpt import excerpt

MAX_DEPTH = 100

_ESCAPES = re.compile(rb"\\.", re.DOTALL)
_TEXTS = re.compile(rb'"[^"]*"')
_NO_MARKS = bytes(set(range(256)) - set(b'{}[]"'))
_ONE_KIND = bytes.maketrans(b"[]", b"{}")
# Go writes these so, lest a browser take JSON for HTML.
_GO_ESCAPES = ((b"\\u0026", b"&"), (b"\\u003c", b"<"), (b"\\u003e", b">"))


class _Flaw:
    """Stands in the tree where something was refused, so that its path can be told."""

    def __init__(self, message: str) -> None:
        self.message = message


class _FlawedObject(dict[str, Any]):
    """An object with equal keys; remembers which."""

    flaw: _Flaw


class _Reader:
    """One decoding; notes whether any flaw was met, so that sound documents pay for no second pass."""

    def __init__(self) -> None:
        self.flawed = False

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        self.flawed = True
        seen: set[str] = set()
        double = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        flawed = _FlawedObject(value)
        flawed.flaw = _Flaw(f"key {excerpt(double)} stands twice in one object")
        return flawed

    def constant(self, name: str) -> _Flaw:
        self.flawed = True
        return _Flaw(f"{name} is not JSON")


def loads(raw: bytes) -> Any:
    """Decode JSON strictly.

    Parameters
    ----------
    raw : bytes
        The whole document.

    Returns
    -------
    dict, list, str, int, float, bool or None

    Raises
    ------
    DocumentError
        The bytes are not JSON, or could be read in more than one way.

    Examples
    --------
    >>> loads(b'{"size": 2}')
    {'size': 2}
    """
    sound, tree = _read_at_once(raw)
    return tree if sound else _read_with_care(raw)


def _read_at_once(raw: bytes) -> tuple[bool, Any]:
    """Decode a document of which nothing is lost by that, and tell whether it is one.

    Its text without white space is what its tree is written as: a key that stood twice would be missing there, and
    whatever can be written in two ways is not among what this lets pass.
    """
    try:
        tree = msgspec.json.decode(raw)
        text = msgspec.json.format(raw, indent=-1)
        if b"\\" in text and b"\\\\" not in text:
            for escaped, plain in _GO_ESCAPES:
                text = text.replace(escaped, plain)
        same = msgspec.json.encode(tree) == text
    except (msgspec.MsgspecError, UnicodeError, ValueError, OverflowError, RecursionError):
        return False, None
    return same and _depth(text) <= MAX_DEPTH, tree


def _read_with_care(raw: bytes) -> Any:
    text = _decode(raw)
    reader = _Reader()
    try:
        tree = json.loads(text, object_pairs_hook=reader.object, parse_constant=reader.constant)
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"not JSON: {error.msg}, line {error.lineno} column {error.colno}", where="$"
        ) from None
    except RecursionError:
        raise DocumentError(f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:
        # int() refuses texts of several thousand digits.
        raise DocumentError("an integer has too many digits") from None
    if reader.flawed or _needs_walk(raw):
        _refuse_flaws(tree)
    return tree


def _decode(raw: bytes) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise DocumentError("starts with a byte order mark, which JSON does not allow")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(f"not UTF-8: byte {error.start} cannot be decoded") from None


def _needs_walk(raw: bytes) -> bool:
    return _depth(raw) > MAX_DEPTH or b"\\ud" in raw or b"\\uD" in raw


def _depth(raw: bytes) -> int:
    """Give how deep a document is nested, as far as `MAX_DEPTH`; it was decoded before, so its texts are whole."""
    marks = raw.translate(None, _NO_MARKS)
    most = marks.count(b"{") + marks.count(b"[")
    if most <= MAX_DEPTH:
        return most
    # What is left of a text without brackets is two quotes; a quote that is escaped ends none.
    if b"\\" in raw:
        marks = _ESCAPES.sub(b"", raw).translate(None, _NO_MARKS)
    brackets = _TEXTS.sub(b"", marks.replace(b'""', b"")).translate(_ONE_KIND)
    depth = 0
    while brackets and depth <= MAX_DEPTH:
        # The innermost of each branch goes, and with it one level.
        brackets = brackets.replace(b"{}", b"")
        depth += 1
    return depth


def _refuse_flaws(tree: Any) -> None:
    for where, depth, value in _walk(tree):
        if depth > MAX_DEPTH:
            raise DocumentError(f"nested deeper than {MAX_DEPTH} levels", where=where[:200])
        if isinstance(value, _Flaw):
            raise DocumentError(value.message, where=where)
        if isinstance(value, _FlawedObject):
            raise DocumentError(value.flaw.message, where=where)
        if isinstance(value, str) and not _encodable(value):
            raise DocumentError("text with half a surrogate pair", where=where)


def _walk(tree: Any) -> Iterator[tuple[str, int, Any]]:
    """Every value with its path and depth, in document order, without recursion."""
    stack: list[tuple[str, int, Any]] = [("$", 0, tree)]
    while stack:
        where, depth, value = stack.pop()
        yield where, depth, value
        if isinstance(value, dict):
            for key in value:
                yield f"{where}.{excerpt(key)}", depth, key
            stack.extend((f"{where}.{key}", depth + 1, item) for key, item in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend((f"{where}[{n}]", depth + 1, value[n]) for n in reversed(range(len(value))))


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
