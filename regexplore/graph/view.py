"""What a reader has opened and closed of a graph, and the picture that comes of it. A value; it fetches nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from regexplore.content.node import ABOUT_EDGES
from regexplore.graph.fold import LIMIT, Item, Picture, fold
from regexplore.graph.model import ContentGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A graph with some nodes collapsed and others kept apart from their like.

    Attributes
    ----------
    graph : ContentGraph
        All that is known, shown or not.
    limit : int
        Above so many nodes the picture folds.
    collapsed : frozenset of str
        Ids of nodes behind which nothing is shown that does not also stand elsewhere.
    apart : frozenset of str
        Ids of nodes that do not fold, because a reader asked for them.
    """

    graph: ContentGraph
    limit: int = LIMIT
    collapsed: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()

    def picture(self) -> Picture:
        """Return what is drawn, and behind which nodes something is hidden."""
        shown = self._shown()
        apart = (self.apart | self.collapsed) & shown
        picture = fold(self.graph.subgraph(shown), self.limit, apart)
        picture.hidden = {
            node_id: hidden
            for node_id in self.collapsed & shown
            if (hidden := len(self._behind(node_id) - shown))
        }
        if hidden := len(self.graph) - len(shown):
            picture.notes.append(f"{hidden:,} nodes are collapsed")
        return picture

    def grown(self, graph: ContentGraph) -> Self:
        """Return the view with another graph in it, such as one that knows more."""
        return replace(self, graph=graph)

    def collapse(self, node_id: str) -> Self:
        """Return the view with all that hangs on a node alone hidden."""
        return replace(self, collapsed=self.collapsed | {node_id})

    def open(self, item: Item) -> Self:
        """Return the view with an item's members, and what was told in its label, drawn on their own."""
        members = {node.id for node in (*item.nodes, *item.inside)}
        return replace(self, collapsed=self.collapsed - members, apart=self.apart | members)

    def whole(self) -> Self:
        """Return the view as it was at first: nothing collapsed, nothing kept apart."""
        return replace(self, collapsed=frozenset(), apart=frozenset())

    def can_collapse(self, node_id: str) -> bool:
        """Whether something hangs on a node that is not collapsed already."""
        return node_id not in self.collapsed and any(below(self.graph, node_id))

    def _shown(self) -> set[str]:
        """Whatever can be reached from the left without passing a collapsed node."""
        heads = dict.fromkeys(self.graph.nodes)
        for node_id in self.graph.nodes:
            for child in below(self.graph, node_id):
                heads.pop(child, None)
        # In a cycle nothing stands on the left: its first node does.
        reached = _reached(self.graph, heads, ())
        for node_id in self.graph.nodes:
            if node_id not in reached:
                heads[node_id] = None
                reached |= _reached(self.graph, [node_id], ())
        return _reached(self.graph, heads, self.collapsed)

    def _behind(self, node_id: str) -> set[str]:
        return _reached(self.graph, [node_id], ()) - {node_id}


def below(graph: ContentGraph, node_id: str) -> Iterator[str]:
    """Yield what hangs on a node in a picture: its content or target, and what is about it."""
    yield from (edge.target for edge in graph.outgoing(node_id) if edge.kind not in ABOUT_EDGES)
    yield from (edge.source for edge in graph.incoming(node_id) if edge.kind in ABOUT_EDGES)


def _reached(graph: ContentGraph, starts: Iterable[str], closed: Collection[str]) -> set[str]:
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        node_id = waiting.pop()
        fresh = () if node_id in closed else [child for child in below(graph, node_id) if child not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return seen
