"""What refers to a manifest, as a frame: signatures, SBOMs, attestations and other artifacts.

The rows are claims: ``artifact_type`` and ``annotations`` come from the registry's listing and are not
compared with the referrers themselves.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.facts import CREATED, annotations_text
from regexplore.frames.found import Found, merged, referrer_kind
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, TIME, WHOLE, Row, Schema
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
    ("channel", TEXT, "where it was found: referrers API, referrers tag, index (BuildKit)"),
    ("annotations", TEXT, "annotations of the listing, as JSON"),
)


def referrers_frame(found: Iterable[Found], origin: Origin) -> pd.DataFrame:
    """Give one row for each referrer and subject; what several channels show is one row."""
    return REFERRERS.frame(map(_row, merged(found)), origin)


def _row(found: Found) -> Row:
    referrer = found.referrer
    annotations = referrer.annotations or {}
    return {
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
