"""What a document points at, and in which role.

Source: Go ``content.Successors``, whose order this keeps: subject, config, layers; subject, manifests;
subject, blobs.
"""

from __future__ import annotations

from dataclasses import dataclass

from regexplore.content.node import BLOB, CHILD, CONFIG, LAYER, SUBJECT
from regexplore.oci import ArtifactManifest, Descriptor, Digest, Document, Index, Manifest, Platform
from regexplore.oci.digest import is_digest

# What BuildKit writes beside an attestation manifest in an index.
BUILDKIT_TYPE = "vnd.docker.reference.type"
BUILDKIT_DIGEST = "vnd.docker.reference.digest"
BUILDKIT_ATTESTATION = "attestation-manifest"


@dataclass(frozen=True, slots=True)
class Link:
    """One descriptor in a document: its role (an edge kind), its position in that role, and itself."""

    kind: str
    position: int
    target: Descriptor


def links(document: Document) -> tuple[Link, ...]:
    """Return what a document points at; nothing for kinds of documents that point nowhere."""
    found = [Link(SUBJECT, 0, document.subject)] if document.subject else []
    if isinstance(document, Index):
        found += _numbered(CHILD, document.manifests)
    elif isinstance(document, Manifest):
        found += [Link(CONFIG, 0, document.config), *_numbered(LAYER, document.layers)]
    elif isinstance(document, ArtifactManifest):
        found += _numbered(BLOB, document.blobs)
    return tuple(found)


def attested(child: Descriptor) -> Digest | None:
    """Return the manifest that a BuildKit attestation in an index is about; None for other children."""
    said = child.annotations or {}
    about = said.get(BUILDKIT_DIGEST, "")
    if said.get(BUILDKIT_TYPE) != BUILDKIT_ATTESTATION or not is_digest(about):
        return None
    return Digest(about)


def children_for(platform: Platform, index: Index) -> frozenset[Digest]:
    """Return the children of an index for a platform, their attestations, and those without a platform."""
    kept = {
        child.digest
        for child in index.manifests
        if child.platform is None or child.platform.matches(platform)
    }
    about = {child.digest: attested(child) for child in index.manifests}
    return frozenset(kept | {digest for digest, target in about.items() if target in kept})


def _numbered(kind: str, targets: tuple[Descriptor, ...]) -> list[Link]:
    return [Link(kind, n, target) for n, target in enumerate(targets)]
