"""The platforms of an index, as a frame.

BuildKit keeps attestations beside the images of an index, under the platform ``unknown/unknown``. They are no
platforms: they are told apart by their annotations and never listed here.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from regexplore.frames.facts import annotations_text, is_platform
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, WHOLE, Row, Schema
from regexplore.oci import Descriptor

PLATFORMS = Schema.of(
    ("platform", TEXT, "os/architecture[/variant]"),
    ("os", TEXT, "operating system"),
    ("architecture", TEXT, "processor architecture"),
    ("variant", TEXT, "variant of the architecture"),
    ("os_version", TEXT, "version of the operating system"),
    ("digest", TEXT, "digest of the manifest for this platform"),
    ("media_type", TEXT, "media type of that manifest"),
    ("size", WHOLE, "bytes of that manifest, without its layers"),
    ("annotations", TEXT, "annotations of the index entry, as JSON"),
)


def platforms_frame(children: Sequence[Descriptor], origin: Origin) -> pd.DataFrame:
    """Give one row for each platform entry of an index. Costs no request."""
    return PLATFORMS.frame((_row(child) for child in children if is_platform(child)), origin)


def _row(child: Descriptor) -> Row:
    platform = child.platform
    return {
        "platform": str(platform),
        "os": platform.os if platform else None,
        "architecture": platform.architecture if platform else None,
        "variant": platform.variant if platform else None,
        "os_version": platform.os_version if platform else None,
        "digest": child.digest,
        "media_type": child.media_type,
        "size": child.size,
        "annotations": annotations_text(child.annotations),
    }
