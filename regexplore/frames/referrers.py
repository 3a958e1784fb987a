"""What refers to a manifest, as a frame: signatures, SBOMs, attestations and other artifacts.

The rows are claims: ``artifact_type`` and ``annotations`` come from the registry's listing and are not
compared with the referrers themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.platforms import annotations_text
from regexplore.frames.schema import TEXT, TIME, WHOLE, Row, Schema
from regexplore.frames.tags import CREATED
from regexplore.oci import Descriptor, media_types
from regexplore.oci.image_config import parse_time

REFERRERS = Schema.of(
    ("digest", TEXT, "digest of the referrer"),
    ("kind", TEXT, "index, image or artifact, by media type and artifact type"),
    ("artifact_type", TEXT, "what it is, as the listing says"),
    ("media_type", TEXT, "media type of the referrer's manifest"),
    ("size", WHOLE, "bytes of that manifest"),
    ("created", TIME, "from the annotation org.opencontainers.image.created"),
    ("subject", TEXT, "digest of the manifest it refers to"),
    ("platform", TEXT, "platform of that manifest, when it is a child of an index"),
    (
        "depth",
        WHOLE,
        "1 for what refers to the target or its children, 2 for what refers to those, and so on",
    ),
    ("channel", TEXT, "where it was found: referrers API, referrers tag, or index (BuildKit)"),
    ("annotations", TEXT, "annotations of the listing, as JSON"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A referrer, and where it was found."""

    referrer: Descriptor
    subject: str
    channel: str
    depth: int = 1
    platform: str = ""


def referrers_frame(found: Iterable[Found], origin: Origin) -> pd.DataFrame:
    """Give one row for each referrer and subject; what several channels show is one row.

    The channels of such a row are joined by commas, in the order in which they were asked.
    """
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for one in found:
        row = rows.setdefault((one.referrer.digest, one.subject), _row(one))
        channels = str(row["channel"]).split(", ")
        if one.channel not in channels:
            row["channel"] = ", ".join([*channels, one.channel])
    return REFERRERS.frame(rows.values(), origin)


def referrer_kind(referrer: Descriptor) -> str:
    """Give the kind of a referrer, from its descriptor alone."""
    if media_types.is_index(referrer.media_type):
        return "index"
    if not media_types.is_manifest(referrer.media_type):
        return "unknown"
    runs = referrer.artifact_type == "" or media_types.is_image_config(referrer.artifact_type)
    plain = referrer.media_type != media_types.OCI_ARTIFACT_MANIFEST
    return "image" if runs and plain else "artifact"


def _row(found: Found) -> dict[str, object]:
    referrer = found.referrer
    annotations = referrer.annotations or {}
    row: Row = {
        "digest": referrer.digest,
        "kind": referrer_kind(referrer),
        "artifact_type": referrer.artifact_type,
        "media_type": referrer.media_type,
        "size": referrer.size,
        "created": parse_time(annotations.get(CREATED, "")),
        "subject": found.subject,
        "platform": found.platform,
        "depth": found.depth,
        "channel": found.channel,
        "annotations": annotations_text(annotations),
    }
    return dict(row)
