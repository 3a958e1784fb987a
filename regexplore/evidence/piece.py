"""A piece of evidence: something that was found beside an image and says something of it.

What is read here is a claim. Who made it, and whether that is true, is for `regexplore.evidence.verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from regexplore.oci import Descriptor, Digest

REFERRERS_API = "referrers API"
REFERRERS_TAG = "referrers tag"
COSIGN_TAG = "cosign tag"
INDEX = "index"
SCAN = "repository scan"
CHANNELS = (REFERRERS_API, REFERRERS_TAG, COSIGN_TAG, INDEX, SCAN)
"""Where evidence is looked for.

``referrers API``, ``referrers tag``
    distribution-spec v1.1 "Listing Referrers" and "Referrers tag schema"
``cosign tag``
    tags that cosign makes of a digest: ``.sig``, ``.att``, ``.sbom``
``index``
    BuildKit's attestation manifests, which stand in the index beside the images
``repository scan``
    the subject of any other tagged manifest of the repository

Other repositories and logs (a transparency log, a forge's attestation store) are not looked at.
"""

SIGNATURE = "signature"
PROVENANCE = "provenance"
SBOM = "sbom"
VEX = "vex"
VULNERABILITIES = "vulnerabilities"
ATTESTATION = "attestation"
OTHER = "other"
KINDS = (SIGNATURE, PROVENANCE, SBOM, VEX, VULNERABILITIES, ATTESTATION, OTHER)
"""What a piece of evidence claims to be; ``attestation`` is a statement of any other kind."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of evidence: a manifest found in some channels, or one layer of it.

    cosign keeps many signatures as layers of one manifest, BuildKit many statements: each is a piece.

    Attributes
    ----------
    manifest : Descriptor
        The manifest that carries it.
    part : Descriptor or None
        The layer that holds it; None when the manifest has no layer or could not be read.
    subject : Digest
        The manifest it hangs on, by the channel: not by what its body says.
    platform : str
        Of the subject, where that is a child of an index; "" otherwise.
    channels : tuple of str
        All of `CHANNELS` that lead to it.
    depth : int
        1 for evidence on the image or its platforms, 2 for evidence on that evidence, and so on.
    format : str
        A name of the format table, such as ``cosign signature`` or ``sigstore bundle``; ``unknown``.
    kind : str
        One of `KINDS`.
    artifact_type, predicate_type : str
        As the manifest, its annotations or the statement say; "" for none.
    annotations : mapping of str to str
        Those of the layer over those of the manifest.
    body : bytes or None
        The layer's bytes, checked against its digest; None when they were not read.
    problem : str
        Why the manifest or the body could not be read or understood; "" for nothing.
    """

    manifest: Descriptor
    part: Descriptor | None
    subject: Digest
    platform: str = ""
    channels: tuple[str, ...] = ()
    depth: int = 1
    format: str = "unknown"
    kind: str = OTHER
    artifact_type: str = ""
    predicate_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=lambda: _NOTHING, hash=False)
    body: bytes | None = field(default=None, repr=False)
    problem: str = ""

    @property
    def digest(self) -> Digest:
        """Digest of the layer that holds it, else of the manifest."""
        return (self.part or self.manifest).digest
