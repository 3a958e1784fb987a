"""How much of a body is read, and how far it is followed."""

from __future__ import annotations

MAX_BODY_BYTES = 40 << 20
"""The most that is read of one body; BuildKit keeps its own attestations below this."""

MAX_PACKAGES = 200_000
MAX_STATEMENTS = 100_000
MAX_NESTING = 64
MAX_SUBJECTS = 10_000
MAX_SIGNATURES = 64
"""Signatures of one envelope, layers of one signature manifest: more is not evidence but a burden."""
