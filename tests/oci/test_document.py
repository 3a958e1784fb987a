"""Documents: bytes kept, read strictly, refused with a path."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.errors import DocumentError, MismatchedDigestError
from regexplore.oci import (
    EMPTY_JSON,
    ArtifactManifest,
    Descriptor,
    Digest,
    Document,
    ImageConfig,
    Manifest,
    Platform,
    Schema1Manifest,
    UnknownDocument,
    UnreadableDocument,
    media_types,
)
from regexplore.oci.strict_json import MAX_DEPTH, loads

D = "sha256:" + "ab" * 32
CONFIG = {"mediaType": media_types.OCI_CONFIG, "digest": D, "size": 2}
LAYER = {"mediaType": media_types.OCI_LAYER_GZIP, "digest": D, "size": 3}


def manifest(**fields):
    base = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": CONFIG, "layers": [LAYER]}
    return {key: value for key, value in {**base, **fields}.items() if value is not ...}


def index(**fields):
    return {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [], **fields}


def parse(body, media_type=media_types.OCI_MANIFEST):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Document.parse(raw, Descriptor.from_bytes(media_type, raw))


def test_hlp_3_manifest_of_an_image():
    subject = {"mediaType": media_types.OCI_INDEX, "digest": D, "size": 9}
    document = parse(manifest(subject=subject, annotations={"a": "b"}, unknown=1))
    assert isinstance(document, Manifest)
    assert document.kind == "image"
    assert document.config.digest == D
    assert [layer.size for layer in document.layers] == [3]
    assert document.subject == Descriptor(media_types.OCI_INDEX, D, 9)
    assert document.annotations == {"a": "b"}
    assert document.json()["unknown"] == 1
    assert document.problems == ()
    assert [d.size for d in document.successors()] == [9, 2, 3]


@pytest.mark.parametrize(
    "fields",
    [
        {"artifactType": "application/x"},
        {"config": EMPTY_JSON.to_json()},
        {"config": {**CONFIG, "mediaType": "application/vnd.cncf.helm.config.v1+json"}},
        {"layers": [{**LAYER, "mediaType": "application/vnd.in-toto+json"}]},
    ],
)
def test_manifest_of_anything_else_is_an_artifact(fields):
    assert parse(manifest(**fields)).kind == "artifact"


def test_artifact_type_falls_back_to_the_config():
    assert parse(manifest()).artifact_type == media_types.OCI_CONFIG
    assert parse(manifest(artifactType="application/x")).artifact_type == "application/x"
    assert parse(index(), media_types.OCI_INDEX).artifact_type == ""


def test_index_with_every_descriptor_field():
    entry = {
        "mediaType": media_types.OCI_MANIFEST,
        "digest": D,
        "size": 7,
        "platform": {
            "os": "windows",
            "architecture": "arm64",
            "variant": "v8",
            "os.version": "10.0",
            "os.features": ["win32k"],
        },
        "urls": ["https://x.example/y"],
        "annotations": {"k": "v"},
        "artifactType": "application/x",
        "data": "e30=",
    }
    (found,) = parse(index(manifests=[entry]), media_types.OCI_INDEX).manifests
    assert found.platform == Platform("windows", "arm64", "v8", "10.0", ("win32k",))
    assert (found.urls, found.data, found.artifact_type) == (("https://x.example/y",), b"{}", "application/x")
    assert found.to_json() == entry


def test_artifact_manifest_of_the_release_candidate():
    body = {"mediaType": media_types.OCI_ARTIFACT_MANIFEST, "artifactType": "application/x", "blobs": [LAYER]}
    document = parse(body, media_types.OCI_ARTIFACT_MANIFEST)
    assert isinstance(document, ArtifactManifest)
    assert (document.kind, document.artifact_type, len(document.successors())) == (
        "artifact",
        "application/x",
        1,
    )


def test_image_config():
    body = {
        "architecture": "arm64",
        "os": "linux",
        "variant": "v8",
        "created": "2026-03-01T10:00:00.123456789+02:00",
        "config": {"Env": ["A=b"], "Labels": {"x": "y", "n": 3}},
        "rootfs": {"type": "layers", "diff_ids": [D]},
        "history": [{"created": "0001-01-01T00:00:00Z", "created_by": "RUN x"}, {"empty_layer": True}],
    }
    config = parse(body, media_types.OCI_CONFIG)
    assert isinstance(config, ImageConfig)
    assert str(config.platform) == "linux/arm64/v8"
    assert config.created.isoformat() == "2026-03-01T08:00:00.123456+00:00"
    assert [step.empty_layer for step in config.history] == [False, True]
    assert config.history[0].created is None
    assert config.labels == {"x": "y"}
    assert config.diff_ids == (Digest(D),)


def test_unreadable_time_is_a_problem_not_a_refusal():
    config = parse({"architecture": "a", "os": "b", "created": "yesterday"}, media_types.OCI_CONFIG)
    assert config.created is None
    assert "$.created" in config.problems[0]


@pytest.mark.parametrize(
    ("body", "media_type", "where"),
    [
        (manifest(layers=[LAYER, {**LAYER, "size": -1}]), media_types.OCI_MANIFEST, "$.layers[1].size"),
        (manifest(layers=[{**LAYER, "size": 2**63}]), media_types.OCI_MANIFEST, "$.layers[0].size"),
        (manifest(layers=[{**LAYER, "size": "3"}]), media_types.OCI_MANIFEST, "$.layers[0].size"),
        (manifest(layers=[{**LAYER, "size": True}]), media_types.OCI_MANIFEST, "$.layers[0].size"),
        (manifest(layers=[{**LAYER, "size": 1.5}]), media_types.OCI_MANIFEST, "$.layers[0].size"),
        (
            manifest(layers=[{**LAYER, "digest": "sha256:../x"}]),
            media_types.OCI_MANIFEST,
            "$.layers[0].digest",
        ),
        (manifest(layers=[{**LAYER, "data": "%%"}]), media_types.OCI_MANIFEST, "$.layers[0].data"),
        (manifest(config=...), media_types.OCI_MANIFEST, "$"),
        (manifest(config=[]), media_types.OCI_MANIFEST, "$.config"),
        (manifest(annotations={"a": 1}), media_types.OCI_MANIFEST, "$.annotations[...]"),
        (manifest(schemaVersion=1), media_types.OCI_MANIFEST, "$.schemaVersion"),
        (manifest(schemaVersion=...), media_types.OCI_MANIFEST, "$.schemaVersion"),
        (manifest(mediaType=media_types.OCI_INDEX), media_types.OCI_MANIFEST, "$.mediaType"),
        (manifest(manifests=[]), media_types.OCI_MANIFEST, "$.layers"),
        (index(layers=[]), media_types.OCI_INDEX, "$.layers"),
        (index(config=CONFIG), media_types.OCI_INDEX, "$.config"),
        ({"schemaVersion": 2, "manifests": []}, media_types.OCI_MANIFEST, "$.manifests"),
        ({"schemaVersion": 1, "fsLayers": []}, media_types.OCI_INDEX, "$.fsLayers"),
        (manifest(mediaType=...), media_types.OCI_ARTIFACT_MANIFEST, "$.layers"),
        ({"schemaVersion": 99999, "name": "a"}, media_types.OCI_ARTIFACT_MANIFEST, "$.mediaType"),
        (manifest(subject={"digest": D}), media_types.OCI_MANIFEST, "$.subject"),
        ([], media_types.OCI_MANIFEST, "$"),
        (b"", media_types.OCI_MANIFEST, "$"),
        (b"<html>", media_types.OCI_INDEX, "$"),
        (b"\xef\xbb\xbf{}", media_types.OCI_INDEX, "$"),
        ('{"schemaVersion":2}'.encode("utf-16"), media_types.OCI_INDEX, "$"),
        (b'{"schemaVersion": NaN}', media_types.OCI_INDEX, "$.schemaVersion"),
        (b'{"manifests": [], "manifests": [1]}', media_types.OCI_INDEX, "$"),
        (b'{"annotations": {"a": "1", "a": "2"}}', media_types.OCI_INDEX, "$.annotations"),
        (b'{"annotations": {"a": "\\ud800"}}', media_types.OCI_INDEX, "$.annotations.a"),
        (b'{"schemaVersion": ' + b"9" * 5000 + b"}", media_types.OCI_INDEX, "$"),
        (b"[" * 200_000, media_types.OCI_INDEX, "$"),
        (b'{"manifests": []} trailing', media_types.OCI_INDEX, "$"),
        (
            {"architecture": "a", "os": "b", "rootfs": {"diff_ids": ["x"]}},
            media_types.OCI_CONFIG,
            "$.rootfs.diff_ids[0]",
        ),
    ],
)
def test_t19_t25_refusals_say_where(body, media_type, where):
    with pytest.raises(DocumentError) as caught:
        parse(body, media_type)
    assert caught.value.where == where
    assert where in str(caught.value)


def test_nesting_beyond_the_limit_is_refused_wherever_it_is():
    deep = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    with pytest.raises(DocumentError, match="nested deeper"):
        loads(('{"x": ' + deep + "}").encode())
    fine = "[" * (MAX_DEPTH - 2) + "]" * (MAX_DEPTH - 2)
    assert loads(('{"x": ' + fine + "}").encode())


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (manifest(mediaType=...), "mediaType is missing"),
        (manifest(layers=None), "layers is null"),
        (manifest(Layers=[]), "but for case"),
    ],
)
def test_odd_documents_are_read_with_a_problem(body, problem):
    document = parse(body)
    assert any(problem in text for text in document.problems)


def test_wrong_size_in_the_descriptor_is_a_problem():
    raw = json.dumps(manifest()).encode()
    document = Document.parse(raw, Descriptor(media_types.OCI_MANIFEST, Digest.of(raw), 5))
    assert "5 bytes" in document.problems[0]


def test_bytes_that_are_not_the_descriptors_are_refused():
    with pytest.raises(MismatchedDigestError):
        Document.parse(b"{}", Descriptor(media_types.OCI_MANIFEST, D, 2))


def test_t20_sha512_descriptors_are_checked_with_sha512():
    raw = json.dumps(index()).encode()
    assert (
        Document.parse(raw, Descriptor(media_types.OCI_INDEX, Digest.of(raw, "sha512"), len(raw))).kind
        == "index"
    )


def test_unknown_media_type_keeps_its_bytes():
    document = parse(b"anything", "application/x-unknown")
    assert isinstance(document, UnknownDocument)
    assert (document.raw, document.kind, document.successors()) == (b"anything", "unknown", ())


@pytest.mark.parametrize("generic", ["application/json", "text/plain", "application/octet-stream"])
def test_generic_media_type_lets_the_body_say(generic):
    assert parse(manifest(), generic).kind == "image"
    assert parse(manifest(mediaType=...), generic).media_type == media_types.OCI_MANIFEST


def test_examine_never_raises():
    raw = b"<html>"
    document = Document.examine(raw, Descriptor.from_bytes(media_types.OCI_INDEX, raw))
    assert isinstance(document, UnreadableDocument)
    assert (document.kind, document.raw) == ("unreadable", raw)
    assert "not JSON" in document.reason


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_unreadable(raw):
    for media_type in (media_types.OCI_MANIFEST, media_types.OCI_INDEX, media_types.DOCKER_SCHEMA1_SIGNED):
        document = Document.examine(raw, Descriptor.from_bytes(media_type, raw))
        assert document.raw == raw
        assert document.kind in {"index", "image", "artifact", "unreadable"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*manifest(), "subject", "manifests", "annotations"]), json_values))
def test_manifests_with_fields_of_any_type(fields):
    raw = json.dumps({**manifest(), **fields}).encode()
    document = Document.examine(raw, Descriptor.from_bytes(media_types.OCI_MANIFEST, raw))
    for descriptor in document.successors():
        assert 0 <= descriptor.size < 2**63
        assert Digest(descriptor.digest)


def signed_schema1():
    payload = json.dumps(
        {"schemaVersion": 1, "name": "a", "tag": "b", "architecture": "amd64", "fsLayers": [{"blobSum": D}]}
    )
    head, tail = payload[:-1], payload[-1:]
    encode = lambda text: urlsafe_b64encode(text.encode()).rstrip(b"=").decode()  # noqa: E731
    protected = encode(json.dumps({"formatLength": len(head), "formatTail": encode(tail)}))
    raw = head + ', "signatures": [{"protected": "' + protected + '"}]}'
    return raw.encode(), payload.encode()


def test_schema_1_is_hashed_without_its_signatures():
    raw, payload = signed_schema1()
    descriptor = Descriptor(media_types.DOCKER_SCHEMA1_SIGNED, Digest.of(payload), len(raw))
    document = Document.parse(raw, descriptor)
    assert isinstance(document, Schema1Manifest)
    assert (document.kind, document.name, document.tag, document.layers) == ("image", "a", "b", (Digest(D),))
    with pytest.raises(MismatchedDigestError):
        Document.parse(raw.replace(b'"tag": "b"', b'"tag": "c"'), descriptor)


def test_equality_is_of_content():
    one, two = parse(manifest()), parse(manifest())
    assert one == two
    assert hash(one) == hash(two)
    assert one != parse(manifest(layers=[]))


def test_sizes_of_descriptors_are_checked():
    from regexplore.errors import InvalidDescriptorError

    for size in (-1, 2**63, True, "3", 1.0):
        with pytest.raises(InvalidDescriptorError):
            Descriptor("a/b", D, size)


def test_signatures_that_are_no_list_are_refused():
    _, payload = signed_schema1()
    odd = json.dumps({**json.loads(payload), "signatures": 1}).encode()
    for media_type in (media_types.DOCKER_SCHEMA1_SIGNED, media_types.DOCKER_SCHEMA1, "application/json"):
        with pytest.raises(DocumentError, match=r"expected a list, got int \(at \$\.signatures\)"):
            parse(odd, media_type)
    with pytest.raises(DocumentError, match=r"\$\.signatures"):
        Schema1Manifest.hashed(odd)


def test_a_manifest_without_media_type_is_of_the_family_of_its_config():
    fields = {"mediaType": ..., "config": {**CONFIG, "mediaType": media_types.DOCKER_CONFIG}}
    document = parse(manifest(**fields), "application/json")
    assert (document.kind, document.media_type) == ("image", media_types.DOCKER_MANIFEST)


def signed_with(protected):
    """A signed schema 1 document whose protected header is this."""
    text = protected if isinstance(protected, str) else json.dumps(protected)
    encoded = urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    tree = {"schemaVersion": 1, "fsLayers": [], "signatures": [{"protected": encoded}]}
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (signed_with({"formatLength": 1}), "no readable formatLength"),
        (signed_with("[" * 100_000), "no readable formatLength"),
        (signed_with({"formatLength": 1, "formatTail": "\u00e9"}), "no readable formatLength"),
        (signed_with({"formatLength": 1, "formatTail": "abcde"}), "no readable formatLength"),
        (signed_with([]), "no readable formatLength"),
        (b'{"schemaVersion": 1, "signatures": [{}]}', "no readable formatLength"),
        (b'{"schemaVersion": 1, "signatures": [7]}', "no readable formatLength"),
        (b'{"schemaVersion": 1, "signatures": [{"protected": "a"}]}', "no readable formatLength"),
        (signed_with({"formatLength": 10_000, "formatTail": ""}), "outside the document"),
        (signed_with({"formatLength": -1, "formatTail": ""}), "outside the document"),
        (signed_with({"formatLength": True, "formatTail": ""}), "outside the document"),
        (signed_with({"formatLength": 1.5, "formatTail": ""}), "outside the document"),
    ],
)
def test_t19_a_signature_that_does_not_say_what_was_signed_is_refused(raw, reason):
    with pytest.raises(DocumentError, match=reason) as caught:
        Schema1Manifest.hashed(raw)
    assert caught.value.where == "$.signatures[0].protected"
    target = Descriptor(media_types.DOCKER_SCHEMA1_SIGNED, Digest.of(b"what was signed"), len(raw))
    assert isinstance(Document.examine(raw, target), UnreadableDocument)


@pytest.mark.parametrize("length", [0, 1], ids=["all in the tail", "the brace, and the rest in the tail"])
@pytest.mark.parametrize("shown", [{"name": "other"}, {"fsLayers": []}, {"more": 1}])
def test_t19_a_signature_vouches_for_no_other_document_than_the_one_it_is_in(length, shown):
    """Its digest is that of an honest manifest, which stands in the signature; what is shown is something else."""
    _, payload = signed_schema1()
    encode = lambda raw: urlsafe_b64encode(raw).rstrip(b"=").decode()  # noqa: E731
    protected = json.dumps({"formatLength": length, "formatTail": encode(payload[length:])})
    signatures = [{"protected": encode(protected.encode())}]
    for tree, honest in ((json.loads(payload), True), ({**json.loads(payload), **shown}, False)):
        raw = json.dumps({**tree, "signatures": signatures}).encode()
        found = Document.examine(
            raw, Descriptor(media_types.DOCKER_SCHEMA1_SIGNED, Digest.of(payload), len(raw))
        )
        assert isinstance(found, Schema1Manifest if honest else UnreadableDocument)
        if not honest:
            assert "another document" in found.reason


def test_t19_a_layer_of_schema_1_has_a_digest():
    with pytest.raises(DocumentError, match=r"\$\.fsLayers\[1\]\.blobSum"):
        parse(
            {"schemaVersion": 1, "fsLayers": [{"blobSum": D}, {"blobSum": "md5:x"}]},
            media_types.DOCKER_SCHEMA1,
        )


def test_json_that_is_no_object_says_nothing_of_its_type():
    for raw in (b"[1]", b"3", b'"text"', b"null"):
        assert isinstance(parse(raw, "application/json"), UnknownDocument)
        with pytest.raises(DocumentError, match="expected an object"):
            parse(raw)


@pytest.mark.parametrize(("labels", "read"), [(None, {}), ([], {}), ({"a": "b", "c": None}, {"a": "b"})])
def test_labels_of_a_config_are_text(labels, read):
    config = parse({"architecture": "a", "os": "b", "config": {"Labels": labels}}, media_types.OCI_CONFIG)
    assert config.labels == read
    assert config.kind == "config"
    assert parse({"architecture": "a", "os": "b"}, media_types.OCI_CONFIG).labels == {}
