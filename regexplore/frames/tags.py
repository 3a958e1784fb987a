"""The tags of a repository, as a frame: names only, or with what they name.

Cost: names cost one request a page. Detail costs one GET for each tag, which gives every column but
``created`` and ``platforms`` of single images; those cost one GET for each *distinct* image config.
Children of an index are not fetched: its platforms stand in the index, its ``created`` in an annotation or
nowhere, and its ``total_size`` is not known without its children.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import pandas as pd

from regexplore.errors import RegexploreError
from regexplore.frames.facts import (
    annotations_text,
    created_of,
    image_config_of,
    layer_count,
    platforms_of,
    problem_of,
    told,
    total_size,
)
from regexplore.frames.order import version_key
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, TIME, WHOLE, Row, Schema, texts
from regexplore.frames.version_order import sorted_versions
from regexplore.oci import Descriptor, Document, ImageConfig, UnreadableDocument

TAGS = Schema.of(("tag", TEXT, "name of the tag"))

TAG_DETAILS = Schema.of(
    *((column.name, column.dtype, column.meaning) for column in TAGS.columns),
    ("digest", TEXT, "digest the tag names, checked against the bytes"),
    ("kind", TEXT, "index, image, artifact, unknown or unreadable"),
    ("media_type", TEXT, "media type of the manifest"),
    ("artifact_type", TEXT, "artifact type; for images the media type of the config"),
    ("size", WHOLE, "bytes of the manifest itself"),
    ("total_size", WHOLE, "bytes of manifest, config and layers as stored; not known for an index"),
    ("platforms", TEXT, "os/architecture[/variant], separated by commas; no attestations"),
    ("layers", WHOLE, "number of layers or blobs; not known for an index"),
    ("created", TIME, "from the image config, else from the annotation org.opencontainers.image.created"),
    ("annotations", TEXT, "annotations of the manifest, as JSON"),
    ("error", TEXT, "why the row is not complete"),
)


class Reader(Protocol):
    """Gives documents; the same digest is fetched once."""

    def by_reference(self, reference: str) -> Document:
        """Fetch what a tag names, in one request."""

    def by_descriptor(self, descriptor: Descriptor) -> Document:
        """Give the document of a descriptor, fetched if it is not known yet."""


def tags_frame(tags: Iterable[str], origin: Origin) -> pd.DataFrame:
    """Give one row for each name, sorted as versions."""
    return TAGS.columns_frame({"tag": texts(sorted_versions(tags))}, origin)


def tag_details_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give the frame of rows made by `tag_row`, sorted as versions."""
    kept = sorted(rows, key=lambda row: version_key(str(row["tag"])))
    return joined_tag_details([TAG_DETAILS.frame(kept, origin)], origin)


def joined_tag_details(frames: Sequence[pd.DataFrame], origin: Origin) -> pd.DataFrame:
    """Give the frame of all rows of some frames of `TAG_DETAILS`, in their order."""
    failed, rows = (sum(int(part[of].count()) for part in frames) for of in ("error", "tag"))
    if failed:
        origin.partial(f"{failed} of {rows} tags could not be read in full; see the column error")
    return TAG_DETAILS.joined(frames, origin)


def tag_row(tag: str, reader: Reader) -> Row:
    """Give the row of one tag. What goes wrong is told in its ``error`` and never raised."""
    try:
        document = reader.by_reference(tag)
    except RegexploreError as error:
        return {"tag": tag, "error": told(error)}
    config, problem = _config_of(document, reader)
    return {"tag": tag, **document_facts(document, config), "error": problem}


def document_facts(document: Document, config: ImageConfig | None) -> Row:
    """Give what a manifest, and its image config if there is one, say of themselves."""
    return {
        "digest": document.descriptor.digest,
        "kind": document.kind,
        "media_type": document.media_type,
        "artifact_type": document.artifact_type,
        "size": len(document.raw),
        "total_size": total_size(document),
        "platforms": ", ".join(platforms_of(document, config)),
        "layers": layer_count(document),
        "created": created_of(document, config),
        "annotations": annotations_text(document.annotations),
    }


def _config_of(document: Document, reader: Reader) -> tuple[ImageConfig | None, str | None]:
    problem = problem_of(document)
    if problem is not None:
        return None, problem
    descriptor = image_config_of(document)
    if descriptor is None:
        return None, None
    try:
        config = reader.by_descriptor(descriptor)
    except RegexploreError as error:
        return None, f"config: {told(error)}"
    if isinstance(config, ImageConfig):
        return config, None
    return None, f"config: {config.reason}" if isinstance(config, UnreadableDocument) else None
