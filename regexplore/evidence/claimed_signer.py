"""Who a piece of evidence says has signed it. Nothing is checked: this is for the columns of claims."""

from __future__ import annotations

from regexplore.errors import DocumentError, MissingExtraError
from regexplore.evidence.certificates import load_certificates, load_der, signer_of
from regexplore.evidence.cosign_verification import CERTIFICATE
from regexplore.evidence.notation_envelope import parse_notation
from regexplore.evidence.piece import Evidence
from regexplore.evidence.sigstore_bundle import parse_bundle
from regexplore.evidence.verdict import Signer


def claimed_signer(evidence: Evidence) -> Signer | None:
    """Give the signer that a certificate beside the signature names; None for keys and for what is not signed."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        return None
    try:
        return _claimed(evidence)
    except (DocumentError, MissingExtraError):
        return None


def _claimed(evidence: Evidence) -> Signer | None:
    if evidence.body is None:
        return None
    if evidence.format == "sigstore bundle":
        leaf = parse_bundle(evidence.body).certificate
        return signer_of(load_der(leaf)) if leaf else None
    if evidence.format.startswith("notation"):
        return signer_of(load_der(parse_notation(evidence.body).certificates[0]))
    for name in CERTIFICATE:
        if evidence.annotations.get(name):
            return signer_of(load_certificates(evidence.annotations[name])[0])
    return None
