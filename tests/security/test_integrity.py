"""T19 to T25: what arrives is what was asked for. Most of it is tested beside the code; here is what concerns all of it."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from support.clients import options_for
from support.scripted_server import Answer, Seen, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import EMPTY_JSON, Descriptor, Digest, Document, media_types
from regexplore.sandbox.demo.content import AMD64
from regexplore.sandbox.demo.images import push_image
from regexplore.sandbox.demo.keys import public_keys
from regexplore.sandbox.demo.shelf import Shelf
from regexplore.sandbox.demo.troubles.parts import build
from regexplore.sandbox.faults import Fault

BLOB = b"a layer, more or less" * 50
LAYER = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, BLOB)
MANIFEST = json.dumps(
    {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": EMPTY_JSON.to_json(), "layers": [LAYER.to_json()]}
).encode()  # fmt: skip
IMAGE = Descriptor.from_bytes(media_types.OCI_MANIFEST, MANIFEST)

MIXTURES: dict[str, dict[str, Any]] = {
    "manifest and index": {"config": EMPTY_JSON.to_json(), "layers": [], "manifests": []},
    "index with a config": {"manifests": [], "config": EMPTY_JSON.to_json()},
    "index with layers": {"manifests": [], "layers": [LAYER.to_json()]},
    "manifest of schema 1 and 2": {
        "schemaVersion": 1,
        "config": EMPTY_JSON.to_json(),
        "layers": [],
        "fsLayers": [],
    },
}


@pytest.mark.parametrize("mixture", MIXTURES)
@pytest.mark.parametrize(
    "media_type", [media_types.OCI_MANIFEST, media_types.OCI_INDEX, media_types.DOCKER_MANIFEST]
)
def test_t19_a_document_with_two_meanings_is_refused_whatever_it_is_called(
    mixture: str, media_type: str
) -> None:
    raw = json.dumps({"schemaVersion": 2, **MIXTURES[mixture]}).encode()
    with pytest.raises(errors.DocumentError):
        Document.parse(raw, Descriptor.from_bytes(media_type, raw))


def test_t19_header_and_body_must_agree() -> None:
    """CVE-2021-41190: the same bytes read as an index by one and as a manifest by another."""
    for said, served in (
        (media_types.OCI_MANIFEST, media_types.OCI_INDEX),
        (media_types.OCI_INDEX, media_types.OCI_MANIFEST),
    ):
        tree = (
            {"schemaVersion": 2, "mediaType": said, "manifests": []}
            if said == media_types.OCI_INDEX
            else json.loads(MANIFEST)
        )
        raw = json.dumps(tree).encode()
        with pytest.raises(errors.DocumentError):
            Document.parse(raw, Descriptor.from_bytes(served, raw))


OTHER = MANIFEST.replace(b'"layers"', b'"layers" ')
LIES: dict[str, tuple[bytes, str]] = {
    "other bytes": (OTHER, IMAGE.digest),
    "other bytes and their digest": (OTHER, Digest.of(OTHER)),
    "other digest": (MANIFEST, Digest.of(OTHER)),
    "no digest": (OTHER, ""),
}


@pytest.mark.parametrize("lie", LIES)
def test_t20_bytes_are_held_against_the_digest_that_was_asked_for(lie: str) -> None:
    """Not against the header, which the same server writes."""
    body, header = LIES[lie]
    headers = [
        ("Content-Type", media_types.OCI_MANIFEST),
        *([("Docker-Content-Digest", header)] if header else []),
    ]
    with scripted(lambda seen: Answer(200, body, headers)) as server:
        repository = rx.Repository(f"{server.host}/a", options=options_for(server.host))
        calls: list[Callable[[], Any]] = [
            lambda: repository.get(str(IMAGE.digest)),
            lambda: repository.fetch_all(IMAGE),
            lambda: repository.fetch_reference(str(IMAGE.digest))[1].read(),
            lambda: repository.get(str(IMAGE.digest)).layers(),
        ]
        for call in calls:
            with pytest.raises(errors.RegexploreError):
                call()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP", "identity, gzip"])
def test_t21_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    def respond(seen: Seen) -> Answer:
        assert seen.headers["Accept-Encoding"] == "identity"
        raw = MANIFEST if "manifests" in seen.target else BLOB
        return Answer(
            200,
            gzip.compress(raw),
            [("Content-Encoding", encoding), ("Content-Type", media_types.OCI_MANIFEST)],
        )

    with scripted(respond) as server:
        repository = rx.Repository(f"{server.host}/a", options=options_for(server.host))
        calls: list[Callable[[], Any]] = [
            lambda: repository.get("v1"),
            lambda: repository.fetch_all(IMAGE),
            lambda: repository.fetch_all(LAYER),
            lambda: repository.blobs.fetch(LAYER).read(),
            lambda: repository.tags(progress=None),
            lambda: repository.referrers(str(IMAGE.digest)),
        ]
        for call in calls:
            with pytest.raises(errors.RegexploreError):
                call()


def test_t22_an_audit_speaks_of_one_moment() -> None:
    """The tag moves at the n-th request: every row is still of the digest that was there when it was resolved."""
    for after in range(1, 9):
        with rx.Sandbox() as sandbox:
            shelf = Shelf(sandbox.store, "some/app")
            first = push_image(shelf, AMD64, build(), ["v1"])
            second = push_image(shelf, AMD64, build(run={"User": "root"}), ["v2"])
            sandbox.faults.add(Fault.moving_tag("v2"), path="*/manifests/v1", skip=after - 1)
            report = rx.audit(f"{sandbox.host}/some/app:v1", progress=None)
            asked = {record.path.rpartition("/")[2] for record in sandbox.log if "/manifests/" in record.path}
        digests = set(report.images["digest"].dropna())
        assert len(digests) == 1
        assert digests <= {first.digest, second.digest}
        assert set(report.findings["digest"].dropna()) <= digests
        # Never by its name again once it has a digest.
        assert asked <= {"v1", *digests}


@pytest.mark.parametrize("auth", [None, "basic"])
def test_t23_two_registries_with_one_repository_share_nothing(auth: Any) -> None:
    """What one registry showed, or to one user, is not shown by another."""
    with rx.Sandbox() as one, rx.Sandbox(auth=auth, users={"ada": "secret"}) as other:
        image = push_image(Shelf(one.store, "some/app"), AMD64, build(), ["v1"])
        assert one.registry["some/app"].get("v1").digest == image.digest
        anonymous = rx.Repository(f"{other.host}/some/app", options=options_for(other.host))
        for reference in ("v1", str(image.digest)):
            with pytest.raises(errors.RegexploreError):
                anonymous.get(reference)
        with pytest.raises(errors.RegexploreError):
            anonymous.fetch_all(image)


def test_t23_a_missing_tag_is_asked_for_again() -> None:
    with rx.Sandbox() as sandbox:
        repository = sandbox.registry["some/app"]
        with pytest.raises(errors.NotFoundError):
            repository.get("v1")
        image = push_image(Shelf(sandbox.store, "some/app"), AMD64, build(), ["v1"])
        assert repository.get("v1").digest == image.digest


def test_t24_annotations_are_claims_and_are_called_so() -> None:
    """A true signature that hangs on another image makes nothing verified, whatever is written beside it."""
    with rx.Sandbox.demo() as sandbox:
        repository = sandbox.registry["troubles/signature-of-another-image"]
        trust = rx.Trust(keys=public_keys(), identities=(rx.Identity(key="release"),))
        report = rx.audit(repository, policy=rx.Policy(trust=trust), rules=["SIG"], progress=None)
    statuses = report.evidence.groupby("subject")["status"].agg(set).map(sorted).tolist()
    assert ["failed"] in statuses


@pytest.mark.parametrize(
    "raw",
    [b'{"errors": NaN}', b"[" * 100_000, b'{"a": ' + b"9" * 100_000 + b"}", b"\xff\xfe{\x00}\x00", b'{"tags": [1e999]}', b"\xef\xbb\xbf[]"],
    ids=["NaN", "deep", "huge number", "UTF-16", "infinite", "BOM"],
)  # fmt: skip
def test_t25_json_that_readers_differ_about_is_a_named_error_in_every_answer(raw: bytes) -> None:
    with scripted(lambda seen: Answer(200, raw, [("Content-Type", "application/json")])) as server:
        repository = rx.Repository(f"{server.host}/a", options=options_for(server.host))
        registry = rx.Registry(server.host, options=options_for(server.host))
        for call in (
            lambda: repository.tags(progress=None),
            lambda: registry.repositories(progress=None),
            lambda: repository.predecessors(IMAGE),
        ):
            try:
                call()
            except errors.RegexploreError as named:
                assert named.hint


def test_t22_two_threads_see_one_document(sandbox: Any) -> None:
    """The same tag, asked for by many at once, is one document for all."""
    shelf = Shelf(sandbox.store, "some/app")
    push_image(shelf, AMD64, build(), ["v1"])
    repository = rx.Repository(f"{sandbox.host}/some/app")
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(repository.get("v1").document)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({document.descriptor.digest for document in found}) == 1


def test_t20_a_referrer_that_is_not_its_descriptor_is_no_evidence() -> None:
    with rx.Sandbox.demo() as sandbox:
        sandbox.faults.add(Fault.wrong_bytes(), path="*/blobs/*")
        report = rx.audit(sandbox.registry["demo/app"].get("v1.2"), progress=None)
    assert not report.complete
    assert not (report.evidence["status"] == "verified").any()
