"""The graph as a value: set operations, ways, roots; held against networkx on random graphs."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import supply_chain
from support.supply_chain import SupplyChain

from regexplore.content.node import BLOB, CHILD, CONFIG, LAYER, READ, SUBJECT, TAG, Edge, Node
from regexplore.content.walk import walk
from regexplore.graph.model import ContentGraph
from regexplore.graph.tree import to_text
from regexplore.graph.words import words_for
from regexplore.oci import Digest


def digest(n: int) -> str:
    return str(Digest.of(str(n).encode()))


@st.composite
def graphs(draw: st.DrawFn) -> ContentGraph:
    """Any nodes, any edges between them: cycles, loops, islands."""
    size = draw(st.integers(1, 9))
    numbers = draw(st.lists(st.integers(0, 11), min_size=size, max_size=size, unique=True))
    kinds = st.sampled_from([CHILD, CONFIG, LAYER, BLOB, SUBJECT])
    ends = st.sampled_from(numbers)
    edges = draw(
        st.lists(
            st.builds(lambda a, b, k: Edge(digest(a), digest(b), k), ends, ends, kinds),
            max_size=20,
            unique=True,
        )
    )
    nodes = {
        digest(n): Node(id=digest(n), kind="index", state=draw(st.sampled_from([READ, "named"])))
        for n in numbers
    }
    return ContentGraph(nodes=nodes, edges=tuple(edges), title="g")


def as_networkx(graph: ContentGraph) -> nx.DiGraph:
    made = nx.DiGraph()
    made.add_nodes_from(graph.nodes)
    made.add_edges_from((edge.source, edge.target) for edge in graph.edges)
    return made


@given(graphs(), graphs())
def test_union_and_intersection_are_those_of_sets(a: ContentGraph, b: ContentGraph) -> None:
    assert set((a | b).nodes) == set(a.nodes) | set(b.nodes)
    assert set((a | b).edges) == set(a.edges) | set(b.edges)
    assert set((a & b).nodes) == set(a.nodes) & set(b.nodes)
    assert set((a & b).edges) == set(a.edges) & set(b.edges)
    assert a | a == a
    assert a & a == a


@given(graphs(), graphs())
def test_what_was_read_wins_in_a_union(a: ContentGraph, b: ContentGraph) -> None:
    for node in (a | b).nodes.values():
        states = {side.nodes[node.id].state for side in (a, b) if node.id in side.nodes}
        assert node.state == (READ if READ in states else "named")


@given(graphs(), graphs())
def test_diff_marks_every_node(a: ContentGraph, b: ContentGraph) -> None:
    changes = a.diff(b).changes
    assert {n for n, c in changes.items() if c == "added"} == set(b.nodes) - set(a.nodes)
    assert {n for n, c in changes.items() if c == "removed"} == set(a.nodes) - set(b.nodes)
    assert {n for n, c in changes.items() if c == "same"} == set(a.nodes) & set(b.nodes)


@given(graphs(), st.data())
def test_path_is_a_shortest_way(graph: ContentGraph, data: st.DataObject) -> None:
    start, end = (data.draw(st.sampled_from(sorted(graph.nodes))) for _ in range(2))
    way = graph.path(start, end)
    known = as_networkx(graph)
    if start == end or not nx.has_path(known, start, end):
        assert way == ()
    else:
        assert len(way) == nx.shortest_path_length(known, start, end)
        assert [way[0].source, *(edge.target for edge in way)][-1] == end
        assert all(one.target == two.source for one, two in pairwise(way))


@given(graphs())
def test_the_tree_shows_every_node(graph: ContentGraph) -> None:
    shown = to_text(graph)
    assert all(node_id in shown for node_id in graph.nodes)


@given(graphs())
def test_subgraphs_have_no_loose_edges(graph: ContentGraph) -> None:
    half = list(graph.nodes)[::2]
    part = graph.subgraph(half)
    assert set(part.nodes) == set(half)
    assert all(edge.source in part.nodes and edge.target in part.nodes for edge in part.edges)


def test_roots_tell_which_tags_need_a_layer() -> None:
    chain = SupplyChain()
    shared, own = chain.layer(), chain.layer()
    for tag, layers in (("v1", [shared]), ("v2", [shared, own])):
        chain.store.tag(chain.image("linux/amd64", layers), tag)
    graph = ContentGraph.from_walk(walk(chain.store))
    assert sorted(graph.roots_of(shared.digest)) == ["v1", "v2"]
    assert graph.roots_of(own.digest) == ("v2",)


def test_a_signature_is_kept_by_what_it_signs() -> None:
    chain = SupplyChain()
    image = chain.image("linux/amd64", [chain.layer()])
    signature = chain.signature(chain.sbom(image))
    graph = ContentGraph.from_walk(walk(chain.store, [image]))
    assert graph.roots_of(signature.digest) == (image.digest,)
    chain.store.tag(image, "v1")
    assert ContentGraph.from_walk(walk(chain.store, ["v1"])).roots_of(signature.digest) == ("v1",)


def test_nodes_are_found_by_tag_digest_and_beginning() -> None:
    store = supply_chain.small()
    image = store.resolve("v1.0")
    graph = ContentGraph.from_walk(walk(store, name="demo"))
    for text in ("v1.0", "demo:v1.0"):
        assert graph.find(text) == "demo:v1.0"
    for text in (image.digest, image.digest.short, image.digest[:20]):
        assert graph.find(text) == image.digest
    for text in ("", "sha256:", "no such thing"):
        with pytest.raises(KeyError):
            graph.find(text)


def test_words_name_evidence_by_what_it_declares() -> None:
    graph = ContentGraph.from_walk(walk(supply_chain.demo()))
    words = {(words_for(graph, node).family, words_for(graph, node).word) for node in graph.nodes.values()}
    assert {
        ("signature", "Notation signature"),
        ("signature", "cosign signature"),
        ("sbom", "SPDX SBOM"),
        ("attestation", "provenance"),
        ("attestation", "attestation"),
        ("artifact", "Helm chart"),
        ("missing", "missing image"),
        (TAG, TAG),
    } <= words


def test_f6_attestations_say_which_platform_they_are_for() -> None:
    graph = ContentGraph.from_walk(walk(supply_chain.demo()))
    details = {words_for(graph, node).detail for node in graph.nodes.values() if node.kind == "artifact"}
    assert {"for linux/amd64", "for linux/arm64"} <= details
    assert not any("unknown" in str(node.platform) for node in graph.nodes.values())


def test_several_statements_in_one_manifest_are_all_named() -> None:
    nodes = {digest(0): Node(id=digest(0), kind="artifact")}
    for n, predicate in enumerate(("https://spdx.dev/Document", "https://slsa.dev/provenance/v1"), start=1):
        nodes[digest(n)] = Node(
            id=digest(n), kind="blob", annotations={"in-toto.io/predicate-type": predicate}
        )
    graph = ContentGraph(
        nodes=nodes, edges=(Edge(digest(0), digest(1), LAYER), Edge(digest(0), digest(2), LAYER))
    )
    words = words_for(graph, nodes[digest(0)])
    assert (words.family, words.word) == ("attestation", "SPDX SBOM + provenance")


def test_the_tree_is_as_complete_as_other_tools_trees() -> None:
    """Everything oras discover and cosign tree tell: type and digest, at every depth, whatever the channel."""
    store = supply_chain.demo()
    graph = ContentGraph.from_walk(walk(store))
    lines = to_text(graph).splitlines()
    for node in graph.nodes.values():
        if node.kind == "artifact":
            assert any(node.id in line and node.artifact_type in line for line in lines)
    assert any("by cosign" in line for line in lines)
    nested = next(line for line in lines if "Notation signature" in line and line.startswith("    "))
    assert nested.startswith("    └── ⇠ ")


def test_long_chains_do_not_exhaust_the_stack() -> None:
    nodes = {digest(n): Node(id=digest(n), kind="artifact") for n in range(3000)}
    edges = tuple(Edge(digest(n + 1), digest(n), SUBJECT) for n in range(2999))
    graph = ContentGraph(nodes=nodes, edges=edges)
    assert len(to_text(graph).splitlines()) == 3000
    assert len(graph.path(digest(2999), digest(0))) == 2999


def test_a_moved_tag_is_one_edge_removed_and_one_added() -> None:
    before, after = supply_chain.small(), supply_chain.demo()
    after.tag(after.resolve("v1.1"), "v1.0")
    old, new = (ContentGraph.from_walk(walk(store, ["v1.0"]), "app") for store in (before, after))
    changed = old.diff(new)
    assert changed.changes["v1.0"] == "same"
    moved = {
        change: edge.target
        for edge, change in changed.edge_changes.items()
        if edge.source == "v1.0" and edge.kind == TAG
    }
    assert moved == {
        "removed": str(before.resolve("v1.0").digest),
        "added": str(after.resolve("v1.0").digest),
    }
    assert "[v1.0 (removed)]" in to_text(changed)
    assert "[v1.0 (added)]" in to_text(changed)
    some = changed.subgraph(["v1.0", moved["added"]])
    assert list(some.edge_changes.values()) == ["added"]
    assert (old | new).edge_changes == {}
