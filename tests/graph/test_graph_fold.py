"""Pictures of 10, 100 and 1,000 nodes: what folds, what stays, and that the picture says so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import supply_chain
from support.supply_chain import SupplyChain

from regexplore.content.node import Edge, Node
from regexplore.content.walk import WalkOptions, walk
from regexplore.graph.fold import LIMIT, Picture, fold
from regexplore.graph.labels import label, tooltip
from regexplore.graph.model import ContentGraph
from regexplore.oci import EMPTY_JSON, Digest


def members(picture: Picture) -> list[str]:
    return [node.id for item in picture.items.values() for node in (*item.nodes, *item.inside)]


def words(picture: Picture) -> set[str]:
    return {label(picture, item).word for item in picture.items.values()}


def graph_of(store: object) -> ContentGraph:
    return ContentGraph.from_walk(walk(store))  # type: ignore[arg-type]


@pytest.mark.parametrize("tags", [0, 6, 12])
def test_up_to_the_limit_every_node_is_drawn(tags: int) -> None:
    graph = graph_of(supply_chain.large(tags) if tags else supply_chain.small())
    assert len(graph) <= LIMIT
    picture = fold(graph)
    assert sorted(members(picture)) == sorted(set(graph.nodes) - {EMPTY_JSON.digest})
    assert all(len(item.nodes) == 1 for item in picture.items.values())


def test_the_empty_config_is_not_drawn_and_the_picture_says_so() -> None:
    picture = fold(graph_of(supply_chain.small()))
    assert EMPTY_JSON.digest not in picture.items
    assert "the empty config {} of 2 artifacts is not drawn" in picture.notes


def test_an_artifact_that_is_nothing_but_empty_stays_whole() -> None:
    chain = SupplyChain()
    only = chain.artifact("application/x", [])
    graph = ContentGraph.from_walk(walk(chain.store, [only]))
    assert set(members(fold(graph))) == {only.digest, EMPTY_JSON.digest}


def test_above_the_limit_layers_fold_first_with_count_and_size() -> None:
    chain = SupplyChain()
    image = chain.image("linux/amd64", [chain.layer(1000) for _ in range(LIMIT + 50)])
    picture = fold(ContentGraph.from_walk(walk(chain.store, [image])))
    [layers] = [item for item in picture.items.values() if item.family == "layer"]
    assert label(picture, layers).word == "300 layers"
    assert label(picture, layers).size == "293.0 KiB"
    assert "layers, configs and blobs of the same documents are folded" in picture.notes
    assert "302 nodes drawn as 3" in picture.notes


def test_shared_layers_stay_one_node_between_their_images() -> None:
    chain = SupplyChain()
    base = [chain.layer() for _ in range(3)]
    for n in range(100):
        chain.store.tag(chain.image("linux/amd64", [*base, chain.layer()]), f"v{n}")
    picture = fold(graph_of(chain.store))
    assert "3 layers" in words(picture)
    assert len(picture.items) <= LIMIT


def test_f9_a_thousand_nodes_become_a_readable_picture() -> None:
    graph = graph_of(supply_chain.large(70))
    assert len(graph) > 1000
    picture = fold(graph)
    assert len(picture.items) <= 60
    assert {"24 tags", "46 tags", "48 images", "92 images"} <= words(picture)


def test_t31_a_thousand_equal_referrers_fold_into_one() -> None:
    chain = SupplyChain()
    image = chain.image("linux/amd64", [chain.layer()])
    for _ in range(1000):
        chain.signature(image)
    found = walk(chain.store, [image], options=WalkOptions(referrers=True))
    picture = fold(ContentGraph.from_walk(found))
    assert "1,000 Notation signatures" in words(picture)


def test_missing_nodes_never_fold_into_present_ones() -> None:
    nodes = {}
    for n in range(400):
        digest = str(Digest.of(str(n).encode()))
        nodes[digest] = Node(id=digest, kind="layer", state="missing" if n == 7 else "named")
    top = str(Digest.of(b"top"))
    edges = tuple(Edge(top, digest, "layer", n) for n, digest in enumerate(nodes))
    picture = fold(ContentGraph(nodes={top: Node(id=top, kind="image"), **nodes}, edges=edges))
    assert {"missing layer", "399 layers"} <= words(picture)


def test_added_and_removed_nodes_do_not_fold_together() -> None:
    chains = [SupplyChain(seed) for seed in (1, 2)]
    images = [chain.image("linux/amd64", [chain.layer() for _ in range(200)]) for chain in chains]
    old, new = (ContentGraph.from_walk(walk(c.store, [i])) for c, i in zip(chains, images, strict=True))
    picture = fold(old.diff(new))
    assert [len(item.nodes) for item in picture.items.values() if item.family == "layer"] == [200, 200]


def test_what_does_not_fold_is_left_out_and_counted() -> None:
    nodes = {
        str(Digest.of(str(n).encode())): Node(id=str(Digest.of(str(n).encode())), kind="artifact")
        for n in range(12)
    }
    ids = list(nodes)
    edges = tuple(Edge(ids[n], ids[k], "subject") for n in range(12) for k in range(n))
    picture = fold(ContentGraph(nodes=nodes, edges=edges), limit=5)
    assert len(picture.items) == 5
    assert f"{12 - len(members(picture))} more nodes not drawn" in picture.notes


def test_reasons_of_a_partial_graph_stand_in_the_picture() -> None:
    graph = ContentGraph.from_walk(walk(supply_chain.demo(), options=WalkOptions(max_calls=5)))
    assert any(note.startswith("partial: stopped after 5 calls") for note in fold(graph).notes)


@settings(max_examples=40)
@given(st.integers(0, 9), st.integers(3, 80))
def test_no_node_is_drawn_twice_and_lines_end_at_items(tags: int, limit: int) -> None:
    graph = graph_of(supply_chain.large(tags))
    picture = fold(graph, limit)
    drawn = members(picture)
    assert len(drawn) == len(set(drawn))
    assert len(picture.items) <= limit
    assert all(line.source in picture.items and line.target in picture.items for line in picture.lines)
    assert all(tooltip(picture, item) for item in picture.items.values())


def test_nodes_that_are_kept_apart_are_drawn_whatever_the_limit_is() -> None:
    graph = graph_of(supply_chain.large(30))
    layers = [node.id for node in graph.nodes.values() if node.kind == "layer"][-40:]
    picture = fold(graph, 20, apart=layers)
    alone = {item.key for item in picture.items.values() if len(item.nodes) == 1}
    assert set(layers) <= alone
    assert len(picture.items) <= len(layers)
