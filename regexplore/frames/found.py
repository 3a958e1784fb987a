"""A referrer that was found, where, and for which manifest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from regexplore.frames.facts import is_attestation
from regexplore.oci import Descriptor, media_types


@dataclass(frozen=True, slots=True)
class Found:
    """A referrer, and where it was found.

    Parameters
    ----------
    referrer
        Its descriptor, as the listing gives it.
    subject
        Digest of the manifest that it refers to.
    channel
        How it was found: ``referrers API``, ``referrers tag``, ``index`` (BuildKit).
    depth
        1 for what refers to the target or its children, 2 for what refers to those, and so on.
    platform
        Platform of the subject, when that is a child of an index.
    """

    referrer: Descriptor
    subject: str
    channel: str
    depth: int = 1
    platform: str = ""


def merged(found: Iterable[Found]) -> list[Found]:
    """Give each referrer of a subject once; its channels joined by commas, in the order they were asked."""
    kept: dict[tuple[str, str], Found] = {}
    for one in found:
        key = (one.referrer.digest, one.subject)
        first = kept.setdefault(key, one)
        if one.channel not in first.channel.split(", "):
            kept[key] = replace(first, channel=f"{first.channel}, {one.channel}")
    return list(kept.values())


def referrer_kind(referrer: Descriptor) -> str:
    """Give the kind of a referrer, from its descriptor alone."""
    if is_attestation(referrer):
        return "artifact"
    if media_types.is_index(referrer.media_type):
        return "index"
    if not media_types.is_manifest(referrer.media_type):
        return "unknown"
    runs = referrer.artifact_type == "" or media_types.is_image_config(referrer.artifact_type)
    plain = referrer.media_type != media_types.OCI_ARTIFACT_MANIFEST
    return "image" if runs and plain else "artifact"
