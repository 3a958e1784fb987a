"""`rx.explain`: anything of the OCI world, field by field; and errors that guide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.markup_oracle import PAYLOADS, assert_safe, unseen

import regexplore as rx
from regexplore.errors import (
    ErrorDetail,
    MissingError,
    NotFoundError,
    RateLimitedError,
    TransportError,
    UnauthorizedError,
    UnsupportedError,
)
from regexplore.knowledge.entries import KINDS, TERM, entries
from regexplore.oci import Descriptor, Digest, Document, Platform, Reference, media_types
from regexplore.remote.trace import Exchanges
from regexplore.sandbox import SandboxServer

if TYPE_CHECKING:
    from conftest import Shelf

SUBJECT = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"about this")
NOWHERE = "http://localhost:5000/v2/demo/app/manifests/v9"


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_can_be_asked_for_by_its_name(kind: str) -> None:
    for name, entry in entries(kind).items():
        told = rx.explain(name)
        assert told.words
        assert_safe(told._repr_mimebundle_())
        if kind == TERM:
            assert (told.words, told.citation) == (entry.words, entry.citation)


def test_near_terms_are_named_and_none_is_named_for_itself() -> None:
    assert "referrers API" in rx.explain("subject").see
    assert all(name not in rx.explain(name).see for name in entries(TERM))


def test_long_words_are_shown_to_their_end() -> None:
    longest = max(entries(TERM).values(), key=lambda entry: len(entry.words))
    bundle = rx.explain(longest.name)._repr_mimebundle_()
    assert longest.words[-40:] in bundle["text/plain"]
    assert longest.words[-30:] in bundle["text/html"]


def manifest(**more: object) -> Document:
    config = {"mediaType": media_types.OCI_EMPTY, "digest": str(SUBJECT.digest), "size": 2}
    tree = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": config, "layers": [], **more}
    raw = json.dumps(tree).encode()
    return Document.examine(raw, Descriptor.from_bytes(media_types.OCI_MANIFEST, raw))


def test_a_manifest_field_by_field_and_annotated() -> None:
    told = rx.explain(manifest(subject=SUBJECT.to_json(), artifactType="application/vnd.example", odd=1))
    text = str(told)
    assert told.kind == "artifact"
    assert f"refers to        {SUBJECT.digest}" in text
    assert "this is about that: the manifest referred to" in text
    assert "not a field that the specification names" in text
    assert '"subject": {  # this is about that' in text
    assert "https://github.com/opencontainers/image-spec/" in told._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    ("tree", "kind"),
    [
        ({"manifests": []}, "index"),
        ({"layers": []}, "manifest"),
        ({"blobs": []}, "manifest"),
        ({"fsLayers": []}, "schema 1"),
        ({"rootfs": {}}, "config"),
        ({"mediaType": "a/b", "digest": "sha256:0", "size": 1}, "descriptor"),
        ({"errors": []}, "error list"),
        ({"name": "a", "tags": []}, "tag list"),
        ({"anything": 1}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_plain_json_is_told_from_its_fields(tree: dict[str, object], kind: str) -> None:
    assert rx.explain(tree).kind == kind


def test_values() -> None:
    assert "arm64" in str(rx.explain(Platform("linux", "arm64", "v8")))
    assert "the empty JSON object" in str(rx.explain(Digest.of(b"{}")))
    assert "not registered by the spec" in str(rx.explain(Digest.of(b"", "sha384")))
    parts = str(rx.explain(Reference.parse(f"localhost:5000/demo/app:v1@{SUBJECT.digest}")))
    assert "the digest decides" in parts
    assert rx.explain(SUBJECT).kind == "descriptor"


def test_words_that_explain_themselves_by_their_form() -> None:
    assert rx.explain(str(SUBJECT.digest)).kind == "digest"
    assert rx.explain("localhost:5000/demo/app:v1").kind == "reference"
    assert rx.explain("com.example.team").kind == "annotation"
    header = rx.explain("content-type: application/vnd.oci.image.index.v1+json")
    assert (header.kind, header.title) == ("header", "Content-Type")
    assert "OCI image index" in str(header)
    layer = rx.explain("application/vnd.oci.image.layer.v1.tar+zstd+encrypted")
    assert "compression zstd" in str(layer)
    request = rx.explain("DELETE /v2/demo/app/manifests/v1")
    assert (request.title, "demo/app" in str(request)) == ("end-9", True)
    assert rx.explain(429).kind == "status"


@pytest.mark.parametrize("word", ["digst", "", " ", "no such thing at all"])
def test_what_is_not_known_names_what_is_near(word: str) -> None:
    with pytest.raises(NotFoundError) as raised:
        rx.explain(word)
    assert raised.value.hint
    if word == "digst":
        assert "digest" in raised.value.hint


@pytest.mark.parametrize("thing", [object(), 1.5, True, [1], b"{}"])
def test_what_is_no_thing_of_oci_is_refused(thing: object) -> None:
    with pytest.raises(UnsupportedError, match="nothing is known of objects of type"):
        rx.explain(thing)


def test_an_explanation_asks_nobody(shelf: Shelf) -> None:
    tag = shelf.store.add_document(media_types.OCI_MANIFEST, manifest().json())
    found = shelf.get(str(tag.digest))
    before = shelf.store.total()
    rx.explain(found)._repr_mimebundle_()
    rx.explain(shelf)
    rx.explain(missing(), shelf)._repr_mimebundle_()
    assert shelf.store.total() == before


def missing(reference: str = "v9") -> MissingError:
    url = NOWHERE.replace("v9", reference)
    return MissingError("GET", url, 404, (ErrorDetail("MANIFEST_UNKNOWN", "manifest unknown"),))


def test_a_missing_tag_names_the_tags_that_are_known(sandbox: SandboxServer) -> None:
    repo = rx.Repository(f"{sandbox.host}/demo/app", plain_http=True)
    repo.blobs.push(Descriptor.from_bytes("", b"{}"), b"{}")
    raw = json.dumps({**manifest().json(), "config": Descriptor.from_bytes("", b"{}").to_json()}).encode()
    described = Descriptor.from_bytes(media_types.OCI_MANIFEST, raw)
    for tag in ("v1.0", "v1.1", "other", f"sha256-{SUBJECT.digest.encoded}.sig"):
        repo.push_reference(described, raw, tag)
    error = missing("v1.2")
    assert "ask=True" in rx.explain(error, repo).guide[0]
    asked = rx.explain(error, repo, ask=True)
    assert asked.guide[0] == "The tag v1.2 may have moved; these tags exist (listed now): v1.1, v1.0, other."
    assert (
        rx.explain(error, repo)
        .guide[0]
        .startswith("The tag v1.2 may have moved; these tags exist (as listed before)")
    )
    assert not any(
        "these tags exist" in words for words in rx.explain(missing(str(SUBJECT.digest)), repo).guide
    )


def test_errors_guide() -> None:
    challenge = {
        "www-authenticate": 'Bearer realm="https://u:canary@a.example/t",service="s",scope="repository:a:pull"'
    }
    denied = rx.explain(UnauthorizedError("GET", "https://r.example/v2/a/tags/list", 401, headers=challenge))
    assert "In a shell: regexplore login r.example" in denied.guide
    assert "canary" not in str(denied)
    assert 'scope="repository:a:pull"' in str(denied)
    limited = rx.explain(RateLimitedError("GET", NOWHERE, 429, headers={"retry-after": "7"}))
    assert "Wait as long as Retry-After says." in limited.guide
    lost = rx.explain(TransportError("no answer"))
    assert (lost.title, lost.guide) == ("TransportError", (TransportError.default_hint,))
    odd = rx.explain(MissingError("GET", "https://r.example/", 404, (ErrorDetail("MADE_UP"),)))
    assert "MADE_UP" in odd.title
    assert rx.explain(MissingError("GET", "https://r.example/", 599)).guide


def test_a_trace_and_its_events() -> None:
    with rx.trace() as wire:
        Exchanges("GET", NOWHERE, {"Accept": "a/b", "Authorization": "Bearer canary"}, 0).answered(
            404, {"Date": "x"}, None
        )
    whole = rx.explain(wire)
    assert "GET manifest by tag v9" in str(whole)
    one = rx.explain(wire.events[0])
    assert "Which media types the client can read" in str(one)
    assert "canary" not in str(whole) + str(one)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t1_t9_hostile_text_is_explained_as_text(payload: str) -> None:
    detail = ErrorDetail(payload, payload, {payload: payload})
    told = [
        rx.explain(
            {"manifests": [{"mediaType": payload, "annotations": {payload: payload}}], payload: payload}
        ),
        rx.explain(
            manifest(annotations={"a": payload.encode("utf-8", "replace").decode()}, artifactType="x")
        ),
        rx.explain(Descriptor(payload or "x", SUBJECT.digest, 1, {payload: payload})),
        rx.explain(MissingError(payload, f"http://h/{payload}", 404, (detail,), headers={payload: payload})),
        rx.explain(Platform(payload, payload, payload)),
    ]
    for one in told:
        assert_safe(one._repr_mimebundle_())
        assert unseen(repr(one) + str(one)) == []


@given(st.text())
def test_any_word_is_explained_or_refused(text: str) -> None:
    try:
        told = rx.explain(text)
    except NotFoundError as error:
        told = rx.explain(error)
    assert_safe(told._repr_mimebundle_())


def test_the_command_line_explains(capsys: pytest.CaptureFixture[str]) -> None:
    from typer.testing import CliRunner

    from regexplore.cli.common import app

    del capsys
    done = CliRunner().invoke(app, ["explain", "fallback", "tag"])
    assert done.exit_code == 0
    assert "Referrers Tag Schema" in done.output
