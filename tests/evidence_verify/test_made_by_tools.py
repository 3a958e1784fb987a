"""What syft, helm and the Notary Project's library wrote is read as they meant it. See ``material/README.md``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regexplore.auditing.checked_evidence import CheckedEvidence, read_evidence
from regexplore.evidence.artifact_facts import artifact_facts
from regexplore.evidence.helm import parse_provenance
from regexplore.evidence.notation_envelope import parse_notation
from regexplore.evidence.piece import Evidence
from regexplore.evidence.recognise import recognise
from regexplore.evidence.trust import Identity, Trust
from regexplore.oci import Descriptor, Digest, Document, media_types

MATERIAL = Path(__file__).with_name("material")
CHART = Descriptor.from_bytes(media_types.OCI_MANIFEST, (MATERIAL / "helm" / "manifest.json").read_bytes())

SYFT = {
    "cyclonedx-json-1.2": "CycloneDX 1.2",
    "cyclonedx-json-1.3": "CycloneDX 1.3",
    "cyclonedx-json-1.4": "CycloneDX 1.4",
    "cyclonedx-json-1.5": "CycloneDX 1.5",
    "cyclonedx-json-1.6": "CycloneDX 1.6",
    "cyclonedx-json-1.7": "CycloneDX 1.7",
    "cyclonedx-xml-1.4": "CycloneDX 1.4",
    "cyclonedx-xml-1.6": "CycloneDX 1.6",
    "spdx-json-2.2": "SPDX 2.2",
    "spdx-json-2.3": "SPDX 2.3",
    "spdx-json-3.0": "SPDX 3.0",
    "spdx-tag-value-2.2": "SPDX 2.2",
    "spdx-tag-value-2.3": "SPDX 2.3",
    "syft-json": "syft ",
}


def read(
    file: Path, trust: Trust | None = None, media_type: str = "application/octet-stream"
) -> CheckedEvidence:
    body = file.read_bytes()
    known = recognise(media_type, "", body)
    part = Descriptor.from_bytes(media_type, body)
    piece = Evidence(
        manifest=part, part=part, subject=CHART.digest, format=known.format, kind=known.kind, body=body
    )
    return read_evidence(piece, CHART, trust or Trust(), "registry.example/charts/app")


def test_every_file_of_syft_is_under_test() -> None:
    assert {file.stem for file in (MATERIAL / "syft").iterdir()} == SYFT.keys()


@pytest.mark.parametrize("name", SYFT)
def test_syft(name: str) -> None:
    found = read(MATERIAL / "syft" / f"{name}.out")
    assert (found.piece.kind, found.problem) == ("sbom", "")
    sbom = found.sbom
    assert sbom is not None
    assert sbom.format.startswith(SYFT[name])
    packages = {part.name: part for part in sbom.components if part.type == "deb"}
    assert {name: part.version for name, part in packages.items()} == {
        "libc6": "2.41-12",
        "openssl": "3.5.1-1",
    }
    assert packages["openssl"].purl.startswith("pkg:deb/debian/openssl@3.5.1-1?")
    assert "distro=debian-13" in packages["openssl"].purl
    # What syft writes of itself; CycloneDX 1.2 and syft's own form have it elsewhere or not at all.
    assert any("syft" in creator for creator in sbom.creators)
    assert sbom.created is not None or name == "syft-json"
    assert sbom.problems == ()


def test_helm_chart() -> None:
    raw = (MATERIAL / "helm" / "manifest.json").read_bytes()
    document = Document.parse(raw, CHART)
    facts = dict(artifact_facts(document, (MATERIAL / "helm" / "config.json").read_bytes()))
    assert facts == {
        "format": "Helm chart",
        "name": "app",
        "version": "1.2.0",
        "application version": "3.4",
        "kind": "application",
        "description": "A Helm chart for Kubernetes",
        "provenance file": "present",
    }


def test_helm_provenance() -> None:
    found = parse_provenance((MATERIAL / "helm" / "app-1.2.0.tgz.prov").read_bytes())
    chart = Digest.of((MATERIAL / "helm" / "app-1.2.0.tgz").read_bytes())
    assert (found.name, found.version, dict(found.files)) == ("app", "1.2.0", {"app-1.2.0.tgz": str(chart)})


@pytest.mark.parametrize(
    ("form", "media_type"), [("jws", "application/jose+json"), ("cose", "application/cose")]
)
def test_notation(form: str, media_type: str, tmp_path: Path) -> None:
    file = MATERIAL / "notation" / f"{form}.sig"
    store = tmp_path / "x509" / "ca" / "demo"
    store.mkdir(parents=True)
    (store / "root.pem").write_bytes((MATERIAL / "notation" / f"{form}-root.pem").read_bytes())
    trust = Trust(notation_store=tmp_path, identities=(Identity(identity="*"),))
    found = read(file, trust, media_type)
    assert found.piece.format == f"notation {form.upper()}"
    assert found.names == (str(CHART.digest),)
    assert found.verdict.status == "verified", found.verdict
    assert found.claimed is not None
    assert "demo signer" in found.claimed.identity
    nobody = Trust(notation_store=tmp_path, identities=(Identity(identity="somebody else"),))
    assert read(file, nobody, media_type).verdict.status == "failed"
    (store / "root.pem").write_bytes(
        (MATERIAL / "notation" / "jws-root.pem").read_bytes()
        if form == "cose"
        else (MATERIAL / "notation" / "cose-root.pem").read_bytes()
    )
    assert read(file, trust, media_type).verdict.status != "verified", "under another root"


@pytest.mark.parametrize("form", ["jws", "cose"])
def test_notation_with_any_byte_changed_is_never_verified(form: str, tmp_path: Path) -> None:
    body = (MATERIAL / "notation" / f"{form}.sig").read_bytes()
    store = tmp_path / "x509" / "ca" / "demo"
    store.mkdir(parents=True)
    (store / "root.pem").write_bytes((MATERIAL / "notation" / f"{form}-root.pem").read_bytes())
    trust = Trust(notation_store=tmp_path, identities=(Identity(identity="*"),))
    media_type = "application/jose+json" if form == "jws" else "application/cose"
    envelope = parse_notation(body)
    signed = envelope.signed_bytes if form == "jws" else envelope.payload
    start = body.find(signed.split(b".")[-1])
    assert start > 0
    for place in range(start, start + 200, 7):
        changed = tmp_path / "changed"
        changed.write_bytes(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
        assert read(changed, trust, media_type).verdict.status != "verified", place


def cosign(name: str, trust: Trust, subject: Descriptor = CHART) -> CheckedEvidence:
    body = (MATERIAL / "cosign" / f"{name}.json").read_bytes()
    annotations = json.loads((MATERIAL / "cosign" / f"{name}.annotations.json").read_text())
    media_type = "application/vnd.dev.cosign.simplesigning.v1+json" if name == "legacy-signature" else ""
    known = recognise(media_type, "", body)
    part = Descriptor.from_bytes("application/octet-stream", body)
    piece = Evidence(
        manifest=part,
        part=part,
        subject=subject.digest,
        format=known.format,
        kind=known.kind,
        predicate_type=known.predicate_type,
        body=body,
        annotations=annotations,
    )
    return read_evidence(piece, subject, trust, "registry.example/charts/app")


@pytest.mark.parametrize(
    ("name", "form", "kind"),
    [
        ("legacy-signature", "cosign signature", "signature"),
        ("bundle-signature", "sigstore bundle", "signature"),
        ("legacy-attestation", "DSSE envelope", "sbom"),
        ("bundle-attestation", "sigstore bundle", "sbom"),
    ],
)
def test_cosign(name: str, form: str, kind: str) -> None:
    trust = Trust(keys={"release": (MATERIAL / "cosign" / "cosign.pub").read_text()})
    found = cosign(name, trust)
    assert (found.piece.format, found.piece.kind, found.problem) == (form, kind, "")
    assert str(CHART.digest) in found.names
    assert found.verdict.status == "verified", found.verdict
    assert found.verdict.signed_at is None, "there was no log"
    if kind == "sbom":
        assert found.sbom is not None
        assert {part.name for part in found.sbom.components} >= {"libc6", "openssl"}
    another = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"{}")
    moved = cosign(name, trust, another).verdict
    assert (moved.status, moved.reason.split(":")[0]) == ("failed", "subject")
    assert cosign(name, Trust()).verdict.status == "not checked"
