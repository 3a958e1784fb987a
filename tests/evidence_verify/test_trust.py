"""Whom a reader trusts: somebody by name or by key, never everybody by accident; and who only claims to have signed."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from support.fake_sigstore import (
    ISSUER,
    MANIFEST,
    OTHER,
    WHO,
    Authority,
    Key,
    envelope,
    evidence,
    pem_of,
    simple_signing,
    statement,
)
from support.own_sigstore import BUNDLE, Sigstore

from regexplore.errors import PolicyError
from regexplore.evidence.claimed_signer import claimed_signer
from regexplore.evidence.cosign_verification import CERTIFICATE
from regexplore.evidence.trust import Identity, Trust
from regexplore.evidence.verdict import Signer, Verdict
from regexplore.evidence.verification import verify
from regexplore.oci import Digest

KEY, STRANGER = Key(), Key()
RELEASER = Signer(WHO, ISSUER, "ab")


def test_t39_an_identity_names_somebody() -> None:
    with pytest.raises(PolicyError, match="would accept everybody"):
        Identity()


@pytest.mark.parametrize("more", [{"identity": "ada@example.com"}, {"issuer": ISSUER}])
def test_an_identity_is_a_key_or_a_name(more: dict[str, str]) -> None:
    with pytest.raises(PolicyError, match="not both"):
        Identity(key="release", **more)


@pytest.mark.parametrize(
    ("identities", "key", "counts"),
    [
        ((), "", None),
        ((), "release", True),
        ((Identity(identity=WHO),), "", True),
        ((Identity(issuer=ISSUER),), "", True),
        ((Identity(identity="https://github.com/acme/*", issuer=ISSUER),), "", True),
        ((Identity(identity="https://github.com/ACME/*"),), "", False),
        ((Identity(identity=WHO, issuer=f"{ISSUER}/"),), "", False),
        ((Identity(issuer="https://token.*"),), "", False),
        ((Identity(identity="ada@example.com"), Identity(identity=WHO)), "", True),
        ((Identity(identity="*"),), "release", False),
        ((Identity(key="release"),), "", False),
        ((Identity(key="release"),), "release", True),
        ((Identity(key="release"),), "other", False),
    ],
)
def test_t39_who_counts(identities: tuple[Identity, ...], key: str, counts: bool | None) -> None:
    assert Trust(identities=identities).accepts(RELEASER, key) is counts


@pytest.mark.parametrize(
    ("trust", "empty"),
    [
        (Trust(), True),
        (Trust(identities=(Identity(identity=WHO),)), True),
        (Trust(log_keys=(KEY.pem,)), True),
        (Trust(notation_policy={}), True),
        (Trust(keys={"release": KEY.pem}), False),
        (Trust(roots="PEM"), False),
        (Trust(sigstore="production"), False),
        (Trust(notation_store="store"), False),
    ],
)
def test_trust_is_empty_where_nothing_can_be_checked_against_it(trust: Trust, empty: bool) -> None:
    assert trust.is_empty is empty


# ---- bundles with a key ----


def by_key(key: Key = KEY, payload: bytes | None = None, **changes: Any) -> bytes:
    tree = {
        "mediaType": BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": "a key"}, "tlogEntries": []},
        "dsseEnvelope": json.loads(envelope(key, payload or statement())),
    }
    return json.dumps({**tree, **changes}).encode()


MESSAGE = {"messageDigest": {"algorithm": "SHA2_256", "digest": "AAAA"}, "signature": "AAAA"}


def over(digest: Digest) -> dict[str, str]:
    return {"algorithm": "SHA2_256", "digest": b64encode(bytes.fromhex(digest.encoded)).decode()}


def verdict(body: bytes, trust: Trust) -> Verdict:
    return verify(evidence("sigstore bundle", body), MANIFEST, trust)


@pytest.mark.parametrize(
    ("body", "trust", "status", "reason"),
    [
        (by_key(), Trust(keys={"release": KEY.pem}), "verified", "signature, subject, identity checked"),
        (by_key(), Trust(keys={"a": STRANGER.pem, "b": KEY.pem}), "verified", "signature, subject, "),
        (by_key(), Trust(), "not checked", "signed with a key, and no key was given"),
        (by_key(STRANGER), Trust(keys={"release": KEY.pem}), "failed", "signature: none of the 1 keys given"),
        (
            by_key(payload=statement(OTHER.digest)),
            Trust(keys={"release": KEY.pem}),
            "failed",
            "subject: the statement names other subjects",
        ),
        (
            by_key(),
            Trust(keys={"release": KEY.pem}, identities=(Identity(key="another"),)),
            "failed",
            "identity: signed by key 'release', who is not in the policy",
        ),
        (
            by_key(dsseEnvelope=None, messageSignature={**MESSAGE, "messageDigest": over(MANIFEST.digest)}),
            Trust(keys={"release": KEY.pem}),
            "not checked",
            "signature: over bytes, made with a key: only attestations are checked",
        ),
        (
            by_key(dsseEnvelope=None, messageSignature={**MESSAGE, "messageDigest": over(OTHER.digest)}),
            Trust(keys={"release": KEY.pem}),
            "failed",
            "subject: the signature is over other content",
        ),
        (
            by_key(messageSignature=MESSAGE),
            Trust(keys={"release": KEY.pem}),
            "failed",
            "it cannot be read as sigstore bundle: a bundle holds either an envelope or a message signature",
        ),
        (
            by_key(dsseEnvelope=None),
            Trust(keys={"release": KEY.pem}),
            "failed",
            "it cannot be read as sigstore bundle: a bundle holds either an envelope or a message signature",
        ),
    ],
)
def test_a_bundle_with_a_key(body: bytes, trust: Trust, status: str, reason: str) -> None:
    found = verdict(body, trust)
    assert (found.status, found.reason.startswith(reason)) == (status, True), found
    assert found.signed_at is None


# ---- who is claimed to have signed ----


def test_a_claim_is_told_where_a_certificate_makes_one() -> None:
    leaf = pem_of(Authority().leaf(KEY))
    for name in CERTIFICATE:
        found = claimed_signer(evidence("cosign signature", simple_signing(), {name: leaf}))
        assert found is not None
        assert (found.identity, found.issuer) == (WHO, ISSUER)
    bundle = evidence("sigstore bundle", json.dumps(Sigstore().attestation(statement())).encode())
    found = claimed_signer(bundle)
    assert found is not None
    assert (found.identity, found.issuer) == (WHO, ISSUER)
    assert claimed_signer(replace(bundle, body=None)) is None


@pytest.mark.parametrize(
    ("form", "body", "annotations"),
    [
        ("cosign signature", simple_signing(), {}),
        ("cosign signature", simple_signing(), {CERTIFICATE[0]: "no certificate"}),
        ("sigstore bundle", by_key(), {}),
        ("sigstore bundle", b"{", {}),
        ("notation JWS", b"{}", {}),
        ("notation COSE", b"\xff", {}),
        ("SPDX", b"{}", {}),
    ],
)
def test_no_claim_is_made_up(form: str, body: bytes, annotations: dict[str, str]) -> None:
    assert claimed_signer(evidence(form, body, annotations)) is None


def test_a_bundle_of_the_older_form_has_its_leaf_first() -> None:
    new = Sigstore().attestation(statement())
    material = new["verificationMaterial"]
    leaf = material.pop("certificate")
    other = {"rawBytes": b64encode(b"no certificate").decode()}
    material["x509CertificateChain"] = {"certificates": [leaf, other]}
    found = claimed_signer(evidence("sigstore bundle", json.dumps(new).encode()))
    assert found is not None
    assert found.identity == WHO
