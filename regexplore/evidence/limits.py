"""How much of a body is read, and how far it is followed."""

from __future__ import annotations

MAX_BODY_BYTES = 40 << 20
"""The most that is read of one body; BuildKit keeps its own attestations below this."""

MAX_UNKNOWN_BYTES = 4 << 20
"""The most that is read of a body of which nothing tells that it is evidence."""

MAX_ALL_BYTES = 512 << 20
"""The most that is read of all bodies of one search together."""

MAX_REFERRERS = 2_000
"""Entries of one listing, and manifests of one search."""

MAX_PACKAGES = 200_000
MAX_STATEMENTS = 100_000
MAX_NESTING = 64
MAX_SUBJECTS = 10_000
MAX_SIGNATURES = 64
"""Signatures of one envelope, layers of one signature manifest: more is not evidence but a burden."""
