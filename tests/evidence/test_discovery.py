"""Evidence is found in every channel, once, with the fewest requests; what was not asked is told."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from support import supply_chain
from support.clients import repository
from support.supply_chain import COSIGN_LAYER, IN_TOTO, NOTATION, SPDX, SupplyChain

from regexplore.content.memory import MemoryStore
from regexplore.content.store import fetch_all
from regexplore.evidence import bodies, discovery
from regexplore.evidence.discovery import find_evidence
from regexplore.evidence.looks import ELSEWHERE
from regexplore.evidence.piece import COSIGN_TAG, INDEX, REFERRERS_API, REFERRERS_TAG, SBOM, SCAN, SIGNATURE
from regexplore.oci import Descriptor, Document, media_types, referrers_tag
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.demo import load


def document_of(store, reference):
    descriptor = reference if isinstance(reference, Descriptor) else store.resolve(reference)
    return Document.examine(fetch_all(store, descriptor), descriptor)


def found_kinds(found):
    return Counter((piece.depth, piece.platform, piece.kind) for piece in found.pieces)


def outcomes(found, digest):
    return {look.channel: look.outcome for look in found.looks if look.subject == digest}


class Registry(MemoryStore):
    """A store that lists referrers as a registry does, and counts what it is asked."""

    referrers_capability = "supported"

    def __init__(self):
        super().__init__()
        self.asked = Counter()

    def fetch(self, target, /):
        self.asked["fetch", str(target.digest)] += 1
        return super().fetch(target)

    def fetch_reference(self, reference, /):
        self.asked["tag", reference] += 1
        return super().fetch_reference(reference)

    def referrer_pages(self, target, artifact_type=""):
        self.asked["referrers", str(target.digest)] += 1
        return super().referrer_pages(target, artifact_type)


def chain_in(store):
    chain = SupplyChain()
    chain.store = store
    store.add(media_types.OCI_EMPTY, b"{}")
    return chain


def schema_index(store, subject, *entries):
    index = store.add_document(
        media_types.OCI_INDEX, {"manifests": [entry.plain().to_json() for entry in entries]}
    )
    store.tag(index, referrers_tag(subject.digest))
    return index


# ---- the demo, over HTTP ----


@pytest.fixture(scope="module")
def demo():
    with SandboxServer() as server:
        load(server.store)
        yield server


@pytest.fixture(scope="module")
def demo_without_api():
    with SandboxServer(profile="distribution-2.8") as server:
        load(server.store)
        yield server


def test_demo_shows_every_channel_on_index_platforms_and_evidence(demo):
    app = repository(demo.host, "demo/app")
    found = find_evidence(app, document_of(app, "v1.2"))
    assert found.reasons == ()
    assert found_kinds(found) == {
        (1, "linux/amd64", "sbom"): 2,
        (1, "linux/amd64", "provenance"): 1,
        (1, "linux/arm64/v8", "sbom"): 2,
        (1, "linux/arm64/v8", "provenance"): 1,
        (1, "", "sbom"): 1,
        (1, "", "signature"): 3,
        (1, "", "provenance"): 1,
        (1, "", "vex"): 1,
        (2, "", "signature"): 1,
    }
    assert {channel for piece in found.pieces for channel in piece.channels} == {
        REFERRERS_API,
        COSIGN_TAG,
        INDEX,
    }
    assert all(piece.body is not None and not piece.problem for piece in found.pieces)


def test_demo_costs_what_is_said(demo):
    app = repository(demo.host, "demo/app")
    index = document_of(app, "v1.2")
    before = app.requests_sent
    found = find_evidence(app, index)
    manifests = {piece.manifest.digest for piece in found.pieces}
    bodies_read = {piece.digest for piece in found.pieces}
    # One for the tags, one for the referrers of each manifest, one for each manifest and body.
    asked = 1 + 3 + len(manifests)
    assert app.requests_sent - before == asked + len(manifests) + len(bodies_read)


def test_known_tags_are_not_listed_again(demo):
    app = repository(demo.host, "demo/app")
    index = document_of(app, "v1.0")
    tags = {tag for page in app.tag_pages() for tag in page}
    before = app.requests_sent
    found = find_evidence(app, index, tags=tags)
    # Referrers of index, two platforms and the signature; its manifest by tag; its body.
    assert app.requests_sent - before == 6
    assert [piece.channels for piece in found.pieces] == [(COSIGN_TAG,)]


def test_registry_without_referrers_api_is_asked_for_it_once(demo_without_api):
    web = repository(demo_without_api.host, "demo/web")
    app = repository(demo_without_api.host, "demo/app")
    index = document_of(app, "v1.2")
    before = app.requests_sent
    found = find_evidence(app, index)
    # Tags, the API, the tag that the client then asks for, cosign's manifest, two of BuildKit, five bodies.
    assert app.requests_sent - before == 1 + 1 + 1 + 1 + 2 + 5
    again = app.requests_sent
    find_evidence(app, index, tags=set())
    assert app.requests_sent - again == 2 + 4
    assert outcomes(found, index.descriptor.digest)[REFERRERS_API] == "unsupported"
    looked = find_evidence(web, document_of(web, "v2.0"))
    assert (looked.pieces, looked.reasons) == ((), ())


def test_elsewhere_is_told_as_not_looked_at(demo):
    app = repository(demo.host, "demo/app")
    found = find_evidence(app, document_of(app, "v1.0"))
    assert [look.outcome for look in found.looks if look.channel == ELSEWHERE] == ["not looked at"]
    assert {look.outcome for look in found.looks if look.channel == SCAN} == {"not looked at"}


# ---- channels, one by one ----


def test_same_evidence_in_two_channels_is_one_piece():
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    sbom = chain.sbom(image)
    schema_index(chain.store, image, sbom, sbom)
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert [(piece.manifest.digest, piece.channels) for piece in found.pieces] == [
        (sbom.digest, (REFERRERS_API, REFERRERS_TAG))
    ]


def test_entry_of_a_referrers_tag_that_names_another_subject_says_so():
    chain = chain_in(Registry())
    image, other = (chain.image("linux/amd64", [chain.layer()]) for _ in range(2))
    schema_index(chain.store, image, chain.sbom(other), chain.artifact(SPDX, [(SPDX, b"{}")]))
    problems = [piece.problem for piece in find_evidence(chain.store, document_of(chain.store, image)).pieces]
    assert "its subject is another" in problems[0]
    assert "no subject" in problems[1]


def test_image_under_a_referrers_tag_lists_nothing():
    chain = chain_in(Registry())
    image, other = (chain.image("linux/amd64", [chain.layer()]) for _ in range(2))
    chain.store.tag(other, referrers_tag(image.digest))
    found = find_evidence(chain.store, document_of(chain.store, image))
    look = next(look for look in found.looks if look.channel == REFERRERS_TAG)
    assert (found.pieces, look.outcome) == ((), "none")
    assert "no index" in look.reason


def test_tag_read_as_the_digest_it_spells_lists_nothing():
    chain = chain_in(Registry())
    index = chain.index({"linux/amd64": chain.image("linux/amd64", [chain.layer()])})
    chain.store.tag(index, referrers_tag(index.digest))
    found = find_evidence(chain.store, document_of(chain.store, index))
    assert (found.pieces, found.reasons) == ((), ())


def test_cosign_tags_are_asked_for_when_the_tags_cannot_be_listed():
    class Secretive(Registry):
        def tag_pages(self, last=""):
            from regexplore.errors import TransportError

            raise TransportError("no list for you")

    chain = chain_in(Secretive())
    image = chain.image("linux/amd64", [chain.layer()])
    chain.cosign(image)
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert [piece.channels for piece in found.pieces] == [(COSIGN_TAG,)]
    assert found.reasons == ("tags: TransportError: no list for you",)


def test_many_signatures_in_one_manifest_are_a_piece_each():
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    layers = [(COSIGN_LAYER, b'{"n":%d}' % n) for n in range(3)]
    signature = chain.artifact("", [*layers, ("text/plain", b"a note")], config=chain.layer())
    chain.store.tag(signature, f"{image.digest.replace(':', '-')}.sig")
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert [piece.format for piece in found.pieces] == ["cosign signature"] * 3 + ["unknown"]


class Plain:
    """The least that a store can do: no tags listed, no referrers, nothing fetched by name."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        if name in ("resolve", "fetch", "exists", "predecessors"):
            return getattr(self._store, name)
        raise AttributeError(name)


