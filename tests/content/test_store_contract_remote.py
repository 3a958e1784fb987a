"""The contract over HTTP: a remote repository on the embedded registry, with the referrers API and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import supply_chain
from support.store_contract import StoreContract

from regexplore.content.memory import MemoryStore
from regexplore.content.node import TAG_SCHEMA
from regexplore.content.store import ReadOnlyStore, fetch_all
from regexplore.content.walk import walk
from regexplore.graph.model import ContentGraph
from regexplore.remote import RemoteRepository
from regexplore.sandbox import SandboxServer


def pushed(server: SandboxServer, model: MemoryStore) -> RemoteRepository:
    repository = RemoteRepository(f"{server.host}/demo/app")
    for descriptor in model.contents():
        repository.push(descriptor, fetch_all(model, descriptor, descriptor.size))
    [tags] = model.tag_pages()
    for tag in tags:
        repository.tag(model.resolve(tag), tag)
    return repository


class TestRemoteRepository(StoreContract):
    @pytest.fixture
    def store(self, model: MemoryStore) -> Iterator[RemoteRepository]:
        with SandboxServer() as server, pushed(server, model) as repository:
            yield repository


class TestRemoteRepositoryWithoutReferrersApi(StoreContract):
    @pytest.fixture
    def store(self, model: MemoryStore) -> Iterator[RemoteRepository]:
        with SandboxServer("distribution-2.8") as server, pushed(server, model) as repository:
            yield repository

    def test_a_walk_finds_the_same_graph_everywhere(self, store: ReadOnlyStore, model: MemoryStore) -> None:
        """And, on top of it, the indexes of the referrers tag schema with edges of their own kind."""
        [tags] = model.tag_pages()
        there, here = walk(store, tags), walk(model, tags)
        assert there.complete, there.reasons
        assert set(here.nodes) < set(there.nodes)
        assert set(here.edges) < set(there.edges)
        schema = [edge for edge in there.edges if edge.kind == TAG_SCHEMA]
        assert model.resolve("v1.2").digest in {edge.target for edge in schema}
        assert ContentGraph.from_walk(there).tags_of(schema[0].source)


def test_requests_are_counted_and_few() -> None:
    """One page of tags, one GET for each tag, each other document and each list of referrers."""
    model = supply_chain.small()
    with SandboxServer() as server, pushed(server, model) as repository:
        before = len(server.log)
        found = walk(repository, ["v1.0"])
        seen = server.log[before:]
    documents = sum(node.state == "read" and node.kind != "tag" for node in found.nodes.values())
    assert (len(found.nodes), documents) == (len(walk(model, ["v1.0"]).nodes), 3)
    assert len(seen) == found.calls == 1 + documents + documents
