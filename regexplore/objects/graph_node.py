"""A node of a graph as a notebook holds it: what was clicked, and the way to the object behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from regexplore.content.node import BYTES, TAG, Node
from regexplore.errors import NotFoundError, UnsupportedError
from regexplore.graph.model import ContentGraph
from regexplore.graph.words import short, words_for
from regexplore.objects.graph_home import Homes
from regexplore.objects.sections import facts_of
from regexplore.oci import Descriptor
from regexplore.show import value as values
from regexplore.show.card import Card, Facts, Section
from regexplore.show.shown import Shown
from regexplore.show.table import Table
from regexplore.show.text import count, exact_bytes
from regexplore.show.value import Value

_MOST_NEIGHBOURS = 30


class GraphNode(Shown):
    """What was clicked in a graph: one node, or several that are folded into one.

    Parameters
    ----------
    graph : ContentGraph
    nodes : tuple of Node
        At least one.
    homes : tuple of Home
        Where it can be fetched.

    Attributes
    ----------
    nodes : tuple of Node
    node : Node
        The first of them.
    """

    def __init__(self, graph: ContentGraph, nodes: tuple[Node, ...], homes: Homes = ()) -> None:
        self._graph = graph
        self._homes = homes
        self.nodes = nodes
        self.node = nodes[0]

    @property
    def id(self) -> str:
        """Id of the node in the frames of the graph: the digest; for a tag its full name."""
        return self.node.id

    @property
    def digest(self) -> str:
        """The full digest; of a tag that of its target, "" where that is not known."""
        if self.node.kind != TAG:
            return self.node.id
        return next((edge.target for edge in self._graph.outgoing(self.node.id)), "")

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of all that is folded into it."""
        return tuple(node.digest for node in self.nodes if node.digest) or (self.digest,)

    @property
    def kind(self) -> str:
        """Its kind: tag, index, image, artifact, config, layer, blob or unknown."""
        return self.node.kind

    @property
    def descriptor(self) -> Descriptor | None:
        """Its descriptor; None for tags, and where nothing but a digest is known."""
        return self.node.descriptor

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that name it."""
        return self._graph.tags_of(self.node.id)

    def get(self) -> Any:
        """Fetch it as an object: an `Index`, an `Image` or an `Artifact`.

        Of a graph that was made by `Graph.of` without an opener it is a `Document`.

        Raises
        ------
        UnsupportedError
            It is a layer or another blob, or the graph does not know a store.
        RegexploreError
            It could not be fetched.
        """
        if not self._homes:
            raise UnsupportedError(
                "this graph does not know where its content lives", hint="Graph.of(store) keeps the store."
            )
        for home in self._homes[:-1]:
            try:
                return home.get(self.node)
            except NotFoundError:
                continue
        return self._homes[-1].get(self.node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GraphNode) and self.nodes == other.nodes

    def __hash__(self) -> int:
        return hash(tuple(node.id for node in self.nodes))

    # ---- how it shows ----

    def _card(self) -> Card:
        if len(self.nodes) > 1:
            return self._folded_card()
        node, words = self.node, words_for(self._graph, self.node)
        sections = (
            self._section("Contains", [edge.target for edge in self._graph.outgoing(node.id)]),
            self._section("Pointed at by", [edge.source for edge in self._graph.incoming(node.id)]),
            Section(
                "Annotations", Facts(tuple((k, Value(v)) for k, v in node.annotations.items())), open=True
            ),
        )
        return Card(
            node.kind,
            words.detail or short(node.digest) or node.id,
            (words.word,) if words.word != node.kind else (),
            self._facts(),
            (node.error,) if node.error else (),
            tuple(section for section in sections if section.body.total),
        )

    def _facts(self) -> Facts:
        node = self.node
        return facts_of(
            ("digest", Value(self.digest, look="digest") if self.digest else None),
            ("media type", node.media_type),
            ("artifact type", node.artifact_type),
            ("platform", str(node.platform) if node.platform else None),
            (
                "size" if node.kind in BYTES else "size of manifest",
                exact_bytes(node.size) if node.size else None,
            ),
            ("tags", ", ".join(self.tags)),
            ("state", node.state),
        )

    def _folded_card(self) -> Card:
        section = replace(self._section("Folded", [node.id for node in self.nodes]), open=True)
        return Card(
            self.kind, count(len(self.nodes), self.kind), ("folded into one node",), sections=(section,)
        )

    def _section(self, title: str, node_ids: list[str]) -> Section:
        rows = []
        for node_id in list(dict.fromkeys(node_ids))[:_MOST_NEIGHBOURS]:
            node = self._graph.nodes[node_id]
            words = words_for(self._graph, node)
            shown = Value(node.name) if node.kind == TAG else values.digest(node_id, short=True)
            rows.append((f"{words.word} {words.detail if node.kind != TAG else ''}".strip(), shown))
        return Section(title, Table.of(["what", "which"], rows, total=len(set(node_ids))))
