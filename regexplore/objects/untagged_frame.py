"""Frame of manifests without a tag of their own: how they are reached, and which tags keep them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from regexplore.content.node import ABOUT_EDGES, BYTES, CONTENT_EDGES, TAG, Node
from regexplore.frames.facts import annotations_text
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, WHOLE, Row, Schema
from regexplore.graph.model import ContentGraph

UNTAGGED = Schema.of(
    ("digest", TEXT, "digest of a manifest or index that no tag names"),
    ("kind", TEXT, "index, image, artifact or unknown"),
    ("media_type", TEXT, "media type, as the descriptor says"),
    ("artifact_type", TEXT, "artifact type; missing for images"),
    ("platform", TEXT, "os/architecture[/variant], as the index that lists it says"),
    ("size", WHOLE, "bytes of the manifest itself"),
    ("reached", TEXT, "how: as a child of an index, or as a referrer"),
    ("from", TEXT, "digest of the index, or of what it refers to"),
    ("kept_by", TEXT, "tags that it stays for, separated by commas; missing when nothing keeps it"),
    ("state", TEXT, "read, named, missing, failed or unreadable"),
    ("annotations", TEXT, "annotations, as JSON"),
)


def untagged_frame(graph: ContentGraph, origin: Origin) -> pd.DataFrame:
    """Give one row for each manifest of a graph that no tag names."""
    for reason in graph.reasons:
        origin.partial(reason)
    return UNTAGGED.frame(_rows(graph), origin)


def _rows(graph: ContentGraph) -> Iterator[Row]:
    for node in graph.nodes.values():
        if node.kind != TAG and node.kind not in BYTES and not graph.tags_of(node.id):
            yield _row(graph, node)


def _row(graph: ContentGraph, node: Node) -> Row:
    reached, source = _way(graph, node)
    ends = (graph.nodes[end] for end in graph.roots_of(node.id))
    return {
        "digest": node.id,
        "kind": node.kind,
        "media_type": node.media_type,
        "artifact_type": node.artifact_type if node.artifact_type != node.media_type else None,
        "platform": None if node.platform is None else str(node.platform),
        "size": node.size,
        "reached": reached,
        "from": source,
        "kept_by": ", ".join(end.name for end in ends if end.kind == TAG),
        "state": node.state,
        "annotations": annotations_text(node.annotations),
    }


def _way(graph: ContentGraph, node: Node) -> tuple[str, str | None]:
    """Tell how a manifest is reached: from an index that lists it, else from what it is about."""
    listing = next((edge for edge in graph.incoming(node.id) if edge.kind in CONTENT_EDGES), None)
    if listing is not None:
        return "child", listing.source
    about = next((edge for edge in graph.outgoing(node.id) if edge.kind in ABOUT_EDGES), None)
    return ("referrer", about.target) if about is not None else ("listed", None)
