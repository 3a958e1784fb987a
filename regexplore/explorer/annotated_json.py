"""A JSON document as lines: what it says, what some of it means, and where its descriptors lead."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from regexplore.explorer.pane import Lines, Piece
from regexplore.explorer.place import Place
from regexplore.show import text as words

MAX_LINES = 4_000
MAX_TEXT = 2_000
INDENT = "  "

Path = tuple[str | int, ...]
Lead = Callable[[Path], Place | None]


def annotated(document: Any, leads: Lead) -> Lines:
    """Write a document.

    Parameters
    ----------
    document
        Plain objects, as JSON gives them.
    leads
        Gives the place of the descriptor at a path such as ``("layers", 0)``.
    """
    lines: list[tuple[Piece, ...]] = []
    for line in _lines(document, (), "", "", leads):
        if len(lines) >= MAX_LINES:
            lines.append((Piece(f"… cut here after {MAX_LINES:,} lines; .raw holds all of it", "note"),))
            break
        lines.append(tuple(line))
    return Lines(tuple(lines))


def _lines(node: Any, path: Path, before: str, after: str, leads: Lead) -> Iterator[list[Piece]]:
    """Write a node: ``before`` is what stands left of it on its first line, ``after`` the comma behind it."""
    indent = INDENT * len(path)
    head = [Piece(indent)] + ([Piece(before, "key"), Piece(": ")] if before else [])
    if isinstance(node, dict | list) and node:
        opening, closing = ("{", "}") if isinstance(node, dict) else ("[", "]")
        yield [*head, Piece(opening), *_count(node, path)]
        items = list(node.items() if isinstance(node, dict) else enumerate(node))
        for n, (key, item) in enumerate(items):
            name = _quoted(key) if isinstance(node, dict) else ""
            yield from _lines(item, (*path, key), name, "," if n < len(items) - 1 else "", leads)
        yield [Piece(f"{indent}{closing}{after}")]
        return
    place = leads(path[:-1]) if path and path[-1] == "digest" else None
    look = "text" if isinstance(node, str) else "number"
    yield [*head, Piece(_quoted(node), look, place), Piece(after), *_meaning(node, path)]


def _quoted(node: Any) -> str:
    return words.cut(json.dumps(node, ensure_ascii=False), MAX_TEXT)


def _count(node: Any, path: Path) -> list[Piece]:
    if isinstance(node, list) and path and path[-1] in ("layers", "manifests", "blobs"):
        noun = {"layers": "layer", "manifests": "manifest", "blobs": "blob"}[str(path[-1])]
        return [Piece(f"  {words.count(len(node), noun)}", "note")]
    return []


def _meaning(node: Any, path: Path) -> list[Piece]:
    if path and path[-1] == "size" and isinstance(node, int) and node >= 1024:
        return [Piece(f"  {words.human_bytes(node)}", "note")]
    return []
