"""What documents say of themselves, in plain values: the ground that frames and cards share.

No pandas here: a card is drawn without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from regexplore.errors import RegexploreError
from regexplore.oci import (
    ArtifactManifest,
    Descriptor,
    Document,
    HistoryEntry,
    ImageConfig,
    Index,
    Manifest,
    Schema1Manifest,
    UnreadableDocument,
    media_types,
)
from regexplore.oci.image_config import parse_time

CREATED = "org.opencontainers.image.created"
TITLE = "org.opencontainers.image.title"

# What a browser shows: never a manifest, though a registry may serve it with status 200.
PAGES = frozenset({"text/html", "application/xhtml+xml"})

# How BuildKit marks the attestations that it keeps in an index beside the images they are about.
REFERENCE_TYPE = "vnd.docker.reference.type"
REFERENCE_DIGEST = "vnd.docker.reference.digest"
ATTESTATION = "attestation-manifest"


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


def annotations_text(annotations: Mapping[str, str] | None) -> str | None:
    """Give annotations as JSON text with sorted keys; None when there are none."""
    return json.dumps(dict(annotations), ensure_ascii=False, sort_keys=True) if annotations else None


def image_config_of(document: Document) -> Descriptor | None:
    """Give the descriptor of the image config, if the document is an image that has one."""
    if isinstance(document, Manifest) and media_types.is_image_config(document.config.media_type):
        return document.config
    return None


def total_size(document: Document) -> int | None:
    """Give the bytes that a manifest, its config and its distinct layers take; None for an index."""
    if isinstance(document, Manifest):
        parts = (document.config, *document.layers)
    elif isinstance(document, ArtifactManifest):
        parts = document.blobs
    else:
        return None
    return len(document.raw) + sum({part.digest: part.size for part in parts}.values())


def layer_count(document: Document) -> int | None:
    """Give the number of layers or blobs; None for documents that have none of their own."""
    if isinstance(document, Manifest | Schema1Manifest):
        return len(document.layers)
    return len(document.blobs) if isinstance(document, ArtifactManifest) else None


def platforms_of(document: Document, config: ImageConfig | None) -> list[str]:
    """Give the platforms that a document is for."""
    if isinstance(document, Index):
        return platform_names(document.manifests)
    if isinstance(document, Schema1Manifest):
        return [str(document.platform)]
    return [str(config.platform)] if config is not None and document.kind == "image" else []


def created_of(document: Document, config: ImageConfig | None) -> datetime | None:
    """Give when something was made, as it says itself."""
    if config is not None and config.created is not None:
        return config.created
    return parse_time(document.annotations.get(CREATED, ""))


def problem_of(document: Document) -> str | None:
    """Give why a document is no use as a manifest; None when there is no such reason."""
    if isinstance(document, UnreadableDocument):
        return document.reason
    if document.media_type in PAGES:
        return f"a page ({document.media_type}) came in place of a manifest: a sign-in page, or no registry"
    return None


def told(error: RegexploreError) -> str:
    """Give an error in one line, by the name it can be caught by."""
    return f"{type(error).__name__}: {error}"


def steps_of_layers(manifest: Manifest, config: ImageConfig) -> list[HistoryEntry] | None:
    """Give the step that made each layer; None if the history does not account for the layers one to one."""
    steps = [step for step in config.history if not step.empty_layer]
    return steps if len(steps) == len(manifest.layers) else None


def mismatch(manifest: Manifest, config: ImageConfig) -> str:
    """Give the sentence on a history that does not account for the layers."""
    steps = sum(not step.empty_layer for step in config.history)
    return f"the history has {steps} steps that made a layer, the manifest has {len(manifest.layers)} layers"
