"""A picture for a screen that answers: the SVG, and plain facts of each node that a script can search and light up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from regexplore.content.node import ABOUT_EDGES, BYTES, CONTENT_EDGES
from regexplore.graph.dot import FAMILY_WORDS, node_names, picture_to_dot
from regexplore.graph.fold import Item, Picture
from regexplore.graph.labels import label, tooltip
from regexplore.graph.render import render
from regexplore.graph.style import FAMILIES, MUTED, Colour, palette, stroke
from regexplore.graph.svg import inline
from regexplore.graph.tree import to_text
from regexplore.graph.view import View
from regexplore.graph.words import SIGNATURE
from regexplore.show.escape import terminal

_TIMEOUT = 30.0
_MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class Screen:
    """A picture laid out, and what each node in it stands for.

    Attributes
    ----------
    items : dict of str to Item
        By the names that they have in the SVG.
    state : dict
        Plain values for the script: ``svg``, ``nodes``, ``first``, ``edges``, ``legend``, ``notes``; and ``text`` and
        ``reason`` where there is no picture. Every text has been made visible; none of it is markup but the
        SVG, which `regexplore.graph.svg` has checked.
    """

    items: dict[str, Item] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)


def screen_of(view: View, description: str) -> Screen:
    """Lay out a view."""
    picture = view.picture()
    names = node_names(picture)
    rendering = render(picture_to_dot(picture, background="transparent", legend=False), timeout=_TIMEOUT)
    signed = _signed(picture)
    state = {
        "svg": "" if rendering.content is None else inline(rendering.content, description, named_edges=True),
        "nodes": {names[key]: _facts(view, picture, item, signed) for key, item in picture.items.items()},
        "first": next((names[root] for root in picture.graph.roots if root in names), ""),
        "edges": [[names[line.source], names[line.target]] for line in picture.lines],
        "legend": list(_legend(picture)),
        "notes": [terminal(note) for note in (*picture.notes, *view.graph.notes)],
        "reason": terminal(rendering.reason),
        "text": "" if rendering.content is not None else to_text(picture.graph, max_lines=_MOST_LINES),
    }
    return Screen({names[key]: item for key, item in picture.items.items()}, state)


def _facts(view: View, picture: Picture, item: Item, signed: set[str]) -> dict[str, Any]:
    said = label(picture, item)
    ids = [node.id for node in item.nodes]
    words = " ".join([*tooltip(picture, item), *ids, *(node.id for node in item.inside)])
    return {
        "title": terminal(" ".join(filter(None, [said.word, said.detail, said.digest]))),
        "words": terminal(words).lower(),
        "shared": any(_owners(picture, node_id) > 1 for node_id in ids),
        "signed": not signed.isdisjoint(ids) or item.family == SIGNATURE,
        "collapsible": len(ids) == 1 and view.can_collapse(ids[0]),
        "openable": len(ids) > 1 or bool(item.inside) or item.key in view.collapsed,
        "fetchable": len(ids) == 1 and item.nodes[0].kind not in BYTES,
    }


def _owners(picture: Picture, node_id: str) -> int:
    return len({edge.source for edge in picture.graph.incoming(node_id) if edge.kind in CONTENT_EDGES})


def _signed(picture: Picture) -> set[str]:
    """What signatures say that they are about. Nothing was verified."""
    signatures = {
        node.id
        for item in picture.items.values()
        for node, words in zip(item.nodes, item.words, strict=True)
        if words.family == SIGNATURE
    }
    return {
        edge.target for edge in picture.graph.edges if edge.kind in ABOUT_EDGES and edge.source in signatures
    }


def _legend(picture: Picture) -> Iterator[dict[str, Any]]:
    """Families and strokes that occur, their colours as numbers of the palette."""
    numbers = {colour: n for n, colour in enumerate(palette())}
    present = {item.family for item in picture.items.values()}
    for name, style in FAMILIES.items():
        if name in present:
            yield _entry(FAMILY_WORDS.get(name, name), numbers, style.line, style.outline, style.fill)
    for look in dict.fromkeys(stroke(line.kind) for line in picture.lines):
        yield _entry(look.word, numbers, look.colour, look.outline)


def _entry(
    word: str, numbers: dict[Colour, int], line: Colour, outline: str, fill: Colour | None = None
) -> dict[str, Any]:
    return {
        "word": word,
        "line": numbers[line],
        "fill": None if fill is None else numbers[fill],
        "outline": outline,
        "ink": numbers[line if fill is not None else MUTED],
    }