def test_a_store_that_can_do_the_least_is_looked_through_too():
    chain = chain_in(MemoryStore())
    image = chain.image("linux/amd64", [chain.layer()])
    signature = chain.cosign(image)
    sbom = chain.sbom(image)
    # An index that lists the image leads to it as well, and says nothing of it.
    chain.index({"linux/amd64": image})
    found = find_evidence(Plain(chain.store), document_of(chain.store, image))
    assert {piece.manifest.digest: piece.channels for piece in found.pieces} == {
        sbom.digest: (SCAN,),
        signature.digest: (COSIGN_TAG,),
    }
    assert outcomes(found, image.digest) == {
        REFERRERS_API: "unsupported",
        SCAN: "found",
        REFERRERS_TAG: "none",
        COSIGN_TAG: "found",
        ELSEWHERE: "not looked at",
    }


def test_evidence_is_given_by_what_it_is_about():
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    sbom = chain.sbom(image)
    signature = chain.signature(sbom)
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert [piece.manifest.digest for piece in found.about(image.digest)] == [sbom.digest]
    assert [piece.manifest.digest for piece in found.about(sbom.digest)] == [signature.digest]
    assert found.about(signature.digest) == ()


def test_scanned_manifests_count_where_the_registry_keeps_subjects_to_itself():
    class Forgetful(Registry):
        referrers_capability = "unsupported"

    chain = chain_in(Forgetful())
    image = chain.image("linux/amd64", [chain.layer()])
    sbom = chain.sbom(image)
    other = chain.image("linux/amd64", [chain.layer()])
    scanned = [document_of(chain.store, one) for one in (sbom, other, chain.sbom(other))]
    found = find_evidence(chain.store, document_of(chain.store, image), scanned=scanned)
    assert [piece.channels for piece in found.pieces] == [(SCAN,)]
    assert outcomes(found, image.digest)[SCAN] == "found"
    assert not any(kind == "referrers" for kind, _ in chain.store.asked)


