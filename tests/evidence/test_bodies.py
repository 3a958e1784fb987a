"""What is read of the manifests that were found, and what is told where something is not."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, BinaryIO

import pytest
from support.supply_chain import COSIGN_LAYER, SPDX

from regexplore.content.memory import MemoryStore
from regexplore.evidence import bodies
from regexplore.evidence.bodies import BodyReader, Carrier
from regexplore.evidence.piece import COSIGN_TAG, REFERRERS_API, Evidence
from regexplore.oci import Descriptor, Digest, media_types

IMAGE = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"an image")
BODY = json.dumps({"spdxVersion": "SPDX-2.3", "packages": []}).encode()


class Counting(MemoryStore):
    """A store that keeps count of what is fetched, and may be stopped at something."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[Digest] = []
        self.stop_at: Digest | None = None

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        self.fetched.append(target.digest)
        if target.digest == self.stop_at:
            raise KeyboardInterrupt
        return super().fetch(target)


@pytest.fixture
def store() -> Counting:
    return Counting()


def manifest(
    store: MemoryStore, layers: list[dict[str, Any]], artifact_type: str = "", **fields: Any
) -> Descriptor:
    empty = store.add(media_types.OCI_EMPTY, b"{}")
    said = {"artifactType": artifact_type} if artifact_type else {}
    return store.add_document(
        media_types.OCI_MANIFEST,
        {"config": empty.to_json(), "layers": layers, "subject": IMAGE.to_json(), **said, **fields},
    )


def read(
    store: MemoryStore, *found: Descriptor, channel: str = REFERRERS_API
) -> tuple[tuple[Evidence, ...], list[str]]:
    reader = BodyReader(store, {}, 1, None)
    carriers = [Carrier(one, IMAGE.digest, "", 1, {channel: None}) for one in found]
    return reader.read(carriers), list(reader.reasons)


def only(store: MemoryStore, *found: Descriptor, channel: str = REFERRERS_API) -> Evidence:
    (piece,) = read(store, *found, channel=channel)[0]
    return piece


def with_data(media_type: str, said: bytes, kept: bytes) -> dict[str, Any]:
    return Descriptor.from_bytes(media_type, said).to_json() | {"data": b64encode(kept).decode()}


def test_a_body_that_stands_in_the_manifest_is_not_fetched(store: Counting) -> None:
    found = manifest(store, [with_data(SPDX, BODY, BODY)])
    piece = only(store, found)
    assert (piece.format, piece.body, piece.problem) == ("SPDX", BODY, "")
    assert store.fetched == [found.digest]


@pytest.mark.parametrize("kept", [b"", BODY + b" ", b"x" * len(BODY)])
def test_t20_data_of_another_digest_is_passed_over(kept: bytes, store: Counting) -> None:
    body = store.add(SPDX, BODY)
    found = manifest(store, [with_data(SPDX, BODY, kept)])
    assert only(store, found).body == BODY
    assert store.fetched == [found.digest, body.digest]


def test_t26_a_body_of_an_unknown_type_has_a_limit_of_its_own(
    store: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MAX_UNKNOWN_BYTES", 9)
    small, large = store.add("text/plain", b"123456789"), store.add("text/plain", b"1234567890")
    pieces, reasons = read(store, manifest(store, [small.to_json(), large.to_json()]))
    assert [piece.body for piece in pieces] == [b"123456789", None]
    assert pieces[1].problem == "of an unknown type and larger than 9 bytes: not read"
    assert reasons == [f"{large.digest}: {pieces[1].problem}"]
    assert large.digest not in store.fetched
    labelled = store.add(SPDX, BODY)
    assert only(store, manifest(store, [labelled.to_json()])).body == BODY


def test_t26_of_very_many_layers_the_first_are_read_and_that_is_told(
    store: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MAX_SIGNATURES", 3)
    layers = [store.add(COSIGN_LAYER, b'{"n":%d}' % n) for n in range(5)]
    found = manifest(store, [layer.to_json() for layer in layers])
    pieces, _ = read(store, found)
    assert [piece.digest for piece in pieces] == [layer.digest for layer in layers[:3]]
    assert {piece.problem for piece in pieces} == {"only the first 3 of its layers are read"}
    assert store.fetched == [found.digest, *(layer.digest for layer in layers[:3])]


def test_a_manifest_that_cannot_be_read_is_a_piece_with_a_problem(store: Counting) -> None:
    broken = store.add(media_types.OCI_MANIFEST, b'{"layers": 3')
    listed = Descriptor(broken.media_type, broken.digest, broken.size, artifact_type="application/spdx+json")
    pieces, reasons = read(store, listed)
    assert [(one.part, one.body, one.format, one.kind) for one in pieces] == [(None, None, "SPDX", "sbom")]
    assert pieces[0].problem
    assert reasons == [f"{broken.digest}: {pieces[0].problem}"]


@pytest.mark.parametrize(
    ("artifact_type", "form", "kind"),
    [
        ("application/spdx+json", "SPDX", "sbom"),
        ("application/vnd.cncf.notary.signature", "notation signature", "other"),
        ("application/x-mine", "unknown", "other"),
    ],
)
def test_a_manifest_without_a_layer_is_told_as_that(
    artifact_type: str, form: str, kind: str, store: Counting
) -> None:
    piece = only(store, manifest(store, [], artifact_type))
    assert (piece.part, piece.format, piece.kind) == (None, form, kind)
    assert piece.problem == "a manifest without a layer"


def test_an_index_that_refers_is_a_piece_and_no_problem(store: Counting) -> None:
    found = store.add_document(media_types.OCI_INDEX, {"manifests": [], "subject": IMAGE.to_json()})
    piece = only(store, found)
    assert (piece.part, piece.format, piece.problem) == (None, "index", "")


def test_what_a_listing_says_wrongly_goes_before_a_layer_that_is_missing(store: Counting) -> None:
    found = manifest(store, [], subject=None)
    assert only(store, found).problem == "it is listed as a referrer, and its manifest has no subject"
    assert only(store, found, channel=COSIGN_TAG).problem == "a manifest without a layer"


def test_an_interrupt_among_manifests_keeps_what_arrived_and_is_told(store: Counting) -> None:
    layer = store.add(SPDX, BODY).to_json()
    first, second = (manifest(store, [layer], annotations={"n": n}) for n in "12")
    store.stop_at = second.digest
    pieces, reasons = read(store, first, second)
    assert [(piece.manifest.digest, piece.body) for piece in pieces] == [(first.digest, BODY)]
    assert reasons == ["stopped while evidence was read"]


def test_an_interrupt_among_bodies_leaves_pieces_that_say_they_were_not_read(store: Counting) -> None:
    first, second = store.add(SPDX, BODY), store.add(SPDX, BODY + b" ")
    store.stop_at = second.digest
    pieces, reasons = read(store, manifest(store, [first.to_json(), second.to_json()]))
    assert [piece.body for piece in pieces] == [BODY, None]
    assert pieces[1].problem == "not read: a limit was reached, or the reading was stopped, before it"
    assert reasons[0] == "stopped while evidence was read"
