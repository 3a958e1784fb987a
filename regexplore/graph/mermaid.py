"""A picture as Mermaid, for Markdown pages that draw it themselves.

Node names are counters. In labels every character that is not plainly harmless is written as a character
code, so that no text can end a label, start a directive or become markup.

Source: the flowchart syntax of Mermaid, "Entity codes to escape characters".
"""

from __future__ import annotations

import re

from regexplore.graph.dot import node_names
from regexplore.graph.fold import LIMIT, Line, fold
from regexplore.graph.labels import Label, label
from regexplore.graph.model import ADDED, REMOVED, ContentGraph
from regexplore.graph.style import FAMILIES, stroke
from regexplore.show.escape import terminal

_HARMLESS = re.compile(r"[A-Za-z0-9 ._/,()+-]", re.ASCII)
_BRACKETS = {
    "tag": (">", "]"),
    "index": ("[[", "]]"),
    "image": ("[", "]"),
    "artifact": ("[/", "/]"),
    "signature": ("{{", "}}"),
    "sbom": ("([", "])"),
    "attestation": ("([", "])"),
    "config": ("(", ")"),
    "layer": ("[", "]"),
    "blob": ("[(", ")]"),
    "unknown": ("[", "]"),
    "missing": ("[", "]"),
}
_DASHES = {"dashed": "stroke-dasharray:6 4", "dotted": "stroke-dasharray:1 4"}


def to_mermaid(graph: ContentGraph, *, limit: int = LIMIT) -> str:
    """Return a graph as a Mermaid flowchart.

    Parameters
    ----------
    graph : ContentGraph
    limit : int
        Above so many nodes the picture folds.
    """
    picture = fold(graph, limit)
    names = node_names(picture)
    lines = ["flowchart LR"]
    for key, item in picture.items.items():
        opening, closing = _BRACKETS[item.family]
        lines.append(f'  {names[key]}{opening}"{_lines(label(picture, item))}"{closing}:::{item.family}')
    lines += [_arrow(names[line.source], names[line.target], line.change) for line in picture.lines]
    lines += _line_styles(picture.lines)
    families = {item.family for item in picture.items.values()}
    lines += [_class(family) for family in FAMILIES if family in families]
    if picture.notes:
        lines.append(f'  notes["{"<br/>".join(text(note) for note in picture.notes)}"]:::notes')
        lines.append("  classDef notes fill:none,stroke:none")
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    """Escape text for a label in quotes.

    Examples
    --------
    >>> text('a"]')
    'a#34;#93;'
    """
    return "".join(c if _HARMLESS.match(c) else f"#{ord(c)};" for c in terminal(value))


def _lines(said: Label) -> str:
    first = f"<b>{text(said.word)}</b> {text(said.detail)}".strip()
    second = " ".join(text(part) for part in (said.digest, said.size) if part)
    rest = [text(part) for part in (said.inside, said.hidden, said.error, said.change) if part]
    return "<br/>".join(part for part in (first, second, *rest) if part)


def _arrow(source: str, target: str, change: str) -> str:
    said = f"|{change}|" if change in (ADDED, REMOVED) else ""
    return f"  {source} -->{said} {target}"


def _line_styles(lines: list[Line]) -> list[str]:
    """One style line for each way to draw: Mermaid counts the edges from 0."""
    numbers: dict[str, list[str]] = {}
    for n, line in enumerate(lines):
        look = stroke(line.kind)
        style = ",".join(part for part in (f"stroke:{look.colour.light}", _DASHES.get(look.outline)) if part)
        numbers.setdefault(style, []).append(str(n))
    return [f"  linkStyle {','.join(which)} {style}" for style, which in numbers.items()]


def _class(family: str) -> str:
    style = FAMILIES[family]
    dashes = ",stroke-dasharray:4 3" if style.outline == "dashed" else ""
    colours = f"fill:{style.fill.light},stroke:{style.line.light},color:#1f2328"
    return f"  classDef {family} {colours}{dashes}"