def test_buildkit_attestation_with_a_subject_is_one_piece_of_two_channels():
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    statement = json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "x", "digest": {"sha256": image.digest.encoded}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {},
        }
    ).encode()
    kind = "application/vnd.docker.attestation.manifest.v1+json"
    attestation = chain.artifact(kind, [(IN_TOTO, statement)], image)
    entry = attestation.to_json() | {
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": str(image.digest),
        },
    }
    ignored = entry | {"annotations": {"vnd.docker.reference.type": "something-else"}}
    platform = {"os": "linux", "architecture": "amd64"}
    index = chain.store.add_document(
        media_types.OCI_INDEX, {"manifests": [image.to_json() | {"platform": platform}, entry, ignored]}
    )
    [piece] = find_evidence(chain.store, document_of(chain.store, index)).pieces
    assert (piece.channels, piece.platform, piece.kind) == (
        (INDEX, REFERRERS_API),
        "linux/amd64",
        "provenance",
    )


@pytest.mark.parametrize("make", [supply_chain.small, supply_chain.demo])
def test_every_referrer_of_a_memory_store_is_found(make):
    store = make()
    for page in store.tag_pages():
        for tag in page:
            document = document_of(store, tag)
            found = find_evidence(store, document)
            direct = {one.digest for one in store.predecessors(document.descriptor)}
            direct -= {
                one
                for one in direct
                if document_of(store, store.resolve(one)).subject != document.descriptor.plain()
            }
            assert direct <= {piece.manifest.digest for piece in found.pieces}
            assert outcomes(found, document.descriptor.digest)[REFERRERS_API] == "unsupported"


# ---- limits ----


def test_each_body_is_read_once_though_many_manifests_hold_it():
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    for n in range(5):
        chain.artifact(SPDX, [(SPDX, b'{"spdxVersion":"SPDX-2.3"}')], image, n=str(n))
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert len(found.pieces) == 5
    [body] = {str(piece.digest) for piece in found.pieces}
    assert chain.store.asked["fetch", body] == 1


def test_t26_body_beyond_the_limit_is_not_read(monkeypatch):
    monkeypatch.setattr(bodies, "MAX_BODY_BYTES", 100)
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    sbom = chain.artifact(SPDX, [(SPDX, b" " * 101)], image)
    found = find_evidence(chain.store, document_of(chain.store, image))
    [piece] = found.pieces
    assert (piece.kind, piece.body) == (SBOM, None)
    assert "more than the limit" in piece.problem
    assert found.reasons
    part = document_of(chain.store, sbom).layers[0]
    assert not chain.store.asked["fetch", str(part.digest)]


def test_t26_all_bodies_together_have_a_limit(monkeypatch):
    monkeypatch.setattr(bodies, "MAX_ALL_BYTES", 9_000)
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    for _ in range(4):
        chain.sbom(image)
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert sum(piece.body is not None for piece in found.pieces) == 2
    assert any("bodies beyond" in reason for reason in found.reasons)


def test_file_systems_of_software_that_refers_are_not_read():
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    layer = chain.layer()
    chain.artifact(
        "application/vnd.nydus.image.manifest.v1+json", [(media_types.OCI_LAYER_GZIP, b"x" * 90)], image
    )
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert [(piece.format, piece.body, piece.problem) for piece in found.pieces] == [
        ("Nydus image", None, "")
    ]
    assert found.reasons == ()
    assert not chain.store.asked["fetch", str(layer.digest)]


def test_t20_body_of_another_digest_is_a_problem_and_never_evidence():
    class Liar(Registry):
        def fetch(self, target, /):
            import io

            if target.media_type == SPDX:
                return io.BytesIO(b"X" * target.size)
            return super().fetch(target)

    chain = chain_in(Liar())
    image = chain.image("linux/amd64", [chain.layer()])
    chain.sbom(image)
    [piece] = find_evidence(chain.store, document_of(chain.store, image)).pieces
    assert piece.body is None
    assert piece.problem.startswith("MismatchedDigestError")


