"""Graphs over a source: what is known is not fetched again, and a tag means what it meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regexplore.errors import NotFoundError, UnsupportedError
from regexplore.objects.remembered import RememberedStore
from regexplore.objects.source import Source

if TYPE_CHECKING:
    from conftest import Shelf


def fetched(shelf: Shelf) -> int:
    return sum(number for call, number in shelf.store.calls.items() if call.startswith("fetch"))


def test_a_graph_of_known_documents_fetches_nothing(shelf: Shelf) -> None:
    image = shelf.image()
    shelf.index("v1", [("linux/amd64", image)])
    index = shelf.get("v1")
    index[0]  # type: ignore[index]
    before = fetched(shelf)
    graph = index.graph(referrers=False)
    assert fetched(shelf) == before
    assert set(graph.nodes["kind"]) == {"tag", "index", "image", "config", "layer"}


def test_t22_the_graph_of_an_artifact_is_of_what_was_fetched_though_the_tag_moved(shelf: Shelf) -> None:
    first = shelf.image("v1", text="first")
    held = shelf.get("v1")
    moved = shelf.image("v1", text="moved")
    digests = set(held.graph().nodes["digest"].dropna())
    assert first.digest in digests
    assert moved.digest not in digests
    assert moved.digest in set(shelf.graph("v1").nodes["digest"].dropna())


def test_the_graph_of_a_collection_holds_every_tag(shelf: Shelf) -> None:
    shelf.image("v1", text="1")
    shelf.image("v2", text="2")
    nodes = shelf.graph().nodes
    assert nodes[nodes["kind"] == "tag"]["name"].tolist() == ["v1", "v2"]
    assert sorted(shelf._ipython_key_completions_()) == ["v1", "v2"]


def test_a_missing_name_is_drawn_as_missing(shelf: Shelf) -> None:
    nodes = shelf.graph("nothing").nodes
    assert nodes["state"].tolist() == ["missing"]


def test_blobs_and_existence_are_asked_of_the_store(shelf: Shelf) -> None:
    image = shelf.image("v1")
    store = RememberedStore(shelf._source)
    layer = shelf.get("v1").layer_descriptors[0]
    assert store.fetch(layer).read() == shelf.store.fetch(layer).read()
    assert store.exists(layer)
    assert store.predecessors(layer) == [image]
    assert store.resolve("v1") == image
    with pytest.raises(NotFoundError):
        store.resolve("nothing")


def test_a_store_that_lists_nothing_says_so(shelf: Shelf) -> None:
    class Bare:
        resolve, fetch = shelf.store.resolve, shelf.store.fetch
        exists, predecessors = shelf.store.exists, shelf.store.predecessors

    store = RememberedStore(Source(Bare(), "bare"))
    image = shelf.image()
    assert store.roots() == []
    with pytest.raises(UnsupportedError):
        store.referrer_pages(image)
    with pytest.raises(UnsupportedError):
        next(store.tag_pages())
