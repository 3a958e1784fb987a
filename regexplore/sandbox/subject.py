"""What a pushed manifest refers to, read once when it is stored.

Source: distribution-spec 1.1, "Listing Referrers"; image-spec 1.1 ``manifest.md`` and ``image-index.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from regexplore.oci import Digest, media_types
from regexplore.oci.digest import is_digest


@dataclass(frozen=True, slots=True)
class Referrer:
    """A descriptor as the referrers API lists it, with the digest that it refers to."""

    subject: str
    digest: Digest
    artifact_type: str
    descriptor: dict[str, Any]


def referrer(digest: Digest, media_type: str, content: bytes) -> Referrer | None:
    """Return how a manifest appears among the referrers of its subject, or None if it has no subject."""
    tree = _tree(content)
    subject = subject_digest(tree)
    if subject is None or not media_types.may_have_subject(media_type):
        return None
    artifact_type = _artifact_type(tree, media_type)
    descriptor: dict[str, Any] = {"mediaType": media_type, "digest": str(digest), "size": len(content)}
    if artifact_type:
        descriptor["artifactType"] = artifact_type
    annotations = tree.get("annotations")
    if isinstance(annotations, dict) and annotations:
        descriptor["annotations"] = annotations
    return Referrer(subject, digest, artifact_type, descriptor)


def subject_digest(tree: dict[str, Any]) -> str | None:
    """Return the digest of a manifest's subject, if it names one that can be a digest."""
    subject = tree.get("subject")
    digest = subject.get("digest") if isinstance(subject, dict) else None
    return digest if isinstance(digest, str) and is_digest(digest) else None


def _tree(content: bytes) -> dict[str, Any]:
    try:
        tree = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _artifact_type(tree: dict[str, Any], media_type: str) -> str:
    said = tree.get("artifactType")
    if isinstance(said, str) and said:
        return said
    if media_types.is_index(media_type):
        return ""
    config = tree.get("config")
    config_type = config.get("mediaType") if isinstance(config, dict) else None
    return config_type if isinstance(config_type, str) else ""
