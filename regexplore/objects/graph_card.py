"""How a graph shows in a cell: the picture where a layout program is there, and always the tree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from regexplore.graph.dot import to_dot
from regexplore.graph.model import ContentGraph
from regexplore.graph.render import render
from regexplore.graph.svg import inline
from regexplore.graph.tree import to_text
from regexplore.show.card import Card, Section
from regexplore.show.element import element
from regexplore.show.escape import Markup, html
from regexplore.show.text import count

# Seconds: a cell must not hang for a picture; there is a tree as well.
_TIMEOUT = 20.0
_LARGEST = 80
"""Nodes in the picture of a cell; larger ones fold, so that notebooks stay small and pages readable."""


def graph_card(graph: ContentGraph) -> Card:
    """Give the card of a graph."""
    kinds = Counter(node.kind for node in graph.nodes.values())
    missing = sum(node.state == "missing" for node in graph.nodes.values())
    summary = [count(len(graph.nodes), "node"), count(len(graph.edges), "edge")]
    summary += [
        count(number, kind) for kind, number in kinds.items() if kind in ("tag", "index", "image", "artifact")
    ]
    summary += [f"{missing:,} missing"] if missing else []
    return Card(
        "graph",
        graph.title,
        summary=tuple(summary),
        notes=tuple(f"partial: {reason}" for reason in graph.reasons) + graph.notes,
        sections=(
            Section("Picture", Drawing(graph), count="", open=True),
            Section("Tree", Tree(graph), count="", open=False),
        )
        if graph.nodes
        else (),
    )


def description(graph: ContentGraph) -> str:
    """Say in one sentence what a picture of the graph shows."""
    return f"content graph of {graph.title or 'some content'}: {count(len(graph.nodes), 'node')}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture, laid out when it is asked for."""

    graph: ContentGraph
    limit: int = _LARGEST

    @property
    def total(self) -> int:
        """One picture."""
        return 1

    def cut(self, rows: int, width: int) -> Drawing:
        """Give a picture that folds more; ``width`` says nothing about pictures."""
        del width
        return replace(self, limit=max(min(_LARGEST, rows * 2), 8))

    def to_text(self) -> list[str]:
        """Say how to get the picture."""
        return ["save('graph.svg') draws it"]

    def to_html(self) -> Markup:
        """Give the picture, or why there is none."""
        rendering = render(to_dot(self.graph, limit=self.limit, background="transparent"), timeout=_TIMEOUT)
        if rendering.content is None:
            return element("p", rendering.reason, class_="rx-muted")
        return Markup(inline(rendering.content, description(self.graph)))


@dataclass(frozen=True, slots=True)
class Tree:
    """The text tree, cut where a cell would grow too long."""

    graph: ContentGraph
    lines: int = 120

    @property
    def total(self) -> int:
        """One tree."""
        return 1

    def cut(self, rows: int, width: int) -> Tree:
        """Give fewer lines; they are not shortened, because digests are there to be copied."""
        del width
        return replace(self, lines=max(min(self.lines, rows * 2), 5))

    def to_text(self) -> list[str]:
        """Give the lines; the title, reasons and notes stand elsewhere on the card."""
        bare = replace(self.graph, title="", reasons=(), notes=())
        return to_text(bare, max_lines=self.lines).splitlines()

    def to_html(self) -> Markup:
        """Give the lines as they are."""
        return element("pre", html("\n".join(self.to_text()), multiline=True))
