"""T1, T2, T9: whatever a registry writes into a document is shown as text and does nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.markup_oracle import PAYLOADS, assert_safe, unseen

from regexplore.errors import (
    ErrorDetail,
    RateLimitedError,
    RegexploreError,
    TransportError,
    UnexpectedContentError,
)
from regexplore.objects import value_cards
from regexplore.objects.index import Index
from regexplore.oci import Descriptor, Document, Platform, media_types
from regexplore.show.bundle import mimebundle

if TYPE_CHECKING:
    from conftest import Shelf

DIGEST = str(Descriptor.from_bytes("", b"x").digest)


def descriptor_saying(text: str, **more: object) -> dict[str, object]:
    return {"mediaType": text or "x", "digest": DIGEST, "size": 7, "artifactType": text, "urls": [text],
            "annotations": {text: text, "org.opencontainers.image.title": text,
                            "vnd.docker.reference.digest": text}, **more}  # fmt: skip


def documents_saying(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Every kind of document, with the text in every field that takes one."""
    platform = {"os": text, "architecture": text, "variant": text, "os.version": text, "os.features": [text]}
    attestation = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": text}
    about = {"artifactType": text, "annotations": {text: text, "org.opencontainers.image.created": text}}
    child = descriptor_saying(text, mediaType=media_types.OCI_MANIFEST, platform=platform)
    empty = {"mediaType": media_types.OCI_EMPTY, "digest": DIGEST, "size": 2}
    return [
        (media_types.OCI_INDEX, {"manifests": [child, child | {"annotations": attestation}, descriptor_saying(text)], **about}),
        (media_types.OCI_MANIFEST, {"config": empty, "layers": [descriptor_saying(text)], "subject": child, **about}),
        (media_types.OCI_ARTIFACT_MANIFEST, {"blobs": [descriptor_saying(text)], **about}),
        (media_types.OCI_CONFIG, {
            "os": text, "architecture": text, "variant": text, "created": text, "author": text,
            "config": {"Env": [text], "Cmd": [text], "Entrypoint": text, "User": text, "Labels": {text: text},
                       "ExposedPorts": {text: {}}, "WorkingDir": text, "Volumes": {text: {}}},
            "history": [{"created_by": text, "comment": text, "author": text, "created": text}],
        }),
        ("application/vnd.example+json", {text: text}),
    ]  # fmt: skip


def show_everything(shelf: Shelf, text: str) -> None:
    for media_type, fields in documents_saying(text):
        target = shelf.store.add_document(media_type, fields)
        if media_type == media_types.OCI_CONFIG:
            layer = shelf.store.add(media_types.OCI_LAYER_GZIP, b"layer").to_json()
            tree = {"config": target.to_json(), "layers": [layer]}
            target = shelf.store.add_document(media_types.OCI_MANIFEST, tree)
        shown = shelf.get(str(target.digest))
        assert_safe(shown._repr_mimebundle_())
        assert unseen(repr(shown) + str(shown)) == []
        table = shown.layers()._repr_html_()
        assert "<script>" not in table
        assert "<img" not in table
        if isinstance(shown, Index):
            shown.referrers(recursive=True)
            assert_safe(shown._repr_mimebundle_())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t1_t9_payloads_in_every_field(shelf: Shelf, payload: str) -> None:
    show_everything(shelf, payload)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None), max_size=60))
def test_t1_t9_any_text_in_every_field(shelf: Shelf, text: str) -> None:
    show_everything(shelf, text)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200),
    st.sampled_from([media_types.OCI_INDEX, media_types.OCI_MANIFEST, media_types.OCI_CONFIG]),
)
def test_any_bytes_have_a_card(shelf: Shelf, raw: bytes, media_type: str) -> None:
    shown = shelf.get(str(shelf.store.add(media_type, raw).digest))
    assert_safe(shown._repr_mimebundle_())


def test_a_deep_or_large_document_has_a_small_card(shelf: Shelf) -> None:
    for raw in (b'{"a":' * 50_000, json.dumps({"x" * 9: "<" * 3_000_000}).encode()):
        shown = shelf.get(str(shelf.store.add(media_types.OCI_MANIFEST, raw).digest))
        assert_safe(shown._repr_mimebundle_())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t1_t9_cards_of_values(payload: str) -> None:
    described = Descriptor(payload or "x", Descriptor.from_bytes("", b"x").digest, 1, {payload: payload}, payload,
                           Platform(payload, payload, payload), (payload,), b"data")  # fmt: skip
    assert_safe(mimebundle(lambda: value_cards.descriptor_card(described)))
    assert_safe(
        mimebundle(
            lambda: value_cards.platform_card(Platform(payload, payload, payload, payload, (payload,)))
        )
    )
    unknown = Document.examine(b"{}", Descriptor.from_bytes(payload, b"{}"))
    assert_safe(mimebundle(lambda: value_cards.value_document_card(unknown)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t1_t9_cards_of_errors(payload: str) -> None:
    detail = ErrorDetail(payload, payload, {payload: [payload]})
    errors: list[RegexploreError] = [
        RegexploreError(payload, hint=payload),
        TransportError(payload),
        RateLimitedError("GET", payload, 429, (detail, detail), headers={"retry-after": payload}, attempts=3),
        UnexpectedContentError("GET", payload, 200, excerpt=payload),
    ]
    errors[0].__cause__ = ValueError(payload)
    for error in errors:
        assert_safe(mimebundle(lambda shown=error: value_cards.error_card(shown)))  # type: ignore[misc]
