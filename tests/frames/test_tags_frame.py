"""The frame of tags: what a row holds, for each kind of document, and when something fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from regexplore.errors import NotFoundError
from regexplore.frames.origin import Origin
from regexplore.frames.tags import tag_details_frame, tag_row
from regexplore.oci import Descriptor, Document, media_types

EMPTY = {
    "mediaType": media_types.OCI_EMPTY,
    "digest": str(Descriptor.from_bytes("", b"{}").digest),
    "size": 2,
}


class Shelf:
    """Documents by tag and by digest; counts what is read."""

    def __init__(self) -> None:
        self.tags: dict[str, Document] = {}
        self.blobs: dict[str, bytes] = {}
        self.read: list[str] = []

    def put(self, tag: str, media_type: str, tree: object) -> Document:
        raw = json.dumps(tree).encode()
        self.tags[tag] = Document.examine(raw, Descriptor.from_bytes(media_type, raw))
        return self.tags[tag]

    def blob(self, media_type: str, tree: object) -> dict[str, object]:
        raw = json.dumps(tree).encode()
        descriptor = Descriptor.from_bytes(media_type, raw)
        self.blobs[descriptor.digest] = raw
        return descriptor.to_json()

    def by_reference(self, reference: str) -> Document:
        self.read.append(reference)
        if reference not in self.tags:
            raise NotFoundError(f"{reference} is not here")
        return self.tags[reference]

    def by_descriptor(self, descriptor: Descriptor) -> Document:
        self.read.append(descriptor.digest)
        if descriptor.digest not in self.blobs:
            raise NotFoundError(f"{descriptor.digest} is not here")
        return Document.examine(self.blobs[descriptor.digest], descriptor)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def manifest(config: object, *sizes: int, **more: object) -> dict[str, object]:
    layers = [
        Descriptor(
            media_types.OCI_LAYER_GZIP, Descriptor.from_bytes("", str(n).encode()).digest, size
        ).to_json()
        for n, size in enumerate(sizes)
    ]
    return {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": config,
        "layers": layers,
        **more,
    }


def test_the_row_of_an_image(shelf: Shelf) -> None:
    config = {"os": "linux", "architecture": "arm64", "variant": "v8", "created": "2024-05-01T10:00:00+02:00"}
    described = shelf.blob(media_types.OCI_CONFIG, config)
    document = shelf.put(
        "v1", media_types.OCI_MANIFEST, manifest(described, 100, 200, annotations={"b": "2", "a": "1"})
    )
    row = tag_row("v1", shelf)
    assert row == {
        "tag": "v1",
        "digest": document.descriptor.digest,
        "kind": "image",
        "media_type": media_types.OCI_MANIFEST,
        "artifact_type": media_types.OCI_CONFIG,
        "size": len(document.raw),
        "total_size": len(document.raw) + int(str(described["size"])) + 300,
        "platforms": "linux/arm64/v8",
        "layers": 2,
        "created": datetime(2024, 5, 1, 8, tzinfo=UTC),
        "annotations": '{"a": "1", "b": "2"}',
        "error": None,
    }


def test_f6_attestations_are_no_platforms(shelf: Shelf) -> None:
    def entry(n: int, os: str, architecture: str, **annotations: str) -> dict[str, object]:
        child = Descriptor.from_bytes(media_types.OCI_MANIFEST, str(n).encode()).to_json()
        return child | {"platform": {"os": os, "architecture": architecture}, "annotations": annotations}

    marked = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "sha256:x"}
    entries = [
        entry(1, "linux", "amd64"),
        entry(2, "unknown", "unknown", **marked),
        entry(3, "linux", "arm64"),
    ]
    tree = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries,
            "annotations": {"org.opencontainers.image.created": "2024-01-02T03:04:05Z"}}  # fmt: skip
    shelf.put("v1", media_types.OCI_INDEX, tree)
    row = tag_row("v1", shelf)
    assert row["kind"] == "index"
    assert row["platforms"] == "linux/amd64, linux/arm64"
    assert row["created"] == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert row["total_size"] is None
    assert shelf.read == ["v1"]


def test_f7_an_artifact_has_its_type_and_no_config_is_fetched(shelf: Shelf) -> None:
    shelf.put("sbom", media_types.OCI_MANIFEST, manifest(EMPTY, 50, artifactType="application/spdx+json"))
    row = tag_row("sbom", shelf)
    assert (row["kind"], row["artifact_type"], row["platforms"]) == ("artifact", "application/spdx+json", "")
    assert shelf.read == ["sbom"]


def test_one_bad_tag_is_one_row_with_its_error(shelf: Shelf) -> None:
    shelf.put("good", media_types.OCI_MANIFEST, manifest(EMPTY, 1))
    frame = tag_details_frame([tag_row(tag, shelf) for tag in ("gone", "good")], Origin("x"))
    assert frame["tag"].tolist() == ["gone", "good"]
    assert frame.loc[0, "error"] == "NotFoundError: gone is not here"
    assert frame.loc[0].drop(["tag", "error"]).isna().all()
    assert frame.attrs["complete"] is False
    assert frame.attrs["reasons"] == ["1 of 2 tags could not be read in full; see the column error"]


def test_a_missing_config_leaves_what_the_manifest_says(shelf: Shelf) -> None:
    gone = Descriptor.from_bytes(media_types.OCI_CONFIG, b"gone").to_json()
    shelf.put("v1", media_types.OCI_MANIFEST, manifest(gone, 10))
    row = tag_row("v1", shelf)
    assert row["layers"] == 1
    assert row["created"] is None
    assert str(row["error"]).startswith("config: NotFoundError: sha256:")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "JSON"),
        (b"[]", "object"),
        (b'{"schemaVersion":2,"layers":[],"manifests":[]}', "at once"),
        (b"\xff", ""),
    ],
)
def test_an_unreadable_document_is_a_row_that_says_why(shelf: Shelf, raw: bytes, words: str) -> None:
    shelf.tags["bad"] = Document.examine(raw, Descriptor.from_bytes(media_types.OCI_MANIFEST, raw))
    row = tag_row("bad", shelf)
    assert row["kind"] == "unreadable"
    assert words in str(row["error"])
    assert row["error"]


def test_an_unknown_media_type_is_a_row_without_error(shelf: Shelf) -> None:
    shelf.put("odd", "application/vnd.example.thing+json", {"x": 1})
    row = tag_row("odd", shelf)
    assert (row["kind"], row["media_type"], row["error"]) == (
        "unknown",
        "application/vnd.example.thing+json",
        None,
    )


def test_sizes_that_add_up_to_more_than_an_integer_are_missing(shelf: Shelf) -> None:
    shelf.put("huge", media_types.OCI_MANIFEST, manifest(EMPTY, 2**63 - 1, 2**63 - 1))
    frame = tag_details_frame([tag_row("huge", shelf)], Origin("x"))
    assert frame["total_size"].isna().all()
    assert frame.loc[0, "layers"] == 2


def test_a_layer_that_is_listed_twice_is_stored_once(shelf: Shelf) -> None:
    tree = manifest(EMPTY, 100)
    tree["layers"] = [*tree["layers"], *tree["layers"]]  # type: ignore[misc]
    document = shelf.put("twice", media_types.OCI_MANIFEST, tree)
    assert tag_row("twice", shelf)["total_size"] == len(document.raw) + 2 + 100
