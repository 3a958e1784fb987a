"""Checking notation's signatures under a trust store and a trust policy.

Source: Notary Project ``signing-and-verification-workflow.md``, ``signature-specification.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from regexplore.errors import DocumentError
from regexplore.evidence import notation_envelope as form
from regexplore.evidence.certificates import chain_problem, load_der, signer_of
from regexplore.evidence.checks import check, identity_check, not_checked, verdict_of
from regexplore.evidence.notation_envelope import NotationEnvelope, parse_notation
from regexplore.evidence.notation_policy import (
    AUTHORITY,
    CA,
    SKIP,
    Statement,
    load_store,
    names_subject,
    policy_for,
)
from regexplore.evidence.reading import at, text
from regexplore.evidence.trust import Trust
from regexplore.evidence.verdict import FAILED, NOT_CHECKED, VERIFIED, Check, Verdict
from regexplore.oci import Descriptor

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

SCHEMES = {"notary.x509": CA, "notary.x509.signingAuthority": AUTHORITY}
MIN_RSA_BITS = 2048
CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
UNDERSTOOD = frozenset(
    {form.SCHEME, form.EXPIRY, form.AUTHENTIC_TIME, form.SIGNING_TIME, form.PLUGIN, form.PLUGIN_VERSION}
)


def verify_notation(raw: bytes, subject: Descriptor, trust: Trust, repository: str = "") -> Verdict:
    """Check an envelope.

    Parameters
    ----------
    raw
        The envelope, JWS or COSE.
    subject
        What it hangs on.
    trust
        Its ``notation_store`` and ``notation_policy``.
    repository
        With its registry; chooses the statement of the policy.

    Raises
    ------
    DocumentError
        It is no envelope.
    PolicyError
        The policy or the store cannot be used.
    """
    envelope = parse_notation(raw)
    chain = [load_der(one) for one in envelope.certificates]
    leaf = chain[0]
    signer = signer_of(leaf)
    statement = policy_for(trust.notation_policy, repository)
    if statement.level == SKIP:
        return not_checked(f"the trust policy {statement.name!r} says to skip verification", signer)
    checks = [
        _signature(envelope, leaf),
        _headers(envelope),
        _subject(envelope, subject),
        _authenticity(envelope, chain, statement, trust),
        _identity(leaf, statement, trust),
        _expiry(envelope, trust),
        Check("revocation", NOT_CHECKED, "nothing is asked over the network"),
    ]
    if envelope.has_timestamp:
        checks.append(Check("timestamp", NOT_CHECKED, "there is an RFC 3161 timestamp; it was not checked"))
    told = f"trust store given by the reader, policy {statement.name!r}" if trust.notation_store else ""
    return verdict_of(
        [_as_enforced(one, statement) for one in checks],
        signer=signer,
        signed_at=_vouched_time(envelope, checks),
        trust_root=told,
    )


def _vouched_time(envelope: NotationEnvelope, checks: Sequence[Check]) -> datetime | None:
    """Give the time of a signing authority that is trusted; any other signer only claims one."""
    moment = envelope.time(form.AUTHENTIC_TIME)
    held = {one.name for one in checks if one.status == VERIFIED}
    vouched = SCHEMES.get(envelope.scheme) == AUTHORITY and {"signature", "certificate"} <= held
    return moment if vouched else None


def _signature(envelope: NotationEnvelope, leaf: x509.Certificate) -> Check:
    problem = weakness(envelope, leaf)
    if problem:
        return Check("algorithm", FAILED, problem)
    made = _made_by(leaf, envelope)
    return check("signature", made, "made with the certificate's key", "not made with the certificate's key")


def weakness(envelope: NotationEnvelope, leaf: x509.Certificate) -> str:
    """Tell why the algorithm is not accepted; "" when it is."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key, algorithm = leaf.public_key(), envelope.algorithm
    if algorithm in CURVES:
        fits = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == CURVES[algorithm]
        return "" if fits else f"{algorithm} does not fit the certificate's key"
    if algorithm not in ("PS256", "PS384", "PS512"):
        return f"the algorithm {algorithm!r} is not one of notation's"
    if not isinstance(key, rsa.RSAPublicKey):
        return f"{algorithm} does not fit the certificate's key"
    return "" if key.key_size >= MIN_RSA_BITS else f"an RSA key of {key.key_size} bits is too weak"


