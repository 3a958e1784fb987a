"""Signatures made by other projects' tools, each with the verdict it must get."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest

from regexplore.evidence.piece import Evidence
from regexplore.evidence.recognise import recognise
from regexplore.evidence.trust import Identity, Trust
from regexplore.evidence.verdict import Verdict
from regexplore.evidence.verification import verify
from regexplore.oci import Descriptor, Digest, media_types

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real material is not beside this checkout")
COSIGN, SIGSTORE, NOTATION = DATA / "cosign", DATA / "sigstore", DATA / "notation"
ANYBODY = (Identity(identity="*"), Identity(key="cosign"), Identity(key="cosign2"))


def verdict(
    form: str, body: bytes, subject: Descriptor, trust: Trust, annotations: dict[str, str]
) -> Verdict:
    part = Descriptor.from_bytes("application/octet-stream", body)
    piece = Evidence(
        manifest=part, part=part, subject=subject.digest, format=form, body=body, annotations=annotations
    )
    return verify(piece, subject, trust)


def cosign_trust(*keys: str) -> Trust:
    return Trust(
        keys={name: (COSIGN / f"{name}.pub").read_text() for name in keys},
        roots=(COSIGN / "fulcio_v1.crt.pem").read_text() + (COSIGN / "pki_root_crts.pem").read_text(),
        log_keys=((COSIGN / "rekor.pub").read_text(),),
        identities=ANYBODY,
    )


COSIGN_VERDICTS = {
    ("valid", 1): ("verified", ""),
    ("valid-2", 1): ("verified", ""),
    ("valid-2", 2): ("verified", ""),
    ("valid-with-tag", 1): ("verified", ""),
    ("mixed", 1): ("failed", "signature: "),
    ("mixed", 2): ("verified", ""),
    ("manifest-digest-error", 1): ("failed", "subject: "),
    ("modified-manifest", 1): ("failed", "subject: "),
    ("fulcio-rekor-valid", 1): ("verified", ""),
    ("key-rekor-valid", 1): ("verified", ""),
    ("pki-valid", 1): ("verified", ""),
}


def cosign_case(name: str, number: int) -> tuple[bytes, dict[str, str], Descriptor]:
    folder = COSIGN / f"dir-img-cosign-{name}"
    manifest = (folder / "manifest.json").read_bytes()
    content = json.loads((folder / f"signature-{number}").read_bytes().split(b"\n", 1)[1])
    subject = Descriptor.from_bytes(media_types.OCI_MANIFEST, manifest)
    return b64decode(content["payload"]), content["annotations"], subject


@pytest.mark.parametrize(("case", "wanted"), COSIGN_VERDICTS.items(), ids=lambda one: str(one))
def test_cosign(case: tuple[str, int], wanted: tuple[str, str]) -> None:
    body, annotations, subject = cosign_case(*case)
    keys = ("cosign", "cosign2") if case[0] == "key-rekor-valid" else ("cosign",)
    found = verdict("cosign signature", body, subject, cosign_trust(*keys), annotations)
    assert (found.status, found.reason.startswith(wanted[1])) == (wanted[0], True), found


def test_the_certificate_of_fulcio_was_valid_when_the_log_saw_it() -> None:
    body, annotations, subject = cosign_case("fulcio-rekor-valid", 1)
    found = verdict("cosign signature", body, subject, cosign_trust("cosign"), annotations)
    assert found.signed_at is not None
    assert found.signer is not None
    assert (found.signed_at.year, found.signer.identity) == (2023, "mitr@redhat.com")
    without_log = Trust(roots=cosign_trust().roots, identities=ANYBODY)
    assert verdict("cosign signature", body, subject, without_log, annotations).status == "not checked"


def test_what_lies_beside_signatures_and_is_none_is_never_one() -> None:
    body, annotations, subject = cosign_case("other-attachment", 1)
    known = recognise("text/plain", "", body)
    assert (known.format, known.kind) == ("unknown", "other")
    assert verdict(known.format, body, subject, cosign_trust("cosign"), annotations).status == "not checked"
    # Nor does it become one by being called so.
    assert verdict("cosign signature", body, subject, cosign_trust("cosign"), annotations).status == "failed"


def test_every_signature_has_its_verdict_here() -> None:
    there = {
        (file.parent.name.removeprefix("dir-img-cosign-"), int(file.name.removeprefix("signature-")))
        for file in COSIGN.glob("dir-*/signature-*")
    }
    assert there == {*COSIGN_VERDICTS, ("other-attachment", 1)}


SIGSTORE_VERDICTS = {
    "bundle.txt.sigstore": ("staging", "verified"),
    "bundle_v3.txt.sigstore": ("staging", "verified"),
    "bundle_v3_alt.txt.sigstore": ("staging", "verified"),
    "bundle_v3_no_signed_time.txt.sigstore.json": ("production", "failed"),
    "bundle_cve_2022_36056.txt.sigstore": ("staging", "failed"),
    "bundle_invalid_version.txt.sigstore": ("staging", "failed"),
    "bundle_no_log_entry.txt.sigstore": ("production", "failed"),
    "bundle_no_checkpoint.txt.sigstore": ("staging", "failed"),
}
"""The root that each was made under, and what it gets there."""


def sigstore_case(name: str) -> tuple[bytes, Descriptor]:
    artifact = (SIGSTORE / name.removesuffix(".json").removesuffix(".sigstore")).read_bytes()
    return (SIGSTORE / name).read_bytes(), Descriptor.from_bytes(media_types.OCI_MANIFEST, artifact)


@pytest.mark.parametrize(("name", "wanted"), SIGSTORE_VERDICTS.items())
def test_sigstore(name: str, wanted: tuple[str, str]) -> None:
    body, subject = sigstore_case(name)
    root, status = wanted
    found = verdict("sigstore bundle", body, subject, Trust(sigstore=root, identities=ANYBODY), {})
    assert found.status == status, found
    if status == "verified":
        assert found.signed_at is not None
        assert root in found.trust_root


@pytest.mark.parametrize("name", SIGSTORE_VERDICTS)
def test_t39_under_another_root_no_bundle_is_verified(name: str) -> None:
    body, subject = sigstore_case(name)
    assert verdict(
        "sigstore bundle", body, subject, Trust(sigstore="production", identities=ANYBODY), {}
    ).status in (
        "not checked",
        "failed",
    )


def test_t39_a_good_bundle_needs_a_policy_to_be_verified() -> None:
    body, subject = sigstore_case("bundle_v3.txt.sigstore")
    assert verdict("sigstore bundle", body, subject, Trust(sigstore="staging"), {}).status == "not checked"
    nobody = Trust(sigstore="staging", identities=(Identity(identity="nobody@example.com"),))
    assert verdict("sigstore bundle", body, subject, nobody, {}).status == "failed"


def test_t24_a_bundle_of_another_artifact_fails() -> None:
    body, _ = sigstore_case("bundle_v3.txt.sigstore")
    _, subject = sigstore_case("bundle.txt.sigstore")
    found = verdict("sigstore bundle", body, subject, Trust(sigstore="staging", identities=ANYBODY), {})
    assert found.status == "failed"


def test_every_bundle_has_its_verdict_here() -> None:
    assert {file.name for file in SIGSTORE.glob("*.sigstore*")} == SIGSTORE_VERDICTS.keys()


DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
FIRST = Descriptor(
    DOCKER, Digest("sha256:60043cf45eaebc4c0867fea485a039b598f52fd09fd5b07b0b2d2f88fad9d74e"), 528
)
SECOND = Descriptor(
    DOCKER, Digest("sha256:5a07385af4e6b6af81b0ebfd435aedccdfa3507f0609c658209e1aba57159b2b"), 942
)
NOTATION_VERDICTS = {
    "ca_valid_sig_env.json": ("verified", "", "verified"),
    "ca_expired_sig_env.json": ("failed", "expiry: ", "verified"),
    "ca_invalid_sig_env.json": ("failed", "signature: ", "failed"),
    "ca_plugin_sig_env.json": ("failed", "headers: ", "verified"),
    "sa_valid_sig_env.json": ("not checked", "certificate: ", "verified"),
    "sa_expired_sig_env.json": ("failed", "expiry: ", "verified"),
    "sa_invalid_sig_env.json": ("failed", "signature: ", "failed"),
    "sig_env_with_metadata.json": ("not checked", "certificate: ", "verified"),
}


@pytest.mark.parametrize(("name", "wanted"), NOTATION_VERDICTS.items())
def test_notation(name: str, wanted: tuple[str, str, str]) -> None:
    subject = SECOND if "metadata" in name else FIRST
    trust = Trust(notation_store=NOTATION / "truststore-x509", identities=ANYBODY)
    found = verdict("notation JWS", (NOTATION / name).read_bytes(), subject, trust, {})
    assert (found.status, found.reason.startswith(wanted[1])) == (wanted[0], True), found
    signature = found.check("signature")
    assert signature is not None
    assert signature.status == wanted[2]


def test_a_notation_signature_for_another_manifest_fails() -> None:
    trust = Trust(notation_store=NOTATION / "truststore-x509", identities=ANYBODY)
    body = (NOTATION / "ca_valid_sig_env.json").read_bytes()
    assert verdict("notation JWS", body, SECOND, trust, {}).reason.startswith("subject: ")
    smaller = Descriptor(DOCKER, FIRST.digest, FIRST.size - 1)
    assert verdict("notation JWS", body, smaller, trust, {}).reason.startswith("subject: ")


def test_every_envelope_has_its_verdict_here() -> None:
    assert {file.name for file in NOTATION.glob("*.json")} == NOTATION_VERDICTS.keys()
