"""Manifests that other projects keep for their tests, each with the verdict it must get: its kind, or its refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from regexplore.errors import DocumentError
from regexplore.oci import Descriptor, Digest, Document, Schema1Manifest, UnreadableDocument, media_types

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "manifests"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real manifests are not beside this checkout")

UNTYPED = "mediaType is missing"
OLD = "schema 1: obsolete"
READ = {
    "ociv1.encrypted.manifest.json": ("image", media_types.OCI_MANIFEST, 4, ""),
    "ociv1.everything.json": ("artifact", media_types.OCI_MANIFEST, 3, ""),
    "ociv1.image.index.json": ("index", media_types.OCI_INDEX, 2, ""),
    "ociv1.invalid.mediatype.manifest.json": ("image", media_types.OCI_MANIFEST, 4, UNTYPED),
    "ociv1.manifest.json": ("image", media_types.OCI_MANIFEST, 4, ""),
    "ociv1.nondistributable.gzip.manifest.json": ("image", media_types.OCI_MANIFEST, 2, ""),
    "ociv1.nondistributable.manifest.json": ("image", media_types.OCI_MANIFEST, 2, ""),
    "ociv1.nondistributable.zstd.manifest.json": ("image", media_types.OCI_MANIFEST, 2, ""),
    "ociv1.uncompressed.manifest.json": ("image", media_types.OCI_MANIFEST, 4, ""),
    "ociv1.zstd.manifest.json": ("image", media_types.OCI_MANIFEST, 4, ""),
    "ociv1nomime.image.index.json": ("index", media_types.OCI_INDEX, 2, UNTYPED),
    "ociv1nomime.manifest.json": ("image", media_types.OCI_MANIFEST, 4, UNTYPED),
    "schema2-to-schema1-by-docker.json": ("image", media_types.DOCKER_SCHEMA1_SIGNED, 15, OLD),
    "v2list.manifest.json": ("index", media_types.DOCKER_LIST, 5, ""),
    "v2s1-unsigned.manifest.json": ("image", media_types.DOCKER_SCHEMA1, 3, OLD),
    "v2s1.everything.json": ("image", media_types.DOCKER_SCHEMA1, 1, OLD),
    "v2s1.manifest.json": ("image", media_types.DOCKER_SCHEMA1_SIGNED, 3, OLD),
    "v2s2.everything.json": ("image", media_types.DOCKER_MANIFEST, 2, ""),
    "v2s2.manifest.json": ("image", media_types.DOCKER_MANIFEST, 4, ""),
    "v2s2.nondistributable.gzip.manifest.json": ("image", media_types.DOCKER_MANIFEST, 2, ""),
    "v2s2.nondistributable.manifest.json": ("image", media_types.DOCKER_MANIFEST, 2, ""),
    "v2s2.uncompressed.manifest.json": ("image", media_types.DOCKER_MANIFEST, 4, ""),
    "v2s2nomime.manifest.json": ("image", media_types.DOCKER_MANIFEST, 1, UNTYPED),
}
"""Kind, media type by the body's own word or shape, number of descriptors, and what is told beside."""

REFUSED = {
    # Both name no content: the digest of their config is empty.
    "ociv1.artifact.json": (media_types.OCI_MANIFEST, "$.config.digest"),
    "ociv1nomime.artifact.json": (media_types.OCI_MANIFEST, "$.config.digest"),
    "non-json.manifest.json": (media_types.OCI_MANIFEST, "$"),
    "unknown-version.manifest.json": (media_types.OCI_MANIFEST, "$"),
    "v2s1-invalid-signatures.manifest.json": (media_types.DOCKER_SCHEMA1_SIGNED, "$.signatures"),
}
"""The media type that a registry would serve it under, and where it is refused."""

REWRITTEN = "schema2-to-schema1-by-docker.json"
"""Its layout was changed after it was signed: what the signature names are no longer the bytes of a document."""


def read(name: str, media_type: str = "application/json") -> Document:
    raw = (DATA / name).read_bytes()
    signed = b'"signatures"' in raw and name not in (*REFUSED, REWRITTEN)
    hashed = Schema1Manifest.hashed(raw) if signed else raw
    return Document.parse(raw, Descriptor(media_type, Digest.of(hashed), len(raw)))


@pytest.mark.parametrize("name", READ)
def test_is_of_the_right_kind(name: str) -> None:
    kind, media_type, parts, told = READ[name]
    for served in ("application/json", media_type):
        document = read(name, served)
        # Schema 1 gives no sizes, so its layers are no descriptors.
        pointed_at = document.layers if isinstance(document, Schema1Manifest) else document.successors()
        assert (document.kind, document.media_type, len(pointed_at)) == (kind, media_type, parts)
        assert document.raw == (DATA / name).read_bytes()
        assert [problem[: len(told)] for problem in document.problems] == ([told] if told else [])


def test_a_signed_document_that_was_rewritten_has_no_digest_but_that_of_all_its_bytes() -> None:
    raw = (DATA / REWRITTEN).read_bytes()
    with pytest.raises(DocumentError):
        Schema1Manifest.hashed(raw)
    target = Descriptor(media_types.DOCKER_SCHEMA1_SIGNED, Digest.of(b"what was signed"), len(raw))
    assert isinstance(Document.examine(raw, target), UnreadableDocument)


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_by_name(name: str) -> None:
    media_type, where = REFUSED[name]
    with pytest.raises(DocumentError) as caught:
        read(name, media_type)
    assert caught.value.where == where


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_of_no_kind_under_any_media_type(name: str) -> None:
    raw = (DATA / name).read_bytes()
    served = {"application/json", *media_types.DEFAULT_MANIFEST_TYPES}
    for media_type in served | {media_types.DOCKER_SCHEMA1, media_types.DOCKER_SCHEMA1_SIGNED}:
        document = Document.examine(raw, Descriptor.from_bytes(media_type, raw))
        assert document.kind in ("unreadable", "unknown"), media_type
        assert document.successors() == ()
        assert isinstance(document, UnreadableDocument) == (document.kind == "unreadable")


def test_every_manifest_has_its_verdict_here() -> None:
    assert {file.name for file in DATA.iterdir()} == READ.keys() | REFUSED.keys()