def test_t31_referrers_in_a_loop_end():
    class Looping(Registry):
        def referrer_pages(self, target, artifact_type=""):
            yield [one for one in pair if one.digest != target.digest]

    chain = chain_in(Looping())
    image = chain.image("linux/amd64", [chain.layer()])
    pair = [chain.signature(image), chain.signature(image)]
    found = find_evidence(chain.store, document_of(chain.store, image))
    # Both on the image, and each on the other.
    assert Counter(piece.depth for piece in found.pieces) == {1: 2, 2: 2}
    assert {piece.kind for piece in found.pieces} == {SIGNATURE}


def test_t31_evidence_on_evidence_without_end_is_cut_and_told():
    class Endless(Registry):
        def referrer_pages(self, target, artifact_type=""):
            yield [chain.artifact(NOTATION, [("application/jose+json", target.digest.encode())])]

    chain = chain_in(Endless())
    image = chain.image("linux/amd64", [chain.layer()])
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert max(piece.depth for piece in found.pieces) == discovery.MAX_DEPTH
    assert any("depth" in reason for reason in found.reasons)
    short = find_evidence(chain.store, document_of(chain.store, image), depth=1)
    assert [piece.depth for piece in short.pieces] == [1]


def test_t31_listing_without_end_is_cut_and_told(monkeypatch):
    monkeypatch.setattr("regexplore.evidence.channels.MAX_REFERRERS", 30)

    class Wide(Registry):
        def referrer_pages(self, target, artifact_type=""):
            while True:
                yield [Descriptor.from_bytes(media_types.OCI_MANIFEST, str(n).encode()) for n in range(20)]

    store = Wide()
    chain = chain_in(store)
    image = chain.image("linux/amd64", [chain.layer()])
    found = find_evidence(store, document_of(store, image))
    assert any("more than 30 referrers" in reason for reason in found.reasons)


def test_t31_manifests_with_evidence_have_a_limit_that_is_told(monkeypatch):
    monkeypatch.setattr(discovery, "MAX_REFERRERS", 3)
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    for _ in range(5):
        chain.signature(image)
    found = find_evidence(chain.store, document_of(chain.store, image))
    assert len(found.pieces) == 3
    assert found.reasons == ("more than 3 manifests with evidence: the rest was not read",)
    assert sum(kind == "referrers" for kind, _ in chain.store.asked) == 1, (
        "evidence on evidence is not asked for"
    )


def test_an_interrupt_while_evidence_is_looked_for_keeps_what_arrived_and_is_told():
    class Stopped(Registry):
        def referrer_pages(self, target, artifact_type=""):
            if target.digest == sbom.digest:
                raise KeyboardInterrupt
            return super().referrer_pages(target, artifact_type)

    chain = chain_in(Stopped())
    image = chain.image("linux/amd64", [chain.layer()])
    sbom = chain.sbom(image)
    found = find_evidence(chain.store, document_of(chain.store, image), workers=1)
    assert [piece.manifest.digest for piece in found.pieces] == [sbom.digest]
    assert found.reasons == ("stopped while evidence was looked for",)


def test_failing_listing_is_failed_and_not_absent():
    from regexplore.errors import TransportError

    class Broken(Registry):
        def referrer_pages(self, target, artifact_type=""):
            yield [sbom]
            raise TransportError("gone")

    chain = chain_in(Broken())
    image = chain.image("linux/amd64", [chain.layer()])
    sbom = chain.sbom(image)
    found = find_evidence(chain.store, document_of(chain.store, image), depth=1)
    assert outcomes(found, image.digest)[REFERRERS_API] == "failed"
    assert len(found.pieces) == 1
    assert any("gone" in reason for reason in found.reasons)


def test_t31_a_body_that_is_nearly_evidence_hides_nothing_beside_it():
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    broken = chain.artifact(IN_TOTO, [(IN_TOTO, b'{"_type": "https://in-toto.io/Statement/v1"}')], image)
    sbom = chain.sbom(image)
    found = find_evidence(chain.store, document_of(chain.store, image))
    problems = {piece.manifest.digest: piece.problem for piece in found.pieces}
    assert problems[broken.digest].startswith("a statement has 1 to 10,000 subjects")
    assert problems[sbom.digest] == ""


def test_missing_manifest_of_a_listing_is_a_piece_with_a_problem():
    chain = chain_in(Registry())
    image = chain.image("linux/amd64", [chain.layer()])
    ghost = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"gone")
    schema_index(chain.store, image, ghost)
    [piece] = find_evidence(chain.store, document_of(chain.store, image)).pieces
    assert (piece.part, piece.format) == (None, "unknown")
    assert piece.problem.startswith("NotFoundError")
