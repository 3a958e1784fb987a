"""What was looked into, and what came of it: "not there" is said only of what was asked."""

from __future__ import annotations

from dataclasses import dataclass

from regexplore.evidence.piece import Evidence
from regexplore.oci import Digest

FOUND, NONE, UNSUPPORTED, FAILED, NOT_LOOKED = "found", "none", "unsupported", "failed", "not looked at"
OUTCOMES = (FOUND, NONE, UNSUPPORTED, FAILED, NOT_LOOKED)

ELSEWHERE = "elsewhere"
"""Where nobody looks: other repositories (``COSIGN_REPOSITORY``), transparency logs, a forge's own store."""


@dataclass(frozen=True, slots=True)
class Look:
    """What looking into one channel for one manifest gave.

    Attributes
    ----------
    subject : Digest
    platform : str
        Of the subject, where that is a child of an index.
    channel : str
        One of `regexplore.evidence.piece.CHANNELS`, or ``elsewhere``.
    outcome : str
        One of `OUTCOMES`.
    reason : str
        Why it failed, is unsupported, or was not looked at.
    """

    subject: Digest
    platform: str
    channel: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FoundEvidence:
    """Everything that was found beside a manifest.

    Attributes
    ----------
    pieces : tuple of Evidence
        In the order in which their manifests were found.
    looks : tuple of Look
        For the manifest and its platforms: which channel gave what.
    reasons : tuple of str
        Why something may be missing.
    """

    pieces: tuple[Evidence, ...] = ()
    looks: tuple[Look, ...] = ()
    reasons: tuple[str, ...] = ()

    def about(self, digest: str) -> tuple[Evidence, ...]:
        """Give what hangs on one manifest."""
        return tuple(piece for piece in self.pieces if piece.subject == digest)
