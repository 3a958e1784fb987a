"""Folding: what a picture shows of a graph that is too large to be read node by node.

The steps go from harmless to coarse, and stop as soon as the picture is small enough:

1. configs, layers and blobs that belong to exactly the same documents become one node;
2. those that belong to a single document move into it, as a line of its label;
3. siblings become one node: same family, same parents, about the same things;
4. nodes whose whole surroundings look the same become one node, such as a hundred releases alike.

What still does not fit is left out, last found first. The picture says each of these things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from regexplore.content.node import ABOUT_EDGES, BYTES, CONTENT_EDGES, NAMED, READ, Edge, Node
from regexplore.graph.model import ContentGraph
from regexplore.graph.words import Words, words_for
from regexplore.oci import EMPTY_JSON
from regexplore.show.text import count

LIMIT = 250
# How far step 4 looks around a node.
_ROUNDS = 4


@dataclass(slots=True)
class Item:
    """One node of a picture: one node of the graph, or several that are folded.

    Attributes
    ----------
    key : str
        Id of the first member.
    nodes : list of Node
        The members.
    words : list of Words
        What each member is called.
    inside : list of Node
        Configs, layers and blobs that are told in the label instead of drawn.
    """

    key: str
    nodes: list[Node]
    words: list[Words]
    inside: list[Node] = field(default_factory=list)

    @property
    def family(self) -> str:
        """How it is drawn."""
        return self.words[0].family


@dataclass(frozen=True, slots=True)
class Line:
    """One edge of a picture: one or more edges of the graph of one kind between the same items.

    ``change`` is ``added``, ``removed`` or ``same`` in a diff.
    """

    source: str
    target: str
    kind: str
    edges: int = 1
    change: str = ""


@dataclass(slots=True)
class Picture:
    """What is drawn of a graph.

    Attributes
    ----------
    graph : ContentGraph
    items : dict of str to Item
    lines : list of Line
    notes : list of str
        What the picture leaves out or folds, and why the graph itself may be incomplete.
    hidden : mapping of str to int
        How many nodes are collapsed behind an item, by its key.
    """

    graph: ContentGraph
    items: dict[str, Item]
    lines: list[Line]
    notes: list[str] = field(default_factory=list)
    hidden: Mapping[str, int] = field(default_factory=dict)


def fold(graph: ContentGraph, limit: int = LIMIT, apart: Collection[str] = ()) -> Picture:
    """Return what to draw of a graph, in at most ``limit`` nodes.

    Parameters
    ----------
    graph : ContentGraph
    limit : int
    apart : collection of str
        Ids of nodes that are drawn on their own whatever the limit is.
    """
    folding = _Folding(graph, frozenset(apart))
    folding.drop_empty()
    for step in (folding.merge_bytes, folding.absorb_bytes, folding.merge_siblings, folding.merge_alike):
        if len(folding.items) <= limit:
            break
        step()
    folding.leave_out(max(limit, len(apart)))
    return folding.picture()


class _Folding:
    """The items so far, and which item each node is drawn as."""

    def __init__(self, graph: ContentGraph, apart: frozenset[str]) -> None:
        self.graph = graph
        self.apart = apart
        self.items = {
            node.id: Item(node.id, [node], [words_for(graph, node)]) for node in graph.nodes.values()
        }
        self.drawn_as = {node_id: node_id for node_id in graph.nodes}
        self.notes: list[str] = []

    # ---- steps ----

    def drop_empty(self) -> None:
        """Not draw the empty config ``{}``: every artifact shares it, and it says nothing."""
        empty = str(EMPTY_JSON.digest)
        uses = self.graph.incoming(empty)
        if uses and len(uses) < len(self.graph.edges) and all(edge.kind in CONTENT_EDGES for edge in uses):
            del self.items[empty]
            del self.drawn_as[empty]
            self.notes.append(f"the empty config {{}} of {count(len(uses), 'artifact')} is not drawn")

    def merge_bytes(self) -> None:
        """Step 1."""
        lines = self._lines()
        parents = _neighbours((line.target, (line.source, line.kind)) for line in lines)
        merged = self._merge(
            filter(_is_bytes, self.items.values()),
            lambda item: (self._look(item), parents.get(item.key)),
        )
        if merged:
            self.notes.append("layers, configs and blobs of the same documents are folded")

    def absorb_bytes(self) -> None:
        """Step 2."""
        parents = _neighbours((line.target, line.source) for line in self._lines())
        absorbed = 0
        for item in [item for item in self.items.values() if _is_bytes(item)]:
            owners = parents.get(item.key, frozenset())
            whole = item.nodes[0].state in (READ, NAMED)
            if len(owners) == 1 and whole and item.key not in self.apart:
                owner = self.items[str(next(iter(owners)))]
                owner.inside += item.nodes
                del self.items[item.key]
                for node in item.nodes:
                    self.drawn_as[node.id] = owner.key
                absorbed += 1
        if absorbed:
            self.notes.append("what belongs to one document alone is told in its label")

    def merge_siblings(self) -> None:
        """Step 3, again after each success: equal siblings of merged siblings are equal, too."""
        rounds = 0
        while rounds < _ROUNDS:
            around = _neighbours(_belonging(self._lines()))
            waiting = [item for item in self.items.values() if item.key in around]
            if not self._merge(waiting, partial(self._place, around)):
                break
            rounds += 1
        if rounds:
            self.notes.append("equal siblings are folded")

    def _place(self, around: dict[str, frozenset[Hashable]], item: Item) -> Hashable:
        return self._look(item), around[item.key]

    def merge_alike(self) -> None:
        """Step 4: colour refinement, the colours of all neighbours deciding each node's next colour."""
        lines = self._lines()
        around: dict[str, list[tuple[str, str, str]]] = {key: [] for key in self.items}
        for line in lines:
            around[line.source].append(("to", line.kind, line.target))
            around[line.target].append(("from", line.kind, line.source))
        colours: dict[str, int] = _numbered((key, self._look(item)) for key, item in self.items.items())
        for _ in range(_ROUNDS):
            colours = _numbered(
                (key, (colours[key], frozenset((way, kind, colours[other]) for way, kind, other in near)))
                for key, near in around.items()
            )
        if self._merge(self.items.values(), lambda item: colours[item.key]):
            self.notes.append("nodes in equal places are folded")

    def leave_out(self, limit: int) -> None:
        """Keep what was found first."""
        kept_first = sorted(self.items, key=lambda key: key not in self.apart)
        surplus = [self.items.pop(key) for key in kept_first[limit:]]
        lost = [node for item in surplus for node in (*item.nodes, *item.inside)]
        for node in lost:
            del self.drawn_as[node.id]
        if lost:
            self.notes.append(f"{count(len(lost), 'more node')} not drawn")

    # ---- parts ----

    def _merge(self, candidates: Iterable[Item], key: Callable[[Item], Hashable]) -> bool:
        """Merge candidates with equal keys into the first of them; tells whether any were."""
        waiting = [item for item in candidates if item.key not in self.apart]
        first: dict[Hashable, Item] = {}
        for item in waiting:
            kept = first.setdefault(key(item), item)
            if kept is not item:
                kept.nodes += item.nodes
                kept.words += item.words
                kept.inside += item.inside
                del self.items[item.key]
                for node in (*item.nodes, *item.inside):
                    self.drawn_as[node.id] = kept.key
        return len(first) < len(waiting)

    def _look(self, item: Item) -> tuple[str, str, str]:
        """What shows of an item; only items that look the same are folded."""
        node = item.nodes[0]
        state = READ if node.state == NAMED else node.state
        return item.family, state, self.graph.changes.get(node.id, "")

    def _lines(self) -> list[Line]:
        """Edges between items, one for each pair and kind."""
        counts: Counter[tuple[str, str, str, str]] = Counter()
        changes = self.graph.edge_changes
        for edge in self.graph.edges:
            ends = self._ends(edge)
            if ends is not None:
                counts[(*ends, edge.kind, changes.get(edge, ""))] += 1
        return [Line(source, target, kind, n, change) for (source, target, kind, change), n in counts.items()]

    def _ends(self, edge: Edge) -> tuple[str, str] | None:
        source, target = self.drawn_as.get(edge.source), self.drawn_as.get(edge.target)
        if source is None or target is None or (source == target and edge.source != edge.target):
            return None
        return source, target

    def picture(self) -> Picture:
        notes = [f"partial: {reason}" for reason in self.graph.reasons]
        if len(self.items) < len(self.graph.nodes):
            notes.append(f"{len(self.graph.nodes):,} nodes drawn as {len(self.items):,}")
            notes += self.notes
        return Picture(self.graph, self.items, self._lines(), notes)


def _is_bytes(item: Item) -> bool:
    return item.nodes[0].kind in BYTES


def _belonging(lines: Iterable[Line]) -> Iterator[tuple[str, Hashable]]:
    """Which documents an item belongs to, and what it is about."""
    for line in lines:
        if line.kind in CONTENT_EDGES:
            yield line.target, ("in", line.source, line.kind)
        elif line.kind in ABOUT_EDGES:
            yield line.source, ("on", line.target, line.kind)


def _neighbours(pairs: Iterable[tuple[str, Hashable]]) -> dict[str, frozenset[Hashable]]:
    found: dict[str, set[Hashable]] = {}
    for key, neighbour in pairs:
        found.setdefault(key, set()).add(neighbour)
    return {key: frozenset(near) for key, near in found.items()}


def _numbered(pairs: Iterable[tuple[str, Hashable]]) -> dict[str, int]:
    """Give equal values equal numbers."""
    numbers: dict[Hashable, int] = {}
    return {key: numbers.setdefault(value, len(numbers)) for key, value in pairs}
