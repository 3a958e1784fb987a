"""A picture as DOT, the language of Graphviz.

Nothing that came from a registry decides about the structure: nodes are called ``n1``, ``n2`` and so on,
labels are tables built through one escaper, every other text goes through one quoter, and there is no
attribute that makes Graphviz open a file or write a link. Records and orthogonal lines are not used either:
they make Graphviz fail on graphs that are perfectly fine.

Source: the DOT language and Graphviz' HTML-like labels; class names become CSS classes in SVG.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import cache, lru_cache

import graphviz

from regexplore.content.node import ABOUT_EDGES
from regexplore.graph.fold import LIMIT, Item, Line, Picture, fold
from regexplore.graph.labels import Label, label, tooltip
from regexplore.graph.model import ADDED, REMOVED, SAME, ContentGraph
from regexplore.graph.style import (
    ABOUT_STROKE,
    CONTENT_STROKE,
    FAMILIES,
    INK,
    MARGIN,
    MUTED,
    TAG_STROKE,
    Stroke,
    Style,
    stroke,
)
from regexplore.graph.style import ADDED as ADDED_COLOUR
from regexplore.graph.style import REMOVED as REMOVED_COLOUR
from regexplore.show.escape import terminal

SANS = "Helvetica"
MONO = "Courier"
# What most nodes and edges have is said once.
_NODE_DEFAULTS = {
    "shape": "box",
    "style": "filled,solid",
    "penwidth": "1.1",
    "peripheries": "1",
    "margin": MARGIN,
}
_EDGE_DEFAULTS = {"color": CONTENT_STROKE.colour.light, "style": CONTENT_STROKE.outline}
FAMILY_WORDS = {"sbom": "SBOM", "missing": "missing or failed"}
_MARKS = {ADDED: ADDED_COLOUR, REMOVED: REMOVED_COLOUR}
_LINE_SIGNS = {"solid": "───", "dashed": "╌╌╌", "dotted": "·····", "bold": "━━━"}


def to_dot(graph: ContentGraph, *, limit: int = LIMIT, background: str = "white") -> str:
    """Return a graph as DOT source.

    Parameters
    ----------
    graph : ContentGraph
    limit : int
        Above so many nodes the picture folds.
    background : str
        A colour, or ``transparent``.
    """
    return picture_to_dot(fold(graph, limit), background=background)


def picture_to_dot(picture: Picture, *, background: str = "white", legend: bool = True) -> str:
    """Return a folded graph as DOT source, with a legend below it unless another place shows one."""
    drawing = graphviz.Digraph("regexplore")
    drawing.attr(
        "graph",
        rankdir="LR",
        bgcolor=background,
        nodesep="0.14",
        ranksep="0.55",
        pad="0.15",
        fontname=SANS,
        fontsize="10",
        labelloc="b",
        labeljust="l",
        tooltip=quoted(picture.graph.title or "content graph"),
        label=_legend(picture) if legend else "",
    )
    drawing.attr("node", fontname=SANS, fontsize="10", height="0.3", **_NODE_DEFAULTS)
    drawing.attr("edge", fontname=SANS, fontsize="9", arrowsize="0.6", penwidth="1.1", **_EDGE_DEFAULTS)
    names = node_names(picture)
    # Digraph.node and .edge look at every attribute of every statement anew; most are the same.
    drawing.body += [_node(names[key], picture, picture.items[key]) for key in _reading_order(picture)]
    drawing.body += [_edge(picture, names, line) for line in picture.lines]
    return str(drawing.source)


def node_names(picture: Picture) -> dict[str, str]:
    """Return what each item of a picture is called in DOT and SVG: counters, never anything from data."""
    return {key: f"n{n}" for n, key in enumerate(picture.items, start=1)}


def _reading_order(picture: Picture) -> Iterator[str]:
    """Items depth first, along the lines: neighbours that are declared together are drawn together."""
    below: dict[str, list[str]] = {key: [] for key in picture.items}
    heads = dict.fromkeys(picture.items)
    for line in picture.lines:
        start, end = _drawn(line)
        below[start].append(end)
        heads.pop(end, None)
    seen: set[str] = set()
    for first in (*heads, *picture.items):
        waiting = [first]
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                yield key
                waiting.extend(reversed(below[key]))


def _drawn(line: Line) -> tuple[str, str]:
    """Left and right end: what is about something hangs on it, to its right."""
    return (line.target, line.source) if line.kind in ABOUT_EDGES else (line.source, line.target)


def text(value: str) -> str:
    """Escape text for an HTML-like label."""
    # Most texts are empty, numbers or the beginnings of digests.
    if not value or (value.isascii() and value.isalnum()):
        return value
    return html.escape(terminal(value), quote=True)


def quoted(value: str) -> str:
    """Escape text for any other attribute: no markup, no entity, no backslash sequence."""
    return _quoted_lines([value])


def _quoted_lines(lines: list[str]) -> str:
    # The type of what escape() gives is what keeps text in angle brackets from being taken for markup.
    escaped: str = graphviz.escape("&#10;".join([terminal(line).replace("&", "&amp;") for line in lines]))
    return escaped


def _node(name: str, picture: Picture, item: Item) -> str:
    said = label(picture, item)
    look = _node_look(item.family, said.change, folded=len(item.nodes) > 1)
    # In an escaped text every backslash has its partner: what is left to do is the quotes themselves.
    shown = _quoted_lines(tooltip(picture, item)).replace('"', '\\"')
    return f'\t{name} [label={_table(said, item.family)} tooltip="{shown}"{look}]\n'


@cache
def _node_look(family: str, change: str, *, folded: bool) -> str:
    """Attributes that all nodes of a look share, written once."""
    style = FAMILIES[family]
    mark = _MARKS.get(change)
    attributes = {
        "shape": style.shape,
        "style": f"filled,{'bold' if mark else style.outline}",
        "fillcolor": style.fill.light,
        "color": (mark or style.line).light,
        "penwidth": "2.4" if mark else "1.1",
        "peripheries": str(style.borders),
        "margin": style.margin,
        "class": " ".join(part for part in (family, change, "folded" if folded else "") if part),
    }
    return _written(attributes, _NODE_DEFAULTS)


def _written(attributes: dict[str, str], defaults: dict[str, str]) -> str:
    """Write attributes of our own; those that say what the defaults say are left out."""
    return "".join(f' {key}="{value}"' for key, value in attributes.items() if value != defaults.get(key))


def _table(label: Label, family: str) -> str:
    """Build the label: word and detail, digest and size, then what else there is to say."""
    word = _word(label.word, family)
    mark = _font(label.change, MUTED.light)
    rows = [" ".join(part for part in (word, _font(text(label.detail), INK.light), mark) if part)]
    facts = [_font(text(label.digest), MUTED.light, face=MONO), _font(text(label.size), MUTED.light)]
    rows.append("&#160; ".join(fact for fact in facts if fact))
    rows.append(_font(text(label.inside), MUTED.light))
    rows.append(_font(label.hidden, MUTED.light))
    rows.append(_font(text(label.error), FAMILIES["missing"].line.light))
    cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows if row)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>>'


@lru_cache(maxsize=256)
def _word(word: str, family: str) -> str:
    return _font(f"<B>{text(word)}</B>", FAMILIES[family].line.light)


def _font(content: str, colour: str, *, face: str = "", size: int = 0) -> str:
    """Wrap escaped text; nothing for nothing, because Graphviz refuses an empty FONT."""
    if not content:
        return ""
    attributes = f'COLOR="{colour}"'
    attributes += f' FACE="{face}"' if face else ""
    attributes += f' POINT-SIZE="{size}"' if size else ""
    return f"<FONT {attributes}>{content}</FONT>"


def _edge(picture: Picture, names: dict[str, str], line: Line) -> str:
    left, right = _drawn(line)
    changes = picture.graph.changes
    # Of an edge between things that stayed, nothing else would say what happened to it.
    moved = changes.get(line.source) == changes.get(line.target) == SAME
    look = _edge_look(line.kind, line.edges, line.change, said=moved, back=left != line.source)
    return f"\t{names[left]} -> {names[right]} [{look.lstrip()}]\n"


@cache
def _edge_look(kind: str, edges: int, change: str, *, said: bool, back: bool) -> str:
    """Attributes that all edges of a look share, written once."""
    look = stroke(kind)
    mark = _MARKS.get(change)
    attributes = {"color": (mark or look.colour).light, "style": look.outline, "class": kind}
    if mark is not None:
        attributes |= {"penwidth": "2.4", "class": f"{kind} {change}"}
        attributes |= {"label": change, "fontcolor": mark.light} if said else {}
    words = [kind, f"({edges:,} edges)" if edges > 1 else "", change if mark else ""]
    if look is not CONTENT_STROKE or len(list(filter(None, words))) > 1:
        attributes["edgetooltip"] = " ".join(filter(None, words))
    if back:
        # The arrow still points the way the document does.
        attributes["dir"] = "back"
    return _written(attributes, _EDGE_DEFAULTS)


def _legend(picture: Picture) -> str:
    """Build the table below the picture: families and strokes that occur in it, and what it leaves out."""
    present = {item.family for item in picture.items.values()}
    cells = [_swatch(name, style) for name, style in FAMILIES.items() if name in present]
    strokes = dict.fromkeys(stroke(line.kind) for line in picture.lines)
    cells += [_sign(look) for look in (CONTENT_STROKE, ABOUT_STROKE, TAG_STROKE) if look in strokes]
    changed = {*picture.graph.changes.values(), *picture.graph.edge_changes.values()}
    cells += [_sign(Stroke(mark, "bold", change)) for change, mark in _MARKS.items() if change in changed]
    rows = [_row_of(cells)] if cells else []
    rows += [_font(text(note), MUTED.light, size=9) for note in picture.notes]
    body = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return (
        f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{body}</TABLE>>' if body else ""
    )


def _row_of(cells: list[str]) -> str:
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="2"><TR>{"".join(cells)}</TR></TABLE>'
    )


def _swatch(name: str, style: Style) -> str:
    word = _font(text(FAMILY_WORDS.get(name, name)), style.line.light, size=9)
    return f'<TD BGCOLOR="{style.fill.light}" STYLE="ROUNDED">{word}</TD>'


def _sign(look: Stroke) -> str:
    sign = _font(_LINE_SIGNS[look.outline], look.colour.light, size=9)
    return f"<TD>{sign} {_font(text(look.word), MUTED.light, size=9)}</TD>"
