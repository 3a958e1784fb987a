"""Checking a piece of evidence: one question, whatever its format. The answer has three values."""

from __future__ import annotations

from regexplore.errors import DocumentError, MissingExtraError, PolicyError
from regexplore.evidence.checks import not_checked
from regexplore.evidence.cosign_verification import verify_cosign
from regexplore.evidence.notation_verification import verify_notation
from regexplore.evidence.piece import Evidence
from regexplore.evidence.sigstore_roots import log_keys_of, roots_of
from regexplore.evidence.sigstore_verification import verify_bundle
from regexplore.evidence.trust import Trust
from regexplore.evidence.verdict import FAILED, Check, Verdict
from regexplore.oci import Descriptor


def verify(evidence: Evidence, subject: Descriptor, trust: Trust, *, repository: str = "") -> Verdict:
    """Check who made a piece of evidence, and whether it is about the manifest that it hangs on.

    Parameters
    ----------
    evidence : Evidence
        With its body.
    subject : Descriptor
        The manifest it hangs on.
    trust : Trust
        Keys, roots and whom to believe; without any nothing is checked.
    repository : str
        With its registry; only notation's policies ask for it.

    Returns
    -------
    Verdict
        Never raises for what the evidence holds.

    Raises
    ------
    PolicyError
        The trust itself is broken: a key, a store, a policy.
    """
    if evidence.body is None:
        return not_checked(evidence.problem or "it could not be read")
    if evidence.subject != subject.digest:
        raise PolicyError(f"this evidence hangs on {evidence.subject}, not on {subject.digest}")
    try:
        return _checked(evidence, subject, trust, repository)
    except MissingExtraError as error:
        return not_checked(str(error))
    except DocumentError as error:
        reason = f"it cannot be read as {evidence.format}: {error}"
        return Verdict(FAILED, reason, (Check("format", FAILED, str(error)),))


def _checked(evidence: Evidence, subject: Descriptor, trust: Trust, repository: str) -> Verdict:
    body = evidence.body or b""
    match evidence.format:
        case "cosign signature" | "DSSE envelope":
            return _with_keys(trust) or verify_cosign(evidence, subject, trust)
        case "sigstore bundle":
            return _with_keys(trust) or verify_bundle(body, subject, trust)
        case "notation JWS" | "notation COSE" | "notation signature":
            return _with_keys(trust) or verify_notation(body, subject, trust, repository)
        case (
            "in-toto statement"
            | "SPDX"
            | "CycloneDX"
            | "syft"
            | "OpenVEX"
            | "SARIF"
            | "CycloneDX VEX"
            | "vulnerability scan"
        ):
            return not_checked("it is not signed: anybody who can push could have written it")
        case "Helm provenance":
            return not_checked("OpenPGP signatures are not checked")
        case _:
            return not_checked(f"{evidence.format} is not a signed format that is known")


def _with_keys(trust: Trust) -> Verdict | None:
    """Answer in place of the check when the extra is missing, or the reader's own keys are broken."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        return not_checked(str(MissingExtraError("cryptography", "verify")))
    check_trust(trust)
    return None


def check_trust(trust: Trust) -> None:
    """Read every key and certificate of a trust once.

    Raises
    ------
    PolicyError
        One is broken; says which.
    """
    from regexplore.evidence.certificates import load_authorities
    from regexplore.evidence.public_keys import load_public_key

    log_keys = [*trust.log_keys, *_trusted_root(trust.sigstore)]
    for name, pem in [*trust.keys.items(), *(("of a log", pem) for pem in log_keys)]:
        try:
            load_public_key(pem)
        except DocumentError as error:
            raise PolicyError(f"key {name!r}: {error}") from None
    try:
        load_authorities(trust.roots)
    except DocumentError as error:
        raise PolicyError(f"roots: {error}") from None


def _trusted_root(name: str) -> tuple[str, ...]:
    """Read a trusted root of sigstore; give the keys of its logs."""
    try:
        roots_of(name)
        return log_keys_of(name)
    except MissingExtraError:
        return ()  # whoever needs it says so
    except (DocumentError, OSError) as error:
        raise PolicyError(f"trusted root {name!r}: {error}") from None
