"""A JSON document as lines: what it says, and at the first of each field what that means.

One piece of code for explanations and for the explorer: spans say what they are, and where a digest stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from regexplore.knowledge.entries import MEDIA_TYPE, find
from regexplore.knowledge.fields import field as field_of
from regexplore.show import text as words
from regexplore.show.element import element, joined
from regexplore.show.escape import Markup, terminal

MAX_LINES = 4_000
MAX_TEXT = 2_000
MAX_DEPTH = 100
INDENT = "  "

Path = tuple[str | int, ...]
Look = Literal["", "key", "text", "number", "note"]


@dataclass(frozen=True, slots=True)
class Span:
    """Some text of a line; ``path`` leads to the descriptor whose digest it is."""

    text: str
    look: Look = ""
    path: Path | None = None


Line = tuple[Span, ...]


def annotated(document: Any, kind: str = "") -> tuple[Line, ...]:
    """Write a document.

    Parameters
    ----------
    document
        Plain objects, as JSON gives them.
    kind
        What its fields are explained as: ``manifest``, ``index``, ``config`` ...; "" for not at all.
    """
    lines: list[Line] = []
    for line in _Writer().lines(document, (), "", "", kind, ""):
        if len(lines) >= MAX_LINES:
            lines.append((Span(f"… cut here after {MAX_LINES:,} lines; .raw holds all of it", "note"),))
            break
        lines.append(tuple(line))
    return tuple(lines)


@dataclass(slots=True)
class _Writer:
    """Remembers what was explained already: a list of layers need not say forty times what a digest is."""

    explained: set[tuple[str, str]] = field(default_factory=set)

    def lines(
        self, node: Any, path: Path, before: str, after: str, kind: str, each: str, note: str = ""
    ) -> Iterator[list[Span]]:
        """Write a node: ``before`` stands left of it on its first line, ``after`` is the comma behind it."""
        head = [Span(INDENT * len(path))] + ([Span(before, "key"), Span(": ")] if before else [])
        if not isinstance(node, dict | list) or not node or len(path) > MAX_DEPTH:
            place = path[:-1] if path and path[-1] == "digest" else None
            look: Look = "text" if isinstance(node, str) else "number"
            shown = _quoted(node) if len(path) <= MAX_DEPTH else "…"
            yield [*head, Span(shown, look, place), Span(after), *_notes(note, _size(node, path))]
            return
        opening, closing = ("{", "}") if isinstance(node, dict) else ("[", "]")
        yield [*head, Span(opening), *_notes(note, _count(node, path))]
        items = list(node.items() if isinstance(node, dict) else enumerate(node))
        for n, (key, item) in enumerate(items):
            comma = "," if n < len(items) - 1 else ""
            if isinstance(node, list):
                yield from self.lines(item, (*path, key), "", comma, each, "")
                continue
            known = field_of(each or kind, key)
            meaning = self._once(each or kind, key, item, known.words) if known else ""
            below, entries = (known.kind, known.each) if known else ("", "")
            yield from self.lines(item, (*path, key), _quoted(key), comma, below, entries, meaning)
        yield [Span(f"{INDENT * len(path)}{closing}{after}")]

    def _once(self, kind: str, key: str, item: Any, meaning: str) -> str:
        """Give the meaning of a field the first time, and of a media type the first time it comes."""
        told = find(MEDIA_TYPE, item) if key == "mediaType" and isinstance(item, str) else None
        mark = (kind, item if told is not None else key)
        if mark in self.explained:
            return ""
        self.explained.add(mark)
        return meaning if told is None else told.words.rstrip(".")


def _quoted(node: Any) -> str:
    return words.cut(json.dumps(node, ensure_ascii=False), MAX_TEXT)


def _count(node: Any, path: Path) -> str:
    if isinstance(node, list) and path and path[-1] in ("layers", "manifests", "blobs"):
        noun = {"layers": "layer", "manifests": "manifest", "blobs": "blob"}[str(path[-1])]
        return words.count(len(node), noun)
    return ""


def _size(node: Any, path: Path) -> str:
    return words.human_bytes(node) if path and path[-1] == "size" and _is_large(node) else ""


def _is_large(node: Any) -> bool:
    return isinstance(node, int) and node >= 1024


def _notes(*notes: str) -> list[Span]:
    said = "; ".join(filter(None, notes))
    return [Span(f"  {said}", "note")] if said else []


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """The lines of a document as the body of a card's section."""

    lines: tuple[Line, ...]
    left: int = 0

    @property
    def total(self) -> int:
        """How many lines there are."""
        return len(self.lines) + self.left

    def cut(self, rows: int, width: int) -> AnnotatedDocument:
        """Give the first lines, and each of its spans no longer than a few widths."""
        kept = tuple(
            tuple(Span(words.cut(span.text, 3 * width), span.look) for span in line)
            for line in self.lines[: 4 * rows]
        )
        return AnnotatedDocument(kept, self.total - len(kept))

    def to_text(self) -> list[str]:
        """Give the lines, notes behind a number sign."""
        lines = [
            "".join(f"  # {terminal(span.text.strip())}" if span.look == "note" else terminal(span.text)
                    for span in line)
            for line in self.lines
        ]  # fmt: skip
        return [*lines, self._rest] if self.left else lines

    def to_html(self) -> Markup:
        """Give the lines, notes muted."""
        lines = [joined([_span(span) for span in line]) for line in self.lines]
        if self.left:
            lines.append(element("span", self._rest, class_="rx-muted"))
        return element("pre", Markup("\n".join(lines)))

    @property
    def _rest(self) -> str:
        return f"… {words.count(self.left, 'more line')}"


def _span(span: Span) -> Markup:
    return element("span", span.text, class_="rx-muted" if span.look == "note" else "")
