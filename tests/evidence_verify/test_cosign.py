"""cosign's signatures: verified, failed, or not checked, and never verified when anything was touched."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fake_sigstore import (
    ISSUER,
    MANIFEST,
    NOON,
    OTHER,
    WHO,
    Authority,
    Key,
    envelope,
    evidence,
    log_annotation,
    pem_of,
    simple_signing,
    statement,
)

from regexplore.errors import PolicyError
from regexplore.evidence.cosign_verification import CERTIFICATE, SIGNATURE, TIMESTAMP
from regexplore.evidence.log_entry import ANNOTATION
from regexplore.evidence.trust import Identity, Trust
from regexplore.evidence.verdict import Verdict
from regexplore.evidence.verification import verify

KEY, STRANGER, LOG = Key(), Key(), Key()
AUTHORITY, ANOTHER = Authority(), Authority("another root")
LEAF_KEY = Key()
LEAF = AUTHORITY.leaf(LEAF_KEY)
BY_KEY = Trust(keys={"release": KEY.pem})
BY_CERTIFICATE = Trust(
    roots=pem_of(AUTHORITY.root), log_keys=(LOG.pem,), identities=(Identity(identity=WHO, issuer=ISSUER),)
)
SIGNED = KEY.sign(simple_signing())
LATER = NOON + timedelta(days=300)


def signed_by_key(key: Key = KEY, body: bytes | None = None, **more: str) -> dict[str, str]:
    return {SIGNATURE: b64encode(key.sign(body or simple_signing())).decode(), **more}


def signed_by_certificate(**changes: object) -> dict[str, str]:
    body = simple_signing()
    signature = LEAF_KEY.sign(body)
    given: dict[str, object] = {
        "log": LOG,
        "content": body,
        "signature": signature,
        "pem": pem_of(LEAF),
        "at": NOON,
    }
    given.update(changes)
    return {
        SIGNATURE: b64encode(signature).decode(),
        CERTIFICATE[0]: pem_of(LEAF),
        ANNOTATION: log_annotation(
            given["log"],
            given["content"],
            given["signature"],
            given["pem"],
            given["at"],  # type: ignore[arg-type]
        ),
    }


def verdict(
    body: bytes, annotations: dict[str, str], trust: Trust, form: str = "cosign signature"
) -> Verdict:
    return verify(evidence(form, body, annotations), MANIFEST, trust)


# ---- keys ----


def test_a_signature_by_a_given_key_is_verified() -> None:
    found = verdict(simple_signing(), signed_by_key(), BY_KEY)
    assert found.status == "verified"
    assert found.trust_root == "keys given by the reader"
    assert found.signed_at is None, "nobody vouches for a time"


def test_t39_nothing_is_verified_without_trust() -> None:
    found = verdict(simple_signing(), signed_by_key(), Trust())
    assert (found.status, found.reason) == ("not checked", "signed with a key, and no key was given")


def test_another_key_fails() -> None:
    assert verdict(simple_signing(), signed_by_key(STRANGER), BY_KEY).status == "failed"


def test_a_known_key_that_does_not_count_fails_by_identity() -> None:
    trust = Trust(keys={"release": KEY.pem, "other": STRANGER.pem}, identities=(Identity(key="release"),))
    found = verdict(simple_signing(), signed_by_key(STRANGER), trust)
    assert found.status == "failed"
    assert found.reason.startswith("identity: signed by key 'other'")
    assert verdict(simple_signing(), signed_by_key(), trust).status == "verified"


def test_t24_a_signature_of_another_image_fails_though_it_is_true() -> None:
    body = simple_signing(OTHER.digest)
    found = verdict(body, signed_by_key(body=body), BY_KEY)
    assert found.status == "failed"
    assert found.reason.startswith("subject: the payload names another manifest")


def test_an_attestation_by_a_key() -> None:
    assert verdict(envelope(KEY, statement()), {}, BY_KEY, "DSSE envelope").status == "verified"
    assert verdict(envelope(STRANGER, statement()), {}, BY_KEY, "DSSE envelope").status == "failed"


def test_t24_an_attestation_of_another_image_fails() -> None:
    found = verdict(envelope(KEY, statement(OTHER.digest)), {}, BY_KEY, "DSSE envelope")
    assert found.reason == "subject: the statement names other subjects"


@settings(max_examples=60)
@given(st.data())
def test_no_flipped_bit_is_verified(data: st.DataObject) -> None:
    body, signature = simple_signing(), SIGNED
    whole = bytearray(body + signature)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    changed, made = bytes(whole[: len(body)]), bytes(whole[len(body) :])
    assert verdict(changed, {SIGNATURE: b64encode(made).decode()}, BY_KEY).status == "failed"


# ---- certificates and the log ----


def test_a_certificate_is_judged_at_the_time_of_the_log() -> None:
    trust = Trust(**{**_fields(BY_CERTIFICATE), "now": LATER})
    found = verdict(simple_signing(), signed_by_certificate(), trust)
    assert found.status == "verified", found.reason
    assert found.signed_at == NOON
    assert found.signer is not None
    assert (found.signer.identity, found.signer.issuer) == (WHO, ISSUER)


def _fields(trust: Trust) -> dict[str, object]:
    return {name: getattr(trust, name) for name in trust.__slots__}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"content": b"something else"}, "log: the log entry is about other content"),
        ({"signature": b"another"}, "log: the log entry is about another signature"),
        ({"pem": STRANGER.pem}, "log: the log entry is about another key or certificate"),
        ({"at": NOON + timedelta(hours=1)}, "certificate: "),
    ],
)
def test_t24_a_log_entry_of_something_else_fails(changes: dict[str, object], reason: str) -> None:
    found = verdict(simple_signing(), signed_by_certificate(**changes), BY_CERTIFICATE)
    assert found.status == "failed"
    assert found.reason.startswith(reason)


def test_a_log_that_is_not_known_vouches_for_nothing() -> None:
    trust = Trust(**{**_fields(BY_CERTIFICATE), "now": NOON})
    found = verdict(simple_signing(), signed_by_certificate(log=STRANGER), trust)
    assert found.status == "not checked"
    assert found.signed_at is None


def test_a_promise_of_the_log_that_was_changed_fails() -> None:
    annotations = signed_by_certificate()
    entry = json.loads(annotations[ANNOTATION])
    entry["Payload"]["integratedTime"] += 60
    found = verdict(simple_signing(), {**annotations, ANNOTATION: json.dumps(entry)}, BY_CERTIFICATE)
    assert found.reason == "log: the log's signature does not hold"


def test_an_expired_certificate_without_a_time_is_not_checked() -> None:
    annotations = signed_by_certificate()
    del annotations[ANNOTATION]
    found = verdict(simple_signing(), annotations, Trust(**{**_fields(BY_CERTIFICATE), "now": LATER}))
    assert found.status == "not checked"
    assert "no log entry or timestamp" in found.reason


def test_a_timestamp_that_was_not_checked_is_told() -> None:
    annotations = {**signed_by_certificate(), TIMESTAMP: "AAAA"}
    found = verdict(simple_signing(), annotations, BY_CERTIFICATE)
    assert found.status == "verified"
    step = found.check("timestamp")
    assert step is not None
    assert step.status == "not checked"
    assert "not checked: timestamp" in found.reason


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"roots": pem_of(ANOTHER.root)}, "not checked", "certificate: "),
        ({"roots": ""}, "not checked", "certificate: no trusted root was given"),
        ({"identities": ()}, "not checked", "identity: "),
        ({"identities": (Identity(identity="mallory@example.com"),)}, "failed", "identity: "),
        ({"identities": (Identity(identity=WHO, issuer="https://evil.example"),)}, "failed", "identity: "),
        ({"identities": (Identity(identity="https://github.com/acme/*", issuer=ISSUER),)}, "verified", ""),
        ({"log_keys": ()}, "not checked", ""),
    ],
)
def test_what_is_trusted_decides(changes: dict[str, object], status: str, reason: str) -> None:
    trust = Trust(**{**_fields(BY_CERTIFICATE), "now": NOON, **changes})  # type: ignore[arg-type]
    found = verdict(simple_signing(), signed_by_certificate(), trust)
    assert (found.status, found.reason.startswith(reason)) == (status, True), found.reason


def test_a_certificate_for_servers_signs_nothing() -> None:
    leaf = pem_of(AUTHORITY.leaf(LEAF_KEY, code=False))
    annotations = {**signed_by_certificate(pem=leaf), CERTIFICATE[0]: leaf}
    found = verdict(simple_signing(), annotations, BY_CERTIFICATE)
    assert found.reason == "certificate: it is not for signing code"


def test_a_certificate_beside_the_signature_of_another_key_fails() -> None:
    annotations = {**signed_by_certificate(), **signed_by_key(STRANGER)}
    found = verdict(simple_signing(), annotations, BY_CERTIFICATE)
    assert (found.status, found.reason) == ("failed", "signature: not made with the certificate's key")
    assert found.signed_at is None


def test_a_leaf_cannot_make_certificates() -> None:
    """A certificate signed by another leaf of the same authority leads nowhere."""
    middle_key, middle = LEAF_KEY, AUTHORITY.leaf(LEAF_KEY)
    impostor = Authority("demo root", middle_key)
    key = Key()
    leaf = impostor.leaf(key)
    body = simple_signing()
    signature = key.sign(body)
    annotations = {
        SIGNATURE: b64encode(signature).decode(),
        CERTIFICATE[0]: pem_of(leaf),
        "dev.sigstore.cosign/chain": pem_of(middle),
        ANNOTATION: log_annotation(LOG, body, signature, pem_of(leaf)),
    }
    assert verdict(body, annotations, BY_CERTIFICATE).status == "not checked"


def test_t34_a_chain_of_thousands_is_refused() -> None:
    annotations = {**signed_by_certificate(), "dev.sigstore.cosign/chain": pem_of(LEAF) * 5_000}
    found = verdict(simple_signing(), annotations, BY_CERTIFICATE)
    assert found.status == "failed"
    assert "more than 10 certificates" in found.reason


# ---- what cannot be read ----


@pytest.mark.parametrize("body", [b"", b"{}", b"[" * 10_000, b"\xff", b'{"critical": {"type": "other"}}'])
def test_what_is_no_payload_fails(body: bytes) -> None:
    found = verdict(body, signed_by_key(), BY_KEY)
    assert found.status == "failed"
    assert found.reason.startswith("it cannot be read as cosign signature")


@settings(max_examples=100)
@given(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from([SIGNATURE, CERTIFICATE[0], ANNOTATION]), st.text()),
)
def test_no_content_is_verified_and_none_raises(body: bytes, annotations: dict[str, str]) -> None:
    for form in ("cosign signature", "DSSE envelope", "sigstore bundle", "notation JWS", "notation COSE"):
        assert verdict(body, annotations, BY_CERTIFICATE, form).status != "verified"
        assert verdict(body, annotations, BY_KEY, form).status != "verified"


def test_a_body_that_could_not_be_read_is_not_checked() -> None:
    from dataclasses import replace

    piece = replace(evidence("cosign signature", b""), body=None, problem="DeniedError: 403")
    assert verify(piece, MANIFEST, BY_KEY).reason == "DeniedError: 403"


def test_the_wrong_subject_is_an_error_of_the_caller() -> None:
    with pytest.raises(PolicyError):
        verify(evidence("cosign signature", simple_signing()), OTHER, BY_KEY)


@pytest.mark.parametrize(
    "trust", [Trust(keys={"release": "no key"}), Trust(roots="-----BEGIN CERTIFICATE-----\nx")]
)
def test_broken_trust_is_an_error_of_the_caller(trust: Trust) -> None:
    with pytest.raises(PolicyError):
        verdict(simple_signing(), signed_by_key(), trust)
