"""The platforms of an index, as a frame.

BuildKit keeps attestations beside the images of an index, under the platform ``unknown/unknown``. They are no
platforms: they are told apart by their annotations and never listed here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, WHOLE, Row, Schema
from regexplore.oci import Descriptor

REFERENCE_TYPE = "vnd.docker.reference.type"
REFERENCE_DIGEST = "vnd.docker.reference.digest"
ATTESTATION = "attestation-manifest"

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


def is_attestation(child: Descriptor) -> bool:
    """Tell whether an index entry is a BuildKit attestation."""
    return (child.annotations or {}).get(REFERENCE_TYPE) == ATTESTATION


def attested(child: Descriptor) -> str | None:
    """Give the digest that a BuildKit attestation is about, as the index claims it."""
    return (child.annotations or {}).get(REFERENCE_DIGEST) if is_attestation(child) else None


def is_platform(child: Descriptor) -> bool:
    """Tell whether an index entry is an image for a platform."""
    return child.platform is not None and not child.platform.is_unknown and not is_attestation(child)


def platform_names(children: Sequence[Descriptor]) -> list[str]:
    """Give the platforms of an index, each once, in the order of the index."""
    return list(dict.fromkeys(str(child.platform) for child in children if is_platform(child)))


def platforms_frame(children: Sequence[Descriptor], origin: Origin) -> pd.DataFrame:
    """Give one row for each platform entry of an index. Costs no request."""
    return PLATFORMS.frame((_row(child) for child in children if is_platform(child)), origin)


def annotations_text(annotations: Mapping[str, str] | None) -> str | None:
    """Give annotations as JSON text with sorted keys; None when there are none."""
    return json.dumps(dict(annotations), ensure_ascii=False, sort_keys=True) if annotations else None


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
