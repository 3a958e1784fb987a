"""What came of checking a piece of evidence: verified, failed, or not checked, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

VERIFIED = "verified"
FAILED = "failed"
NOT_CHECKED = "not checked"
STATUSES = (VERIFIED, FAILED, NOT_CHECKED)
"""Three answers: a check that could not be made is neither passed nor failed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a verification.

    Attributes
    ----------
    name : str
        ``signature``, ``subject``, ``certificate``, ``identity``, ``log``, ``timestamp``, ``expiry`` ...
    status : str
        One of `STATUSES`.
    reason : str
        What was compared, or why it was not.
    """

    name: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as the certificate or key says.

    Attributes
    ----------
    identity : str
        Subject alternative name or subject of the certificate; "" for a bare key.
    issuer : str
        OIDC issuer of a Fulcio certificate, else the certificate's issuer; "" for a bare key.
    fingerprint : str
        SHA-256 of the public key (DER SubjectPublicKeyInfo), hexadecimal.
    """

    identity: str = ""
    issuer: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a piece of evidence gave.

    Attributes
    ----------
    status : str
        ``verified`` only when every needed check passed, subject binding and identity policy included;
        ``failed`` when one failed; ``not checked`` otherwise.
    reason : str
        One sentence: what decided.
    checks : tuple of Check
    signer : Signer or None
        As claimed, when not verified.
    signed_at : datetime or None
        In UTC; only when a log or a timestamp authority vouches for it.
    trust_root : str
        Which trust was used and its date, such as ``sigstore production, 2026-10-20``.
    """

    status: str
    reason: str
    checks: tuple[Check, ...] = ()
    signer: Signer | None = None
    signed_at: datetime | None = None
    trust_root: str = ""

    def check(self, name: str) -> Check | None:
        """Return the step of a name; None when there was none."""
        for check in self.checks:
            if check.name == name:
                return check
        return None
