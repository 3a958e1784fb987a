"""From single checks to a verdict: one failure fails, one thing not checked leaves it open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from regexplore.evidence.trust import Trust
from regexplore.evidence.verdict import FAILED, NOT_CHECKED, VERIFIED, Check, Signer, Verdict

# Told, but no part of the verdict: nothing offline can answer for revocation.
ASIDE = frozenset({"revocation", "timestamp"})


def verdict_of(
    checks: Sequence[Check],
    *,
    signer: Signer | None = None,
    signed_at: datetime | None = None,
    trust_root: str = "",
) -> Verdict:
    """Give what the checks come to; the first that decides gives the reason."""
    counted = [check for check in checks if check.name not in ASIDE]
    for status in (FAILED, NOT_CHECKED):
        for check in counted:
            if check.status == status:
                return Verdict(
                    status, f"{check.name}: {check.reason}", tuple(checks), signer, signed_at, trust_root
                )
    left = [check.name for check in checks if check.name in ASIDE and check.status == NOT_CHECKED]
    reason = f"{', '.join(check.name for check in counted)} checked"
    if left:
        reason += f"; not checked: {', '.join(left)}"
    return Verdict(VERIFIED, reason, tuple(checks), signer, signed_at, trust_root)


def not_checked(reason: str, signer: Signer | None = None) -> Verdict:
    """Give the verdict on what could not be checked at all."""
    return Verdict(NOT_CHECKED, reason, signer=signer)


def check(name: str, holds: bool, yes: str, no: str) -> Check:
    """Make a check that has an answer."""
    return Check(name, VERIFIED if holds else FAILED, yes if holds else no)


def identity_check(trust: Trust, signer: Signer, key: str = "") -> Check:
    """Tell whether the signer is one who counts."""
    told = f"key {key!r}" if key else f"{signer.identity!r} of {signer.issuer!r}"
    accepted = trust.accepts(signer, key)
    if accepted is None:
        return Check("identity", NOT_CHECKED, f"signed by {told}; no policy says whose signature counts")
    return check("identity", accepted, f"signed by {told}", f"signed by {told}, who is not in the policy")
