"""The frames of a graph: its nodes and its edges."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.content.node import Edge
from regexplore.frames.facts import annotations_text
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, WHOLE, Schema
from regexplore.graph.model import ContentGraph
from regexplore.graph.rows import edge_rows, node_rows

NODES = Schema.of(
    ("id", TEXT, "digest; for a tag its full name"),
    ("kind", TEXT, "tag, index, image, artifact, config, layer, blob or unknown"),
    ("family", TEXT, "how it is drawn: the kind, or signature, sbom, attestation, missing; as declared"),
    ("name", TEXT, "the tag"),
    ("digest", TEXT, "digest of a document or blob"),
    ("media_type", TEXT, "media type, as the descriptor says"),
    ("artifact_type", TEXT, "artifact type; missing for images"),
    ("platform", TEXT, "os/architecture[/variant], as the index that lists it says"),
    ("size", WHOLE, "bytes of the document or blob itself"),
    ("state", TEXT, "read, named, missing, failed or unreadable"),
    ("error", TEXT, "why it is missing, failed or unreadable"),
    ("tags", TEXT, "tags that name it, separated by commas"),
    ("change", TEXT, "added, removed or same, in a diff"),
    ("annotations", TEXT, "annotations, as JSON"),
)
EDGES = Schema.of(
    ("source", TEXT, "id of the node that says something"),
    ("target", TEXT, "id of the node that it says it of"),
    ("kind", TEXT, "tag, child, config, layer, blob, subject, tag-schema, cosign or attests"),
    ("position", WHOLE, "which one of its kind in the source, from 0"),
    ("change", TEXT, "added, removed or same, in a diff"),
)


def nodes_frame(graph: ContentGraph, only: Iterable[str] | None = None) -> pd.DataFrame:
    """Give the nodes of a graph, or some of them, in the order they were found."""
    wanted = set(graph.nodes if only is None else only)
    return _framed(
        NODES,
        graph,
        (
            row | {"tags": ", ".join(row["tags"]), "annotations": annotations_text(row["annotations"])}
            for row in node_rows(graph)
            if row["id"] in wanted
        ),
    )


def edges_frame(graph: ContentGraph, only: Iterable[Edge] | None = None) -> pd.DataFrame:
    """Give the edges of a graph, or some edges in their own order."""
    return _framed(EDGES, graph, edge_rows(graph, only))


def _framed(schema: Schema, graph: ContentGraph, rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    origin = Origin(graph.title)
    for reason in graph.reasons:
        origin.partial(reason)
    return schema.frame(rows, origin)
