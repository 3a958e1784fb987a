"""Bytes that are nearly right: seeds with a few changes, in their text or in their tree.

Random bytes do not get past the first check of a parser; a sound document with one field of another type does.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

WORDS = (
    b"", b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r\n", b"\x1b[2J", b"-1", b"0", b"1e999", b"NaN",
    b"9" * 30, b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]", b"<", b">", b"=", b";", b",", b":", b"/", b"//",
    b"../", b"%2e", b"@", b"#", b"?", b"&", b" ", b"\t", b"null", b"true", b"[[[[", b"<!DOCTYPE a>", b"&amp;", b"<text>",
    b"-----BEGIN ", b"sha256:", b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08",
)  # fmt: skip
ODD = (
    None, True, False, 0, -1, 1, 1 << 63, 1 << 70, 1.5, 1e308, "", "a", "\0", "é", "\u202e", "9" * 30, "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "sha256:" + "0" * 64, "a/b", [], {}, [[]], [None], [0], [""],
    [{}], {"a": 1}, {"": {}}, ["a", 1, None, {}, []], "x" * 5000,
)  # fmt: skip


def nearly(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Return seeds with changes, and now and then anything."""
    trees = [tree for tree in map(_tree, seeds) if tree is not None]
    ways = [_edited(seeds), _edited(seeds), st.binary(max_size=200)]
    if trees:
        ways += [_grafted(trees), _grafted(trees)]
    return st.one_of(ways)


def _tree(seed: bytes) -> Any:
    try:
        tree = json.loads(seed)
    except ValueError:
        return None
    return tree if isinstance(tree, dict | list) else None


@st.composite
def _edited(draw: Callable[..., Any], seeds: tuple[bytes, ...]) -> bytes:
    raw = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.sampled_from((0, 0, 1, 2, 4, 8, 64, 100_000))))
        piece = draw(st.one_of(st.sampled_from(WORDS), st.binary(max_size=8), st.just(bytes(raw[:40]))))
        raw[start:end] = piece * draw(st.sampled_from((1, 1, 1, 2, 50)))
    return bytes(raw)


@st.composite
def _grafted(draw: Callable[..., Any], trees: list[Any]) -> bytes:
    tree = copy.deepcopy(draw(st.sampled_from(trees)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(_places(tree))))
        parent, key = place
        value = copy.deepcopy(draw(st.sampled_from(ODD)))
        match draw(st.sampled_from(("set", "set", "drop", "double", "wrap"))):
            case "set":
                parent[key] = value
            case "drop":
                del parent[key]
            case "wrap":
                parent[key] = [parent[key]]
            case "double" if isinstance(parent, list):
                parent += [copy.deepcopy(parent[key]), value]
            case _:
                parent[draw(st.sampled_from(("a", "", "$ref", "mediaType", "data")))] = copy.deepcopy(
                    parent[key]
                )
        if not list(_places(tree)):
            break
    return json.dumps(tree).encode()


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every value that can be replaced: who holds it, and under which key."""
    waiting = [tree]
    while waiting:
        holder = waiting.pop()
        for key, value in list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder)):
            yield holder, key
            if isinstance(value, dict | list):
                waiting.append(value)


# ---- large and ill-meant -------------------------------------------------------------------------

FILLS = (
    b"a", b" ", b"\t ", b",", b'"', b"\\", b"\\\\", b"<", b"<a>", b"[", b"[]", b"{", b"(", b";", b"a=b,", b"=", b":", b"/", b"a/",
    b".", b"a.", b"-", b"_", b"0", b"9", b"1.", b"\n", b"a\n", b"a: b\n", b"\0", b"\xff", b"&#97;", b"~", b"\\u0061", b"%", b"*",
)  # fmt: skip


def large(seeds: tuple[bytes, ...], size: int) -> Iterator[tuple[str, bytes]]:
    """Yield inputs of about so many bytes, each with a name, that make a careless reader go over them again and again."""
    for fill in FILLS:
        filled = fill * (size // len(fill))
        yield f"only {fill!r}", filled
        for n, seed in enumerate(seeds):
            for cut in sorted({len(seed) // 3, len(seed) * 2 // 3}):
                yield f"seed {n} with {fill!r} at {cut}", seed[:cut] + filled + seed[cut:]
    for n, seed in enumerate(seeds):
        yield f"seed {n} over and over", seed * (size // max(1, len(seed)) + 1)
        tree = _tree(seed)
        if tree is not None:
            yield from _large_trees(n, tree, size)


def _large_trees(n: int, tree: Any, size: int) -> Iterator[tuple[str, bytes]]:
    for number in range(len(list(_places(tree)))):
        for how in ("repeat", "text", "keys", "deep", "lines"):
            grown = copy.deepcopy(tree)
            holder, key = list(_places(grown))[number]
            held = holder[key]
            if how == "repeat" and isinstance(holder, list):
                holder += [held] * (size // (len(json.dumps(held)) + 2))
            elif how == "text" and isinstance(held, str):
                holder[key] = (held or "a") * (size // max(1, len(held)))
            elif how == "lines" and isinstance(held, str):
                holder[key] = "\n a:" * (size // 4)
            elif how == "keys" and isinstance(held, dict):
                held.update({f"{n}": 0 for n in range(size // 10)})
            elif how == "deep":
                holder[key] = json.loads("[" * 90 + "]" * 90)
            else:
                continue
            yield f"seed {n}, {how} at {number} ({key!r})", json.dumps(grown).encode()
