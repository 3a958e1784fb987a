"""The content graph: nodes, edges and questions about them. A value; nothing here fetches anything."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self, TypeVar

from regexplore.content.node import ABOUT_EDGES, CONTENT_EDGES, READ, TAG, Edge, Node
from regexplore.content.walk import Walk

ADDED = "added"
REMOVED = "removed"
SAME = "same"

Thing = TypeVar("Thing", str, Edge)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ContentGraph:
    """Tags, documents and blobs, and what points at what.

    Attributes
    ----------
    nodes : mapping of str to Node
        By id, in the order they were found.
    edges : tuple of Edge
    roots : tuple of str
        Ids of the nodes where the graph begins.
    title : str
    reasons : tuple of str
        Why something may be missing.
    notes : tuple of str
        What options left out, and contradictions that were seen.
    changes : mapping of str to str
        ``added``, ``removed`` or ``same`` for each node, in a graph made by `diff`; else empty.
    edge_changes : mapping of Edge to str
        The same for each edge: a tag that moved is the same tag with one edge removed and one added.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    roots: tuple[str, ...] = ()
    title: str = ""
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changes: Mapping[str, str] = field(default_factory=dict)
    edge_changes: Mapping[Edge, str] = field(default_factory=dict)

    @classmethod
    def from_walk(cls, walk: Walk, title: str = "") -> Self:
        """Return what a walk found as a graph."""
        return cls(
            nodes=walk.nodes,
            edges=walk.edges,
            roots=walk.roots,
            title=title,
            reasons=walk.reasons,
            notes=walk.notes,
        )

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for is in it."""
        return not self.reasons

    def __len__(self) -> int:
        return len(self.nodes)

    def __contains__(self, node_id: object) -> bool:
        return node_id in self.nodes

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContentGraph):
            return NotImplemented
        return dict(self.nodes) == dict(other.nodes) and set(self.edges) == set(other.edges)

    def __hash__(self) -> int:
        return hash((frozenset(self.nodes), frozenset(self.edges)))

    def __repr__(self) -> str:
        partial = "" if self.complete else ", partial"
        return f"<ContentGraph {self.title!a}: {len(self.nodes)} nodes, {len(self.edges)} edges{partial}>"

    # ---- looking around ----

    @cached_property
    def _outgoing(self) -> dict[str, list[Edge]]:
        return _grouped((edge.source, edge) for edge in self.edges)

    @cached_property
    def _incoming(self) -> dict[str, list[Edge]]:
        return _grouped((edge.target, edge) for edge in self.edges)

    def outgoing(self, node_id: str) -> tuple[Edge, ...]:
        """Return the edges that begin at a node, in document order."""
        return tuple(self._outgoing.get(node_id, ()))

    def incoming(self, node_id: str) -> tuple[Edge, ...]:
        """Return the edges that end at a node."""
        return tuple(self._incoming.get(node_id, ()))

    def tags_of(self, node_id: str) -> tuple[str, ...]:
        """Return the names of the tags of a node."""
        return tuple(self.nodes[edge.source].name for edge in self.incoming(node_id) if edge.kind == TAG)

    def find(self, text: str) -> str:
        """Return the id of a node by id, tag, or unambiguous beginning of a digest.

        Raises
        ------
        KeyError
            Nothing, or more than one node, answers to the text.

        Examples
        --------
        >>> graph = ContentGraph(nodes={"v1": Node(id="v1", kind="tag", name="v1")})
        >>> graph.find("v1")
        'v1'
        """
        if text in self.nodes:
            return text
        named = [node.id for node in self.nodes.values() if node.name == text]
        found = named or [
            node_id
            for node_id in self.nodes
            if node_id.startswith(text) or node_id.partition(":")[2].startswith(text)
        ]
        if len(found) != 1 or not text:
            raise KeyError(f"{len(found)} nodes answer to {text!a}")
        return found[0]

    # ---- questions ----

    def path(self, start: str, end: str) -> tuple[Edge, ...]:
        """Return a shortest way along the arrows; empty if there is none.

        Raises
        ------
        KeyError
            One of the nodes is not in the graph.
        """
        start, end = self.find(start), self.find(end)
        came_by: dict[str, Edge] = {}
        waiting = deque([start])
        while waiting and end not in came_by:
            for edge in self.outgoing(waiting.popleft()):
                if edge.target not in came_by and edge.target != start:
                    came_by[edge.target] = edge
                    waiting.append(edge.target)
        way: list[Edge] = []
        while end in came_by:
            way.append(came_by[end])
            end = came_by[end].source
        return tuple(reversed(way))

    def roots_of(self, node_id: str) -> tuple[str, ...]:
        """Return what still needs a node: the tags, and the documents that nothing else keeps.

        A document keeps its content, a tag its target, and a subject keeps its referrers: a signature
        stays as long as the image does.

        Raises
        ------
        KeyError
            The node is not in the graph.
        """
        start = self.find(node_id)
        seen = {start: None}
        waiting = deque([start])
        ends = []
        while waiting:
            current = waiting.popleft()
            keepers = [edge.source for edge in self.incoming(current) if edge.kind in CONTENT_EDGES | {TAG}]
            keepers += [edge.target for edge in self.outgoing(current) if edge.kind in ABOUT_EDGES]
            if not keepers and current != start:
                ends.append(current)
            fresh = [keeper for keeper in keepers if keeper not in seen]
            seen.update(dict.fromkeys(fresh))
            waiting.extend(fresh)
        return tuple(ends)

    def reachable(self, node_ids: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of nodes and of everything along the arrows from them, and about them."""
        seen = dict.fromkeys(self.find(node_id) for node_id in node_ids)
        waiting = deque(seen)
        while waiting:
            current = waiting.popleft()
            nearby = [edge.target for edge in self.outgoing(current)]
            nearby += [edge.source for edge in self.incoming(current) if edge.kind in ABOUT_EDGES]
            fresh = [node_id for node_id in nearby if node_id not in seen]
            seen.update(dict.fromkeys(fresh))
            waiting.extend(fresh)
        return tuple(seen)

    # ---- making other graphs ----

    def subgraph(self, node_ids: Iterable[str]) -> Self:
        """Return the graph of some nodes and the edges among them."""
        wanted = set(node_ids)
        edges = tuple(edge for edge in self.edges if edge.source in wanted and edge.target in wanted)
        return replace(
            self,
            nodes={node_id: node for node_id, node in self.nodes.items() if node_id in wanted},
            edges=edges,
            roots=tuple(root for root in self.roots if root in wanted),
            changes={node_id: change for node_id, change in self.changes.items() if node_id in wanted},
            edge_changes={edge: self.edge_changes[edge] for edge in edges if edge in self.edge_changes},
        )

    def __or__(self, other: ContentGraph) -> Self:
        nodes = dict(self.nodes)
        for node_id, node in other.nodes.items():
            nodes[node_id] = _better_known(nodes.get(node_id, node), node)
        return replace(
            self,
            nodes=nodes,
            edges=tuple(dict.fromkeys((*self.edges, *other.edges))),
            roots=tuple(dict.fromkeys((*self.roots, *other.roots))),
            title=" | ".join(dict.fromkeys(title for title in (self.title, other.title) if title)),
            reasons=tuple(dict.fromkeys((*self.reasons, *other.reasons))),
            notes=tuple(dict.fromkeys((*self.notes, *other.notes))),
            changes={},
            edge_changes={},
        )

    def __and__(self, other: ContentGraph) -> Self:
        both = self.subgraph(node_id for node_id in self.nodes if node_id in other.nodes)
        shared = set(other.edges)
        return replace(
            both,
            edges=tuple(edge for edge in both.edges if edge in shared),
            title=" & ".join(title for title in (self.title, other.title) if title),
            reasons=tuple(dict.fromkeys((*self.reasons, *other.reasons))),
            changes={},
            edge_changes={},
        )

    def diff(self, other: ContentGraph) -> Self:
        """Return both graphs as one, each node and edge marked by what happens to it from here to the other."""
        title = " → ".join(title for title in (self.title, other.title) if title)
        return replace(
            self | other,
            changes=_changes(self.nodes, other.nodes),
            edge_changes=_changes(self.edges, other.edges),
            title=title,
        )


def _grouped(pairs: Iterable[tuple[str, Edge]]) -> dict[str, list[Edge]]:
    groups: dict[str, list[Edge]] = {}
    for key, edge in pairs:
        groups.setdefault(key, []).append(edge)
    return groups


def _changes(before: Iterable[Thing], after: Iterable[Thing]) -> dict[Thing, str]:
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    return {thing: SAME if thing in new else REMOVED for thing in old} | {
        thing: ADDED for thing in new if thing not in old
    }


def _better_known(first: Node, second: Node) -> Node:
    """Of two views of one node, prefer the one that was read; where it is silent, the other speaks."""
    if second.state == READ and first.state != READ:
        first, second = second, first
    return replace(
        first,
        descriptor=first.descriptor or second.descriptor,
        artifact_type=first.artifact_type or second.artifact_type,
        platform=first.platform or second.platform,
        annotations={**second.annotations, **first.annotations},
    )