def _made_by(leaf: x509.Certificate, envelope: NotationEnvelope) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    key, digest, raw = leaf.public_key(), _hash(envelope.algorithm), envelope.signature
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            half = (key.curve.key_size + 7) // 8
            if len(raw) != 2 * half:
                return False
            der = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
            key.verify(der, envelope.signed_bytes, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            scheme = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
            key.verify(raw, envelope.signed_bytes, scheme, digest)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _hash(algorithm: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    return {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]


def _headers(envelope: NotationEnvelope) -> Check:
    """Refuse what a reader must understand and does not."""
    strange = sorted(set(envelope.critical) - UNDERSTOOD)
    if strange:
        return Check("headers", FAILED, f"critical headers that are not known: {', '.join(strange)}")
    if form.PLUGIN in envelope.headers:
        return Check("headers", NOT_CHECKED, "it wants a verification plugin; none is run")
    if envelope.scheme not in SCHEMES:
        return Check("headers", FAILED, f"the signing scheme {envelope.scheme!r} is not known")
    absent = {name for name in (form.SCHEME, form.EXPIRY, form.AUTHENTIC_TIME) if name in envelope.headers}
    if not absent <= set(envelope.critical):
        return Check("headers", FAILED, "a header that has to be critical is not marked so")
    fits = envelope.content_type == form.PAYLOAD_TYPE
    return check("headers", fits, "understood", f"the payload is of type {envelope.content_type!r}")


def _subject(envelope: NotationEnvelope, subject: Descriptor) -> Check:
    target = envelope.target()
    signed = (text(target, "digest"), at(target, "size"), text(target, "mediaType"))
    named = signed == (subject.digest, subject.size, subject.media_type)
    return check(
        "subject", named, "the payload names this manifest", f"the payload names {signed[0] or 'nothing'}"
    )


def _authenticity(
    envelope: NotationEnvelope, chain: list[x509.Certificate], statement: Statement, trust: Trust
) -> Check:
    if trust.notation_store is None:
        return Check("certificate", NOT_CHECKED, "no trust store was given")
    kind = SCHEMES.get(envelope.scheme, CA)
    roots = load_store(trust.notation_store, kind, statement)
    if not roots:
        return Check(
            "certificate",
            NOT_CHECKED,
            f"the trust store has no certificates of kind {kind!r} for this policy",
        )
    authentic = envelope.time(form.AUTHENTIC_TIME) if kind == AUTHORITY else None
    moment = authentic or trust.now or datetime.now(UTC)
    problem = chain_problem(chain[0], chain[1:], roots, moment)
    if "was not valid at" in problem and authentic is None:
        return Check("certificate", NOT_CHECKED, f"{problem}; no time that was checked says when it signed")
    return check("certificate", not problem, f"leads to the trust store, valid at {moment:%Y-%m-%d}", problem)


def _identity(leaf: x509.Certificate, statement: Statement, trust: Trust) -> Check:
    """Ask the policy's trusted identities, else those of the reader's trust."""
    signer = signer_of(leaf)
    subject = leaf.subject.rfc4514_string()
    if statement.identities == ("*",):
        return Check(
            "identity", VERIFIED, f"signed by {subject!r}; the policy accepts everybody in its stores"
        )
    if statement.identities:
        named = any(names_subject(one, leaf) for one in statement.identities)
        return check(
            "identity", named, f"signed by {subject!r}", f"signed by {subject!r}, who is not in the policy"
        )
    return identity_check(trust, signer)


def _expiry(envelope: NotationEnvelope, trust: Trust) -> Check:
    try:
        expiry = envelope.time(form.EXPIRY)
    except DocumentError as error:
        return Check("expiry", FAILED, str(error))
    if expiry is None:
        return Check("expiry", VERIFIED, "it does not expire")
    now = trust.now or datetime.now(UTC)
    return check("expiry", now <= expiry, f"not before {expiry:%Y-%m-%d}", f"it expired on {expiry:%Y-%m-%d}")


_STEP_OF = {"certificate": "authenticity", "identity": "authenticity", "expiry": "expiry"}


def _as_enforced(one: Check, statement: Statement) -> Check:
    """Turn a failure that the policy only logs into something that is not known: it neither fails nor passes."""
    step = _STEP_OF.get(one.name, "integrity")
    if one.status != FAILED or step in statement.enforced:
        return one
    return Check(one.name, NOT_CHECKED, f"{one.reason}; the policy {statement.name!r} only logs that")
