"""Every row of the format table: what it is recognised by, and what is read of it."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from regexplore.auditing.checked_evidence import CheckedEvidence, read_evidence
from regexplore.errors import DocumentError
from regexplore.evidence.artifact_facts import artifact_facts, config_of
from regexplore.evidence.artifact_formats import artifact_format
from regexplore.evidence.base_image import BASE_DIGEST, BASE_NAME, base_claims
from regexplore.evidence.helm import parse_provenance
from regexplore.evidence.piece import KINDS, Evidence
from regexplore.evidence.recognise import recognise
from regexplore.evidence.slsa import Material, Provenance
from regexplore.evidence.trust import Trust
from regexplore.evidence.vex import read_vex
from regexplore.oci import Descriptor, Digest, Document, media_types

IMAGE = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"{}")
HEX = IMAGE.digest.encoded
OTHER = "sha256:" + "b" * 64


def encode(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def statement(predicate_type: str, predicate: Any, version: str = "v1") -> bytes:
    return encode(
        {
            "_type": f"https://in-toto.io/Statement/{version}",
            "subject": [{"name": "app", "digest": {"sha256": HEX}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def envelope(body: bytes) -> dict[str, Any]:
    payload = b64encode(body).decode()
    return {
        "payloadType": "application/vnd.in-toto+json",
        "payload": payload,
        "signatures": [{"sig": "AAAA"}],
    }


def bundle(body: bytes, version: str = "application/vnd.dev.sigstore.bundle.v0.3+json") -> bytes:
    return encode({"mediaType": version, "verificationMaterial": {}, "dsseEnvelope": envelope(body)})


SLSA_1 = {
    "buildDefinition": {
        "buildType": "https://build.example/v1",
        "externalParameters": {"request": {"args": {"build-arg:TOKEN": "x"}}},
        "resolvedDependencies": [
            {"uri": "pkg:docker/debian@12?platform=linux%2Famd64", "digest": {"sha256": "b" * 64}}
        ],
    },
    "runDetails": {
        "builder": {"id": "https://builder.example"},
        "metadata": {"startedOn": "2026-01-01T00:00:00Z"},
    },
}
SLSA_02 = {
    "builder": {"id": "https://builder.example"},
    "buildType": "https://build.example/v0",
    "invocation": {"configSource": {"uri": "git+https://git.example/app", "digest": {"sha1": "c" * 40}}},
    "metadata": {"completeness": {"materials": False}},
    "materials": [],
}
SPDX = {"spdxVersion": "SPDX-2.3", "packages": [{"name": "bash", "versionInfo": "5"}]}
CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [{"type": "library", "name": "bash"}],
}
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "statements": [
        {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:oci/app"}], "status": "fixed"}
    ],
}
SCAN = {
    "scanner": {"uri": "scan.example", "result": [{"id": "CVE-1"}]},
    "metadata": {"scanFinishedOn": "2026-01-01T00:00:00Z"},
}

# Name of the case: media type, body, format and kind it must get, what must have been read of it.
BODIES: dict[str, tuple[str, bytes, str, str, str]] = {
    "statement v0.1": ("application/vnd.in-toto+json", statement("https://slsa.dev/provenance/v0.2", SLSA_02, "v0.1"), "in-toto statement", "provenance", "provenance"),
    "statement v1": ("application/vnd.in-toto+json", statement("https://slsa.dev/provenance/v1", SLSA_1), "in-toto statement", "provenance", "provenance"),
    "SLSA v0.1": ("", statement("https://slsa.dev/provenance/v0.1", {"builder": {"id": "b"}}), "in-toto statement", "provenance", "provenance"),
    "in-toto link": ("", statement("https://in-toto.io/attestation/link/v0.3", {}), "in-toto statement", "provenance", "statement"),
    "DSSE": ("application/vnd.dsse.envelope.v1+json", encode(envelope(statement("https://slsa.dev/provenance/v1", SLSA_1))), "DSSE envelope", "provenance", "provenance"),
    "bundle v0.3, SBOM": ("application/vnd.dev.sigstore.bundle.v0.3+json", bundle(statement("https://cyclonedx.org/bom", CYCLONEDX)), "sigstore bundle", "sbom", "sbom"),
    "bundle v0.1": ("application/vnd.dev.sigstore.bundle+json;version=0.1", bundle(statement("https://spdx.dev/Document", SPDX), "application/vnd.dev.sigstore.bundle+json;version=0.1"), "sigstore bundle", "sbom", "sbom"),
    "bundle, image signature": ("application/vnd.dev.sigstore.bundle.v0.3+json", bundle(statement("https://sigstore.dev/cosign/sign/v1", {})), "sigstore bundle", "signature", "statement"),
    "SPDX as predicate": ("", statement("https://spdx.dev/Document/v2.3", SPDX), "in-toto statement", "sbom", "sbom"),
    "SPDX as text in a predicate": ("", statement("https://spdx.dev/Document", "SPDXVersion: SPDX-2.2\nPackageName: bash\n"), "in-toto statement", "sbom", "sbom"),
    "CycloneDX as predicate": ("", statement("https://cyclonedx.org/bom/v1.4", CYCLONEDX), "in-toto statement", "sbom", "sbom"),
    "SPDX as artifact": ("application/spdx+json", encode(SPDX), "SPDX", "sbom", "sbom"),
    "SPDX as text": ("text/spdx", b"SPDXVersion: SPDX-2.3\nPackageName: bash\n", "SPDX", "sbom", "sbom"),
    "CycloneDX as artifact": ("application/vnd.cyclonedx+json", encode(CYCLONEDX), "CycloneDX", "sbom", "sbom"),
    "CycloneDX as JSON of no type": ("application/json", encode(CYCLONEDX), "CycloneDX", "sbom", "sbom"),
    "syft": ("application/vnd.syft+json", encode({"artifacts": [{"name": "bash", "version": "5"}], "schema": {"version": "16", "url": "https://x/syft/1"}}), "syft", "sbom", "sbom"),
    "Harbor": ("application/vnd.goharbor.harbor.sbom.v1", encode(SPDX), "SPDX", "sbom", "sbom"),
    "OpenVEX": ("application/vnd.openvex+json", encode(VEX), "OpenVEX", "vex", "vex"),
    "OpenVEX v0.0.1": ("", encode({**VEX, "@context": "https://openvex.dev/ns", "statements": [{"vulnerability": "CVE-1", "products": ["pkg:oci/app"], "status": "affected"}]}), "OpenVEX", "vex", "vex"),
    "OpenVEX as predicate": ("", statement("https://openvex.dev/ns/v0.2.0", VEX), "in-toto statement", "vex", "vex"),
    "CycloneDX VEX": ("", encode({"bomFormat": "CycloneDX", "specVersion": "1.4", "vulnerabilities": [{"id": "CVE-1", "analysis": {"state": "in_triage"}}]}), "CycloneDX VEX", "vex", "vex"),
    "cosign scan": ("", statement("https://cosign.sigstore.dev/attestation/vuln/v1", SCAN), "in-toto statement", "vulnerabilities", "scan"),
    "in-toto scan v0.2": ("", statement("https://in-toto.io/attestation/vulns/v0.2", SCAN), "in-toto statement", "vulnerabilities", "scan"),
    "SARIF": ("application/sarif+json", encode({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": [{"ruleId": "CVE-1"}]}]}), "SARIF", "vulnerabilities", "scan"),
    "VSA": ("", statement("https://slsa.dev/verification_summary/v1", {}), "in-toto statement", "attestation", "statement"),
    "custom": ("", statement("https://cosign.sigstore.dev/attestation/v1", {"Data": "x"}), "in-toto statement", "attestation", "statement"),
    "a predicate nobody knows": ("", statement("https://example.com/mine", {}), "in-toto statement", "attestation", "statement"),
    "text": ("text/plain", b"hello", "unknown", "other", ""),
    "JSON of any kind": ("application/json", b'{"a": 1}', "unknown", "other", ""),
}  # fmt: skip


def read(media_type: str, body: bytes) -> CheckedEvidence:
    known = recognise(media_type, "", body)
    part = Descriptor.from_bytes(media_type or "application/octet-stream", body)
    piece = Evidence(
        manifest=part, part=part, subject=IMAGE.digest, format=known.format, kind=known.kind, body=body
    )
    return read_evidence(piece, IMAGE, Trust(), "registry.example/app")


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_recognised_and_read(name: str) -> None:
    media_type, body, form, kind, part = BODIES[name]
    found = read(media_type, body)
    assert (found.piece.format, found.piece.kind, found.problem) == (form, kind, "")
    assert found.piece.kind in KINDS
    assert found.verdict.status == "not checked"
    if part:
        assert getattr(found, part) is not None
    if found.sbom is not None:
        assert [component.name for component in found.sbom.components] == ["bash"]
    if found.vex is not None:
        assert [one.vulnerability for one in found.vex.statements] == ["CVE-1"]
    if found.scan is not None:
        assert found.scan.vulnerabilities == ("CVE-1",)
    if found.statement is not None:
        assert found.names == (str(IMAGE.digest),)


def test_provenance_of_both_versions_is_read() -> None:
    one = read("", BODIES["statement v1"][1]).provenance
    old = read("", BODIES["statement v0.1"][1]).provenance
    assert one is not None
    assert old is not None
    assert (one.builder, one.build_type, dict(one.arguments)) == (
        "https://builder.example",
        "https://build.example/v1",
        {"TOKEN": "x"},
    )
    assert one.materials == (Material("pkg:docker/debian@12?platform=linux%2Famd64", {"sha256": "b" * 64}),)
    assert (old.source, old.commit, old.incomplete) == (
        "git+https://git.example/app",
        "c" * 40,
        ("materials",),
    )


def test_what_annotations_promise_is_told_only_where_the_body_was_not_read() -> None:
    body = statement("https://spdx.dev/Document", SPDX)
    lie = "https://slsa.dev/provenance/v1"
    assert recognise("application/vnd.in-toto+json", "", body, lie).kind == "sbom"
    assert recognise("application/vnd.in-toto+json", "", None, lie).kind == "provenance"


BROKEN: dict[str, tuple[str, bytes, str, str]] = {
    "a statement about nothing": ("", encode({"_type": "https://in-toto.io/Statement/v1"}), "in-toto statement", "a statement has 1 to 10,000 subjects"),
    "an envelope of such a one": ("", encode(envelope(encode({"_type": "https://in-toto.io/Statement/v1"}))), "DSSE envelope", "a statement has 1 to 10,000 subjects"),
    "an envelope of no statement": ("", encode(envelope(b"{}")), "DSSE envelope", "no in-toto statement"),
    "an envelope of no JSON": ("", encode(envelope(b"{")), "DSSE envelope", "not JSON"),
    "an envelope without signatures": ("", encode({**envelope(b"{}"), "signatures": []}), "DSSE envelope", "an envelope without signatures"),
    "a bundle of no envelope": ("", encode({"mediaType": "application/vnd.dev.sigstore.bundle", "dsseEnvelope": 3}), "sigstore bundle", "no DSSE envelope"),
    "what is called a statement": ("application/vnd.in-toto+json", b'{"a": [', "in-toto statement", "not JSON"),
    "what is called an envelope": ("application/vnd.dsse.envelope.v1+json", b'{"a": [', "DSSE envelope", "not JSON"),
    "what is called an SBOM": ("application/spdx+json", b'{"a": [', "SPDX", "not JSON"),
    "what is called nothing": ("application/json", b'{"a": [', "unknown", "not JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_keeps_its_name_and_says_why(name: str) -> None:
    media_type, body, form, told = BROKEN[name]
    known = recognise(media_type, "", body)
    assert (known.format, known.kind) == (form, "sbom" if form == "SPDX" else "other")
    assert known.problem.startswith(told)


@pytest.mark.parametrize(
    ("media_type", "form"),
    [
        ("application/vnd.dsse.envelope.v1+json", "DSSE envelope"),
        ("application/vnd.in-toto+json", "in-toto statement"),
        ("application/vnd.dev.sigstore.bundle.v0.3+json", "sigstore bundle"),
    ],
)
def test_what_was_not_read_is_what_its_labels_say(media_type: str, form: str) -> None:
    for known in (
        recognise(media_type, "", None, "https://spdx.dev/Document"),
        recognise("", media_type, None),
    ):
        assert known.format == form
        assert known.kind == ("sbom" if known.predicate_type else "other")


def test_a_signature_of_notation_is_one_by_its_members_too() -> None:
    known = recognise("application/json", "", encode({"payload": "", "protected": "", "signature": ""}))
    assert (known.format, known.kind) == ("notation JWS", "signature")


# ---- artifacts ----


def manifest(config: str, layers: list[dict[str, Any]], size: int = 2, **fields: Any) -> Document:
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": {"mediaType": config, "digest": OTHER, "size": size},
        "layers": [{"digest": OTHER, "size": 1, **layer} for layer in layers],
        **fields,
    }
    raw = encode(tree)
    return Document.examine(raw, Descriptor.from_bytes(media_types.OCI_MANIFEST, raw))


def index(entries: list[dict[str, Any]], **fields: Any) -> Document:
    listed = [{"digest": OTHER, "size": 1, **entry} for entry in entries]
    raw = encode({"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": listed, **fields})
    return Document.examine(raw, Descriptor.from_bytes(media_types.OCI_INDEX, raw))


EMPTY = media_types.OCI_EMPTY
SOURCE = {
    "org.opencontainers.image.source": "https://git.example/app",
    "org.opencontainers.image.revision": "main@sha1:abc",
    "org.opencontainers.image.created": "2026-01-01T00:00:00Z",
}
# Name: document, its config, and what must be told.
ARTIFACTS: dict[str, tuple[Document, Any, dict[str, str]]] = {
    "Helm chart": (
        manifest("application/vnd.cncf.helm.config.v1+json", [{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}]),
        {"name": "app", "version": "1.0.0+build", "dependencies": [{"name": "redis", "version": "^1"}]},
        {"name": "app", "version": "1.0.0+build", "depends on": "redis ^1", "provenance file": "none"},
    ),
    "WASM module": (
        manifest("application/vnd.wasm.config.v0+json", [{"mediaType": "application/wasm"}]),
        {"architecture": "wasm", "os": "wasip2", "layerDigests": [OTHER], "component": {"imports": ["a:b/c"], "exports": ["d:e/f"]}},
        {"architecture": "wasm", "system": "wasip2", "imports": "a:b/c", "exports": "d:e/f", "layers": "1, as in the manifest"},
    ),
    "WASM module, solo.io": (
        manifest("application/vnd.wasm.config.v1+json", [{"mediaType": "application/vnd.wasm.content.layer.v1+wasm"}]), {}, {},
    ),
    "WASM image": (
        manifest(media_types.OCI_CONFIG, [{"mediaType": media_types.OCI_LAYER_GZIP}], annotations={"module.wasm.image/variant": "compat"}),
        None,
        {"variant": "compat"},
    ),
    "Flux source": (
        manifest("application/vnd.cncf.flux.config.v1+json", [{"mediaType": "application/vnd.cncf.flux.content.v1.tar+gzip"}], annotations=SOURCE),
        {},
        {"source": "https://git.example/app", "revision": "main@sha1:abc", "created": "2026-01-01T00:00:00Z"},
    ),
    "Flux source, by artifact type": (
        manifest(EMPTY, [{"mediaType": "application/vnd.cncf.flux.content.v1.tar+gzip"}], artifactType="application/vnd.cncf.flux.config.v1+json"), None, {},
    ),
    "Timoni module": (
        manifest(
            "application/vnd.timoni.config.v1+json",
            [{"mediaType": "application/vnd.timoni.content.v1.tar+gzip", "annotations": {"sh.timoni.content.type": kind}} for kind in ("vendor", "module")],
            annotations=SOURCE | {"org.opencontainers.image.version": "2.0.0"},
        ),
        {},
        {"version": "2.0.0", "holds": "vendor, module", "source": "https://git.example/app"},
    ),
    "model pack": (
        manifest("application/vnd.cncf.model.config.v1+json", [{"mediaType": "application/vnd.cncf.model.weight.v1.raw"}, {"mediaType": "application/vnd.cncf.model.doc.v1.tar"}], artifactType="application/vnd.cncf.model.manifest.v1+json"),
        {"descriptor": {"name": "tiny", "family": "llama", "licenses": ["MIT"]}, "config": {"paramSize": "8b", "format": "safetensors"}},
        {"name": "tiny", "family": "llama", "licences": "MIT", "parameters": "8b", "weights": "safetensors", "parts": "1 weight, 1 doc"},
    ),
    "Docker model": (
        manifest("application/vnd.docker.ai.model.config.v0.1+json", [{"mediaType": "application/vnd.docker.ai.gguf.v3"}]),
        {"config": {"format": "gguf", "quantization": "Q4", "parameters": "1.2 B", "size": "700 MB"}},
        {"weights": "gguf", "quantization": "Q4", "parameters": "1.2 B", "size": "700 MB", "parts": "1 gguf"},
    ),
    "SOCI index": (
        manifest(EMPTY, [{"mediaType": "application/octet-stream", "annotations": {"com.amazon.soci.image-layer-digest": OTHER}}], artifactType="application/vnd.amazon.soci.index.v1+json", subject=IMAGE.to_json(), annotations={"com.amazon.soci.build-tool-identifier": "AWS SOCI CLI v0.2"}),
        None,
        {"made by": "AWS SOCI CLI v0.2", "of image": str(IMAGE.digest), "tables of layers": "1"},
    ),
    "Nydus image": (
        manifest(EMPTY, [{"mediaType": media_types.OCI_LAYER_GZIP, "annotations": {"containerd.io/snapshot/nydus-blob": "true"}}, {"mediaType": media_types.OCI_LAYER_GZIP, "annotations": {"containerd.io/snapshot/nydus-bootstrap": "true", "containerd.io/snapshot/nydus-fs-version": "6"}}], artifactType="application/vnd.nydus.image.manifest.v1+json"),
        None,
        {"bootstrap": "present", "blobs": "1", "file system": "6"},
    ),
    "build cache": (
        manifest("application/vnd.buildkit.cacheconfig.v0", [{"mediaType": media_types.OCI_LAYER_GZIP}]),
        {"layers": [{"blob": OTHER, "parent": -1}], "records": [{"digest": OTHER}, {"digest": OTHER}]},
        {"kept as": "a manifest", "layers": "1", "steps": "2"},
    ),
    "build cache, as an index": (
        index([{"mediaType": media_types.OCI_LAYER_GZIP}, {"mediaType": "application/vnd.buildkit.cacheconfig.v0"}]),
        {"records": []},
        {"kept as": "an index of blobs", "layers": "1", "steps": "0"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ARTIFACTS)
def test_an_artifact_is_recognised_and_read(name: str) -> None:
    document, config, told = ARTIFACTS[name]
    content = None if config is None else encode(config)
    facts = dict(artifact_facts(document, content))
    assert facts.pop("format") == name.partition(",")[0] == artifact_format(document)
    assert told.items() <= facts.items()
    assert (config_of(document) is not None) == (config is not None)


def test_nydus_by_its_layers_alone() -> None:
    nydus = manifest(
        media_types.OCI_CONFIG,
        [
            {
                "mediaType": media_types.OCI_LAYER_GZIP,
                "annotations": {"containerd.io/snapshot/nydus-bootstrap": "true"},
            }
        ],
    )
    assert artifact_format(nydus) == "Nydus image"


def test_a_config_that_is_broken_is_told() -> None:
    document, _, _ = ARTIFACTS["Helm chart"]
    assert "cannot be read" in dict(artifact_facts(document, b"{"))["config"]


def test_an_unknown_artifact_stays_unknown() -> None:
    assert dict(artifact_facts(manifest("application/x-mine", [{"mediaType": "text/plain"}]), b"{}")) == {
        "format": "unknown"
    }


def test_parts_of_a_model_that_have_no_role_are_counted_as_others() -> None:
    layers = [{"mediaType": "application/vnd.docker.ai.gguf.v3"}, {"mediaType": "text/plain"}]
    model = manifest("application/vnd.docker.ai.model.config.v0.1+json", layers)
    assert dict(artifact_facts(model, b"{}"))["parts"] == "1 gguf, 1 other"


def test_layers_of_a_module_that_are_others_than_it_says_are_told() -> None:
    document, _, _ = ARTIFACTS["WASM module"]
    facts = dict(artifact_facts(document, encode({"layerDigests": [str(IMAGE.digest)]})))
    assert facts["layers"] == "others than those of the manifest"


def test_a_config_beyond_the_limit_is_not_asked_for() -> None:
    kind = "application/vnd.buildkit.cacheconfig.v0"
    large = {"size": 5 << 20}
    assert config_of(index([{"mediaType": kind, **large}])) is None
    helm = "application/vnd.cncf.helm.config.v1+json"
    assert config_of(manifest(helm, [], 4 << 20)) is not None
    assert config_of(manifest(helm, [], (4 << 20) + 1)) is None


def test_an_index_is_what_its_artifact_type_says() -> None:
    assert (
        artifact_format(index([], artifactType="application/vnd.cncf.model.manifest.v1+json")) == "model pack"
    )
    assert artifact_format(index([], artifactType="application/x-mine")) == "index"


def test_an_artifact_manifest_has_blobs_and_no_config() -> None:
    kind = "application/vnd.oci.artifact.manifest.v1+json"
    blob = {"mediaType": "application/vnd.syft+json", "digest": OTHER, "size": 1}
    raw = encode({"mediaType": kind, "artifactType": "application/x-mine", "blobs": [blob]})
    document = Document.examine(raw, Descriptor.from_bytes(kind, raw))
    assert config_of(document) is None
    assert artifact_facts(document) == (("format", "syft SBOM"),)


@pytest.mark.parametrize(
    "text",
    [
        "name: app",
        "-----BEGIN PGP SIGNED MESSAGE-----\nname: app",
        "-----BEGIN PGP SIGNED MESSAGE-----\nname: app\nfiles:\n  a.tgz: none\n-----BEGIN PGP SIGNATURE-----",
        "-----BEGIN PGP SIGNED MESSAGE-----\n-----BEGIN PGP SIGNATURE-----\nfiles:\n  a.tgz: " + OTHER,
    ],
)
def test_a_provenance_file_that_names_nothing_is_none(text: str) -> None:
    with pytest.raises(DocumentError, match="no OpenPGP signed message|names no file"):
        parse_provenance(text.encode())


def test_a_provenance_file_is_not_checked() -> None:
    found = read("application/vnd.cncf.helm.chart.provenance.v1.prov", b"anything")
    assert (found.piece.format, found.piece.kind) == ("Helm provenance", "signature")
    assert (found.verdict.status, found.verdict.reason) == (
        "not checked",
        "OpenPGP signatures are not checked",
    )


@pytest.mark.parametrize("key", ["buildkit_completeness", "completeness"])
def test_what_a_build_says_it_left_out_is_told(key: str) -> None:
    metadata = {key: {"request": False, "resolvedDependencies": True, "args": False}}
    body = statement("https://slsa.dev/provenance/v1", {"runDetails": {"metadata": metadata}})
    found = read("", body).provenance
    assert found is not None
    assert found.incomplete == ("args", "request")


def test_products_of_a_vex_are_named_once_in_every_way_it_names_them() -> None:
    products = [
        {"@id": "pkg:oci/app", "identifiers": {"purl": "pkg:oci/app"}, "hashes": {"sha-256": HEX}},
        {"hashes": {"sha-256": 3}},
        {"hashes": "none"},
    ]
    tree = {
        **VEX,
        "statements": [{"vulnerability": {"@id": "CVE-1"}, "products": products, "status": "fixed"}],
    }
    found = read("application/vnd.openvex+json", encode(tree)).vex
    assert found is not None
    [one] = found.statements
    assert (one.vulnerability, one.products) == ("CVE-1", ("pkg:oci/app", str(IMAGE.digest)))


@pytest.mark.parametrize("tree", [{}, [], SPDX, CYCLONEDX, {"@context": ["https://openvex.dev/ns"]}])
def test_what_tells_of_no_vulnerabilities_is_no_vex(tree: Any) -> None:
    assert read_vex(tree) is None


def test_base_claims_of_all_three_kinds() -> None:
    said = {BASE_NAME: "debian:12", BASE_DIGEST: OTHER}
    material = Material("pkg:docker/library/debian@12?platform=linux%2Famd64", {"sha256": "b" * 64})
    source = Material("git+https://git.example/app", {"sha1": "c" * 40})
    provenance = Provenance("v1", "", "", "", "", (source, material), {}, None, None, ())
    claims = base_claims(said, {BASE_NAME: "alpine:3"}, [provenance])
    assert [(one.name, one.digest, one.where) for one in claims] == [
        ("debian:12", OTHER, "annotation"),
        ("alpine:3", "", "label"),
        ("library/debian:12", OTHER, "provenance"),
    ]


def test_a_layer_of_legacy_cosign_is_told_by_its_media_type() -> None:
    kind = "application/vnd.dev.cosign.simplesigning.v1+json"
    assert recognise(kind, "", b"anything").format == "cosign signature"
    assert recognise("application/cose", "", b"\xd2").format == "notation COSE"
    assert recognise("application/jose+json", "", b"{}").format == "notation JWS"
    assert Digest.of(b"{}").encoded == HEX
