"""What every read-only store must do, as a class of tests that each kind of store inherits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support import supply_chain

from regexplore.content.memory import MemoryStore
from regexplore.content.referrers import list_referrers
from regexplore.content.store import ReadOnlyStore, fetch_all
from regexplore.content.walk import walk
from regexplore.errors import NotFoundError, RegexploreError
from regexplore.graph.model import ContentGraph
from regexplore.oci import Descriptor, Document, media_types

NOWHERE = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"not in any store")


class StoreContract:
    """Inherit it and give a fixture ``store`` that holds the content of ``model``."""

    @pytest.fixture
    def model(self) -> MemoryStore:
        return supply_chain.demo()

    def test_is_a_read_only_store(self, store: ReadOnlyStore) -> None:
        assert isinstance(store, ReadOnlyStore)

    def test_resolves_each_tag_to_what_it_names(self, store: ReadOnlyStore, model: MemoryStore) -> None:
        [tags] = model.tag_pages()
        assert {tag: store.resolve(tag).digest for tag in tags} == {
            tag: model.resolve(tag).digest for tag in tags
        }

    def test_resolves_digests_with_media_type_and_size(
        self, store: ReadOnlyStore, model: MemoryStore
    ) -> None:
        wanted = model.resolve("v1.2")
        assert store.resolve(wanted.digest).same_content(wanted)

    def test_unknown_names_are_not_found(self, store: ReadOnlyStore) -> None:
        for reference in ("no-such-tag", str(NOWHERE.digest)):
            with pytest.raises(NotFoundError):
                store.resolve(reference)

    def test_gives_exactly_the_bytes(self, store: ReadOnlyStore, model: MemoryStore) -> None:
        index = model.resolve("v1.2")
        raw = fetch_all(store, index)
        assert raw == fetch_all(model, index)
        child = Document.parse(raw, index).successors()[0]
        layer = Document.parse(fetch_all(store, child), child).successors()[1]
        assert fetch_all(store, layer) == fetch_all(model, layer)

    def test_missing_content_is_not_found(self, store: ReadOnlyStore) -> None:
        with pytest.raises(NotFoundError):
            fetch_all(store, NOWHERE)

    def test_a_descriptor_of_another_size_is_refused(self, store: ReadOnlyStore, model: MemoryStore) -> None:
        index = model.resolve("v1.2")
        for wrong in (replace(index, size=index.size - 1), replace(index, size=index.size + 1)):
            with pytest.raises(RegexploreError):
                fetch_all(store, wrong)

    def test_exists_tells_what_is_there(self, store: ReadOnlyStore, model: MemoryStore) -> None:
        assert store.exists(model.resolve("v1.2"))
        assert not store.exists(NOWHERE)

    def test_refr_8_referrers_are_those_with_this_subject(
        self, store: ReadOnlyStore, model: MemoryStore
    ) -> None:
        index = model.resolve("v1.2")
        found = {entry.digest: entry.artifact_type for entry in list_referrers(store, index)}
        assert found == {entry.digest: entry.artifact_type for entry in list_referrers(model, index)}
        assert sorted(found.values()) == sorted(
            [supply_chain.SPDX, supply_chain.NOTATION, supply_chain.BUNDLE]
        )
        assert set(found) <= {entry.digest for entry in store.predecessors(index)}

    def test_a_walk_finds_the_same_graph_everywhere(self, store: ReadOnlyStore, model: MemoryStore) -> None:
        [tags] = model.tag_pages()
        there, here = walk(store, tags), walk(model, tags)
        assert there.complete, there.reasons
        assert set(there.nodes) == set(here.nodes)
        assert set(there.edges) == set(here.edges)
        kinds = {node.id: (node.kind, node.state, node.platform) for node in here.nodes.values()}
        assert {node.id: (node.kind, node.state, node.platform) for node in there.nodes.values()} == kinds
        assert ContentGraph.from_walk(there).roots_of(model.resolve("v1.2").digest)
