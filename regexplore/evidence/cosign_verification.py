"""Checking cosign's older signatures and attestations: a layer, and annotations that sign it.

Source: cosign ``SIGNATURE_SPEC.md``, ``ATTESTATION_SPEC.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from regexplore.errors import DocumentError
from regexplore.evidence import log_entry
from regexplore.evidence.certificates import (
    chain_problem,
    load_authorities,
    load_certificates,
    may_sign_code,
    signer_of,
)
from regexplore.evidence.checks import check, identity_check, not_checked, verdict_of
from regexplore.evidence.dsse import parse_envelope
from regexplore.evidence.in_toto import read_statement
from regexplore.evidence.piece import Evidence
from regexplore.evidence.public_keys import fingerprint, load_public_key, signs
from regexplore.evidence.reading import base64_bytes
from regexplore.evidence.sigstore_roots import log_keys_of, roots_of, told_root
from regexplore.evidence.simple_signing import parse_simple_signing
from regexplore.evidence.trust import Trust
from regexplore.evidence.verdict import FAILED, NOT_CHECKED, VERIFIED, Check, Signer, Verdict
from regexplore.oci import Descriptor, strict_json

if TYPE_CHECKING:
    from cryptography import x509

SIGNATURE = "dev.cosignproject.cosign/signature"
# The specification prints the second spelling, the tools write the first.
CERTIFICATE = ("dev.sigstore.cosign/certificate", "dev.cosignproject.cosign/certificate")
CHAIN = ("dev.sigstore.cosign/chain", "dev.cosignproject.cosign/chain")
TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"


@dataclass(frozen=True, slots=True)
class _Signed:
    """What was signed, and by which signatures."""

    signed_bytes: bytes
    content: bytes
    signatures: tuple[bytes, ...]
    subject: Check


def verify_cosign(evidence: Evidence, subject: Descriptor, trust: Trust) -> Verdict:
    """Check a signature (simple signing) or an attestation (DSSE) of cosign.

    Raises
    ------
    DocumentError
        It is not what it should be.
    """
    signed = (
        _envelope(evidence, subject) if evidence.format == "DSSE envelope" else _payload(evidence, subject)
    )
    certificate = _annotation(evidence, CERTIFICATE)
    if certificate:
        return _by_certificate(evidence, signed, certificate, trust)
    return _by_key(evidence, signed, trust)


def _payload(evidence: Evidence, subject: Descriptor) -> _Signed:
    body = evidence.body or b""
    signature = evidence.annotations.get(SIGNATURE)
    if not signature:
        raise DocumentError("the layer has no annotation with a signature")
    payload = parse_simple_signing(body)
    bound = check(
        "subject",
        payload.digest == subject.digest,
        "the payload names this manifest",
        f"the payload names another manifest, {payload.digest}",
    )
    return _Signed(body, body, (base64_bytes(signature, SIGNATURE),), bound)


def _envelope(evidence: Evidence, subject: Descriptor) -> _Signed:
    envelope = parse_envelope(evidence.body or b"")
    signatures = tuple(one.signature for one in envelope.signatures)
    return _Signed(
        envelope.signed_bytes, envelope.payload, signatures, statement_check(envelope.payload, subject)
    )


def statement_check(payload: bytes, subject: Descriptor) -> Check:
    """Tell whether a signed statement is about this manifest."""
    statement = read_statement(strict_json.loads(payload), "$payload")
    return check(
        "subject",
        statement.names(subject.digest),
        "the statement names this manifest",
        "the statement names other subjects",
    )


def _by_key(evidence: Evidence, signed: _Signed, trust: Trust) -> Verdict:
    if not trust.keys:
        return not_checked("signed with a key, and no key was given")
    for name, pem in trust.keys.items():
        key = load_public_key(pem)
        made = [one for one in signed.signatures if signs(key, one, signed.signed_bytes)]
        if not made:
            continue
        signer = Signer(fingerprint=fingerprint(key))
        logged, at, _ = _logged(evidence, signed, made[0], [pem.encode()], trust)
        checks = (
            Check("signature", VERIFIED, f"made with the key {name!r}"),
            signed.subject,
            identity_check(trust, signer, name),
            *logged,
        )
        return verdict_of(checks, signer=signer, signed_at=at, trust_root="keys given by the reader")
    reason = f"none of the {len(trust.keys)} keys given made it, or its content was changed"
    return verdict_of(
        (Check("signature", FAILED, reason), signed.subject), trust_root="keys given by the reader"
    )


def _by_certificate(evidence: Evidence, signed: _Signed, pem: str, trust: Trust) -> Verdict:
    leaf = load_certificates(pem)[0]
    signer = signer_of(leaf)
    made = [one for one in signed.signatures if signs(leaf.public_key(), one, signed.signed_bytes)]
    signature = check(
        "signature", bool(made), "made with the certificate's key", "not made with the certificate's key"
    )
    if not made:
        return verdict_of((signature, signed.subject), signer=signer)
    logged, at, _ = _logged(evidence, signed, made[0], [pem.encode(), _key_pem(leaf)], trust)
    roots = load_roots(trust)
    checks = (
        signature,
        signed.subject,
        _chain(leaf, _annotation(evidence, CHAIN), roots, at, trust),
        identity_check(trust, signer),
        *logged,
    )
    return verdict_of(checks, signer=signer, signed_at=at, trust_root=_told(trust))


def load_roots(trust: Trust) -> list[x509.Certificate]:
    """Give the authorities that the reader trusts for cosign's certificates.

    Raises
    ------
    DocumentError
        They cannot be read.
    """
    return [*load_authorities(trust.roots), *roots_of(trust.sigstore)]


def _chain(
    leaf: x509.Certificate, chain: str, roots: list[x509.Certificate], at: datetime | None, trust: Trust
) -> Check:
    if not roots:
        return Check("certificate", NOT_CHECKED, "no trusted root was given")
    if not may_sign_code(leaf):
        return Check("certificate", FAILED, "it is not for signing code")
    moment = at or trust.now or datetime.now(UTC)
    problem = chain_problem(leaf, load_certificates(chain) if chain else [], roots, moment)
    if problem and at is None and "was not valid at" in problem:
        # Expired by now says nothing of then, and nobody vouches for when it was made.
        return Check(
            "certificate", NOT_CHECKED, f"{problem}; no log entry or timestamp says when it was used"
        )
    if problem.endswith("does not lead to a trusted root"):
        return Check("certificate", NOT_CHECKED, f"{problem} among those given")
    return check("certificate", not problem, f"leads to a trusted root, valid at {moment:%Y-%m-%d}", problem)


def _logged(
    evidence: Evidence, signed: _Signed, signature: bytes, pems: list[bytes], trust: Trust
) -> tuple[list[Check], datetime | None, bool]:
    """Check the log entry, if there is one; its time counts only when the log vouches for it."""
    checks = []
    if evidence.annotations.get(TIMESTAMP):
        checks.append(Check("timestamp", NOT_CHECKED, "there is an RFC 3161 timestamp; it was not checked"))
    annotation = evidence.annotations.get(log_entry.ANNOTATION)
    if not annotation:
        return checks, None, False
    entry = log_entry.parse_log_entry(annotation)
    problem = log_entry.entry_problem(entry, signed.content, signature, pems)
    keys = (*trust.log_keys, *log_keys_of(trust.sigstore))
    vouched = log_entry.log_problem(entry, keys)
    if problem or vouched:
        checks.append(Check("log", FAILED, problem or vouched or ""))
    elif vouched is None:
        checks.append(Check("log", NOT_CHECKED, f"the key of the log {entry.log_id[:12]} was not given"))
    else:
        checks.append(Check("log", VERIFIED, f"entry {entry.index} of {entry.logged_at:%Y-%m-%d %H:%M:%S}"))
        return checks, entry.logged_at, True
    return checks, None, False


def _annotation(evidence: Evidence, names: tuple[str, ...]) -> str:
    return next((evidence.annotations[name] for name in names if evidence.annotations.get(name)), "")


def _key_pem(leaf: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _told(trust: Trust) -> str:
    return ", ".join(_roots_told(trust))


def _roots_told(trust: Trust) -> Iterator[str]:
    if trust.roots:
        yield "roots given by the reader"
    if trust.sigstore:
        yield told_root(trust.sigstore)
