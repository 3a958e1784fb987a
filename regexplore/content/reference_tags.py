"""Tags that speak of a digest: the referrers tag schema and cosign's signature, attestation and SBOM tags.

Source: distribution-spec v1.1 "Referrers tag schema"; cosign's ``SIGNATURE_SPEC.md`` (tag-based discovery).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from regexplore.content.node import COSIGN, TAG_SCHEMA
from regexplore.oci import Digest

COSIGN_SUFFIXES = ("sig", "att", "sbom")
_TAG = re.compile(r"(sha256|sha384|sha512)-([0-9a-f]{64,128})(?:\.(sig|att|sbom))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReferenceTag:
    """What such a tag says.

    Attributes
    ----------
    about : Digest
    edge : str
        ``tag-schema`` or ``cosign``.
    suffix : str
        ``sig``, ``att``, ``sbom`` or "".
    """

    about: Digest
    edge: str
    suffix: str = ""


def parse_reference_tag(tag: str) -> ReferenceTag | None:
    """Read such a tag; None for any other.

    A sha512 digest in a tag of the schema is cut to 64 digits: which digest is meant cannot be told from
    the tag alone, so None as well.

    Examples
    --------
    >>> parse_reference_tag("sha256-" + "a" * 64 + ".sig").suffix
    'sig'
    >>> parse_reference_tag("v1.2") is None
    True
    """
    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    algorithm, encoded, suffix = found.groups()
    if len(encoded) != {"sha256": 64, "sha384": 96, "sha512": 128}[algorithm]:
        return None
    about = Digest(f"{algorithm}:{encoded}")
    return ReferenceTag(about, COSIGN if suffix else TAG_SCHEMA, suffix or "")


def reference_tags_of(digest: Digest) -> tuple[str, ...]:
    """Return the tags under which something about a digest may be found."""
    full = f"{digest.algorithm}-{digest.encoded}"
    return (full, *(f"{full}.{suffix}" for suffix in COSIGN_SUFFIXES))
