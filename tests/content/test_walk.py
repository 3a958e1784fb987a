"""The walk: what it finds, what it costs, where it stops, and that it says so. T31, HLP-3, REFR-12."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from hypothesis import given, settings
from hypothesis import strategies as st
from support import supply_chain
from support.supply_chain import SupplyChain

from regexplore.content.memory import MemoryStore
from regexplore.content.node import ATTESTS, CHILD, CONFIG, COSIGN, LAYER, SUBJECT, TAG, TAG_SCHEMA, Edge
from regexplore.content.reference_tags import parse_reference_tag, reference_tags_of
from regexplore.content.walk import STOPPED, Walk, WalkOptions, walk
from regexplore.errors import DeniedError, RegexploreError
from regexplore.oci import Descriptor, Platform, media_types, referrers_tag


class CountingStore(MemoryStore):
    """Counts fetches by digest; raises where it is told to."""

    def __init__(self, inner: MemoryStore) -> None:
        super().__init__()
        self._content, self._tags, self._parents = inner._content, inner._tags, inner._parents
        self.fetched: Counter[str] = Counter()
        self.broken: dict[str, RegexploreError] = {}

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        self.fetched[target.digest] += 1
        if target.digest in self.broken:
            raise self.broken[target.digest]
        return super().fetch(target)


class PlainStore:
    """Only the four methods of the protocol, referrers by predecessors alone."""

    def __init__(self, inner: MemoryStore) -> None:
        self.resolve, self.fetch = inner.resolve, inner.fetch
        self.exists, self.predecessors = inner.exists, inner.predecessors


def kinds(found: Walk) -> Counter[str]:
    return Counter(edge.kind for edge in found.edges)


def test_everything_of_a_supply_chain_is_found() -> None:
    found = walk(supply_chain.demo())
    assert found.complete
    assert {TAG, CHILD, CONFIG, LAYER, SUBJECT, COSIGN, ATTESTS} <= set(kinds(found))
    states = Counter(node.state for node in found.nodes.values())
    assert states["missing"] == 1  # the image whose signature outlived it
    assert states["failed"] == 0


def test_hlp_3_edges_keep_the_order_of_the_document() -> None:
    store = supply_chain.small()
    found = walk(store, ["v1.0"])
    image = store.resolve("v1.0").digest
    assert [(e.kind, e.position) for e in found.edges if e.source == image] == [
        (CONFIG, 0),
        (LAYER, 0),
        (LAYER, 1),
        (LAYER, 2),
    ]


def test_refr_12_stores_without_a_list_of_referrers_give_the_same() -> None:
    store = supply_chain.demo()
    [tags] = store.tag_pages()
    plain, rich = walk(PlainStore(store), tags), walk(store, tags)
    assert set(plain.nodes) == set(rich.nodes)
    assert set(plain.edges) == set(rich.edges)


def test_each_digest_is_fetched_once() -> None:
    chain = SupplyChain()
    chain.release("v1", [chain.layer()], supply_chain.PLATFORMS[:3])
    store = CountingStore(chain.store)
    found = walk(PlainStore(store), ["v1"], options=WalkOptions(referrers=False))
    assert found.complete
    assert set(store.fetched.values()) == {1}
    assert not any(found.nodes[digest].kind in ("config", "layer", "blob") for digest in store.fetched)


def test_content_that_descriptors_carry_costs_no_fetch() -> None:
    chain = SupplyChain()
    inner = chain.image("linux/amd64", [])
    raw = chain.store.fetch(inner).read()
    carrying = replace(inner, data=raw)
    index = chain.store.add_document(media_types.OCI_INDEX, {"manifests": [carrying.to_json()]})
    store = CountingStore(chain.store)
    found = walk(PlainStore(store), [index])
    assert found.nodes[inner.digest].state == "read"
    assert store.fetched[inner.digest] == 0


def test_the_result_does_not_depend_on_the_number_of_workers() -> None:
    store = supply_chain.demo()
    one, many = (walk(store, options=WalkOptions(workers=n)) for n in (1, 16))
    assert list(one.nodes.items()) == list(many.nodes.items())
    assert one.edges == many.edges


# ---- what else speaks of a digest ----


def test_tag_schema_and_cosign_tags_are_edges_of_their_own() -> None:
    chain = SupplyChain()
    image = chain.image("linux/amd64", [chain.layer()])
    chain.store.tag(image, "v1")
    signature = chain.cosign(image)
    listing = chain.store.add_document(media_types.OCI_INDEX, {"manifests": [chain.sbom(image).to_json()]})
    chain.store.tag(listing, referrers_tag(image.digest))
    found = walk(chain.store, ["v1"])
    assert Edge(signature.digest, image.digest, COSIGN) in found.edges
    assert Edge(listing.digest, image.digest, TAG_SCHEMA) in found.edges


def test_a_cosign_tag_leads_to_a_subject_that_nothing_else_names() -> None:
    chain = SupplyChain()
    image = chain.image("linux/amd64", [chain.layer()])
    signature = chain.cosign(image)
    found = walk(chain.store, [f"{image.digest.replace(':', '-')}.sig"])
    assert found.nodes[image.digest].kind == "image"
    assert Edge(signature.digest, image.digest, COSIGN) in found.edges


def test_a_subject_that_is_gone_is_a_missing_node() -> None:
    chain = SupplyChain()
    gone = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"gone")
    signature = chain.signature(gone)
    found = walk(chain.store, [signature])
    assert found.nodes[gone.digest].state == "missing"
    assert Edge(signature.digest, gone.digest, SUBJECT) in found.edges
    assert found.complete  # it was asked for, and the answer is known


@given(st.text(max_size=80))
def test_reference_tags_are_read_without_surprise(tag: str) -> None:
    said = parse_reference_tag(tag)
    assert said is None or tag in reference_tags_of(said.about)


# ---- what can go wrong ----


def test_an_unknown_tag_is_a_missing_node() -> None:
    found = walk(supply_chain.small(), ["v1.0", "v9"], name="demo")
    assert found.nodes["demo:v9"].state == "missing"
    assert found.nodes["demo:v1.0"].state == "read"


def test_what_cannot_be_fetched_is_a_failed_node_and_a_reason() -> None:
    store = CountingStore(supply_chain.small())
    [sbom] = store.predecessors(store.resolve("v1.0"))
    image = store.resolve("v1.0")
    store.broken[image.digest] = DeniedError("GET", "http://x/", 403)
    found = walk(PlainStore(store), [sbom])
    assert found.nodes[image.digest].state == "failed"
    assert "403" in found.nodes[image.digest].error
    assert not found.complete


def test_unreadable_documents_are_nodes_with_their_reason() -> None:
    store = MemoryStore()
    bad = store.add(media_types.OCI_INDEX, b'{"schemaVersion":2,"manifests":[],"layers":[]}')
    found = walk(store, [bad])
    assert found.nodes[bad.digest].state == "unreadable"
    assert "at once" in found.nodes[bad.digest].error


def test_a_listed_referrer_that_denies_it_is_noted() -> None:
    chain = SupplyChain()
    image, other = chain.image("linux/amd64", []), chain.image("linux/arm64", [])
    sbom = chain.sbom(other)

    class Liar(CountingStore):
        def referrer_pages(self, target: Descriptor, artifact_type: str = "") -> object:
            yield [sbom] if target.digest == image.digest else []

    found = walk(Liar(chain.store), [image])
    assert Edge(sbom.digest, image.digest, SUBJECT) not in found.edges
    assert any("does not say so" in note for note in found.notes)


def test_blobs_are_checked_only_when_asked() -> None:
    store = MemoryStore()
    gone = Descriptor.from_bytes(media_types.OCI_LAYER_GZIP, b"gone")
    config = store.add(media_types.OCI_CONFIG, b"{}")
    image = store.add_document(
        media_types.OCI_MANIFEST, {"config": config.to_json(), "layers": [gone.to_json()]}
    )
    assert walk(store, [image]).nodes[gone.digest].state == "named"
    checked = walk(store, [image], options=WalkOptions(check_blobs=True))
    assert checked.nodes[gone.digest].state == "missing"


def test_tags_that_cannot_be_listed_make_it_partial() -> None:
    class Closed(CountingStore):
        def tag_pages(self, last: str = "") -> Iterator[list[str]]:
            yield ["v1.0"]
            raise DeniedError("GET", "http://x/", 403)

    store = Closed(supply_chain.small())
    whole = walk(store)
    assert any(reason.startswith("tags could not be listed: ") for reason in whole.reasons)
    assert any(node.state == "read" for node in whole.nodes.values()), "what came before is kept"
    one = walk(store, ["v1.0"])
    assert any("(cosign, tag schema) could not be listed" in reason for reason in one.reasons)


def test_a_blob_that_cannot_be_asked_for_is_a_failed_node() -> None:
    class Closed(CountingStore):
        def exists(self, target: Descriptor, /) -> bool:
            raise DeniedError("HEAD", "http://x/", 403)

    store = MemoryStore()
    config, layer = store.add(media_types.OCI_CONFIG, b"{}"), store.add(media_types.OCI_LAYER_GZIP, b"x")
    tree = {"config": config.to_json(), "layers": [layer.to_json()]}
    image = store.add_document(media_types.OCI_MANIFEST, tree)
    found = walk(Closed(store), [image], options=WalkOptions(check_blobs=True))
    assert found.nodes[layer.digest].state == "failed"
    assert not found.complete


def test_subjects_that_are_not_followed_are_edges_where_something_else_led_to_them() -> None:
    chain = SupplyChain()
    image = chain.image("linux/amd64", [chain.layer()])
    sbom = chain.sbom(image)
    options = WalkOptions(subjects=False, referrers=False)
    assert image.digest not in walk(chain.store, [sbom], options=options).nodes
    assert Edge(sbom.digest, image.digest, SUBJECT) in walk(chain.store, [sbom, image], options=options).edges


def test_content_that_two_name_differently_is_what_the_manifest_among_them_says() -> None:
    """As a layer of one and as a child of another: only one of these can be read on."""
    chain = SupplyChain()
    image = chain.image("linux/amd64", [chain.layer()])
    blob = Descriptor("application/octet-stream", image.digest, image.size)
    config = chain.store.add(media_types.OCI_CONFIG, b"{}")
    odd = chain.store.add_document(
        media_types.OCI_MANIFEST, {"config": config.to_json(), "layers": [blob.to_json()]}
    )
    index = chain.store.add_document(
        media_types.OCI_INDEX, {"schemaVersion": 2, "manifests": [odd.to_json(), image.to_json()]}
    )
    for roots in ([index], [odd, image], [odd, index]):
        found = walk(chain.store, roots)
        assert (found.nodes[image.digest].kind, found.nodes[image.digest].state) == ("image", "read")


def test_an_artifact_manifest_of_the_release_candidate_leads_to_its_blobs() -> None:
    store = MemoryStore()
    blob = store.add("text/plain", b"text")
    artifact = store.add_document(
        media_types.OCI_ARTIFACT_MANIFEST, {"artifactType": "application/x", "blobs": [blob.to_json()]}
    )
    found = walk(store, [artifact])
    assert [(edge.source, edge.target) for edge in found.edges] == [(artifact.digest, blob.digest)]


# ---- options and budgets ----


def test_the_platform_filter_keeps_attestations_of_what_it_keeps() -> None:
    chain = SupplyChain()
    index = chain.release("v1", [chain.layer()], supply_chain.PLATFORMS[:3])
    found = walk(
        chain.store, ["v1"], options=WalkOptions(platform=Platform("linux", "arm64"), referrers=False)
    )
    children = [found.nodes[e.target] for e in found.edges if e.source == index.digest and e.kind == CHILD]
    assert [(child.kind, str(child.platform)) for child in children] == [
        ("image", "linux/arm64"),
        ("artifact", "None"),
    ]
    assert found.notes == ("left out: 4 children of other platforms than linux/arm64",)
    assert found.complete


def test_options_leave_out_kinds() -> None:
    store = supply_chain.demo()
    bare = WalkOptions(configs=False, layers=False, referrers=False, subjects=False, reference_tags=False)
    found = walk(store, ["v1.2"], options=bare)
    assert {node.kind for node in found.nodes.values()} == {"tag", "index", "image", "artifact"}
    assert SUBJECT not in kinds(found)


def test_depth_ends_the_walk_and_says_so() -> None:
    found = walk(supply_chain.demo(), ["v1.2"], options=WalkOptions(depth=1))
    assert {node.state for node in found.nodes.values() if node.kind == "image"} == {"named"}
    assert any("depth 1" in reason for reason in found.reasons)


def test_t31_fan_out_ends_at_the_budget_of_nodes() -> None:
    chain = SupplyChain()
    image = chain.image("linux/amd64", [])
    chain.store.tag(image, "v1")
    for _ in range(30):
        first = chain.sbom(image)
        for _ in range(5):
            chain.signature(first)
    found = walk(chain.store, ["v1"], options=WalkOptions(max_nodes=50))
    assert len(found.nodes) == 50
    assert "stopped at 50 nodes" in found.reasons


def test_t31_the_budget_of_calls_is_kept() -> None:
    found = walk(supply_chain.demo(), options=WalkOptions(max_calls=7))
    assert found.calls <= 7
    assert any("7 calls" in reason for reason in found.reasons)


def test_too_many_tags_are_cut_and_told() -> None:
    found = walk(supply_chain.large(5), options=WalkOptions(max_tags=3))
    assert sum(node.kind == "tag" for node in found.nodes.values()) == 3
    assert any("more than 3 tags" in reason for reason in found.reasons)


def test_t31_cycles_end() -> None:
    """Digests forbid them, a lying store does not: two indexes that hold each other."""

    class Looping(MemoryStore):
        def fetch(self, target: Descriptor, /) -> BinaryIO:
            return super().fetch(first if target.digest == second.digest else second)

    store = Looping()
    first = store.add_document(media_types.OCI_INDEX, {"manifests": []})
    second = store.add_document(media_types.OCI_INDEX, {"manifests": [first.to_json()]})
    assert not walk(store, [second]).complete


def test_t31_mutual_referrers_end() -> None:
    chain = SupplyChain()
    first, second = chain.image("linux/amd64", []), chain.image("linux/arm64", [])

    class Mutual(CountingStore):
        def referrer_pages(self, target: Descriptor, artifact_type: str = "") -> object:
            yield [second if target.digest == first.digest else first]

    found = walk(Mutual(chain.store), [first])
    assert {first.digest, second.digest} <= set(found.nodes)


def test_t31_a_long_chain_of_referrers_is_followed_without_recursion() -> None:
    chain = SupplyChain()
    top = chain.image("linux/amd64", [])
    last = top
    for _ in range(300):
        last = chain.signature(last)
    assert last.digest in walk(chain.store, [top], options=WalkOptions(depth=400)).nodes
    assert not walk(chain.store, [top]).complete


# ---- stopping ----


def test_cancelling_keeps_what_arrived() -> None:
    stop = threading.Event()
    found = walk(
        supply_chain.large(20),
        cancel=stop,
        on_progress=lambda nodes, calls: stop.set() if calls > 10 else None,
    )
    assert STOPPED in found.reasons
    assert 10 < found.calls < 100
    assert found.nodes


def test_an_interrupt_keeps_what_arrived() -> None:
    def press(nodes: int, calls: int) -> None:
        if calls == 15:
            raise KeyboardInterrupt

    found = walk(supply_chain.large(20), on_progress=press)
    assert found.reasons == (STOPPED,)
    assert found.nodes


# ---- any graph ----


@st.composite
def random_stores(draw: st.DrawFn) -> tuple[MemoryStore, list[Descriptor]]:
    """Indexes and artifacts that point at anything made before them."""
    store = MemoryStore()
    made = [store.add(media_types.OCI_CONFIG, b"{}")]
    documents: list[Descriptor] = []
    for n in range(draw(st.integers(1, 12))):
        subject = draw(st.sampled_from([None, *documents]))
        about = {"subject": subject.to_json()} if subject else {}
        if draw(st.booleans()) and documents:
            children = draw(st.lists(st.sampled_from(documents), max_size=4))
            fields = {"manifests": [c.to_json() for c in children], "annotations": {"n": str(n)}} | about
            documents.append(store.add_document(media_types.OCI_INDEX, fields))
        else:
            layers = [
                store.add(media_types.OCI_LAYER_TAR, str(k).encode())
                for k in draw(st.sets(st.integers(0, 5)))
            ]
            made += layers
            fields = {
                "config": made[0].to_json(),
                "layers": [x.to_json() for x in layers],
                "annotations": {"n": str(n)},
            }
            documents.append(store.add_document(media_types.OCI_MANIFEST, fields | about))
    return store, documents


@settings(max_examples=60)
@given(random_stores())
def test_any_graph_is_walked_whole(made: tuple[MemoryStore, list[Descriptor]]) -> None:
    store, documents = made
    found = walk(store)
    assert found.complete
    assert {document.digest for document in documents} <= set(found.nodes)
    for document in documents:
        tree = json.loads(store.fetch(document).read())
        said = {e["digest"] for e in tree.get("manifests", [])} | {
            e["digest"] for e in tree.get("layers", [])
        }
        said |= {tree[key]["digest"] for key in ("config", "subject") if key in tree}
        assert {e.target for e in found.edges if e.source == document.digest} == said


@settings(max_examples=40)
@given(random_stores(), st.integers(1, 10), st.integers(1, 20))
def test_budgets_hold_for_any_graph(
    made: tuple[MemoryStore, list[Descriptor]], max_nodes: int, max_calls: int
) -> None:
    found = walk(made[0], options=WalkOptions(max_nodes=max_nodes, max_calls=max_calls))
    assert len(found.nodes) <= max_nodes
    assert found.calls <= max_calls
    assert all(e.source in found.nodes and e.target in found.nodes for e in found.edges)
    if found.complete:
        whole = walk(made[0])
        assert set(found.nodes) == set(whole.nodes)
        assert set(found.edges) == set(whole.edges)
