"""The graph as rows of plain values: for frames, JSON and other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from regexplore.content.node import Edge
from regexplore.graph.model import ContentGraph
from regexplore.graph.words import words_for


def node_rows(graph: ContentGraph) -> Iterator[dict[str, Any]]:
    """Yield a row for each node; None where nothing is known."""
    for node in graph.nodes.values():
        yield {
            "id": node.id,
            "kind": node.kind,
            "family": words_for(graph, node).family,
            "name": node.name or None,
            "digest": node.digest or None,
            "media_type": node.media_type or None,
            "artifact_type": node.artifact_type or None,
            "platform": str(node.platform) if node.platform else None,
            "size": node.size,
            "state": node.state,
            "error": node.error or None,
            "tags": list(graph.tags_of(node.id)),
            "change": graph.changes.get(node.id),
            "annotations": dict(node.annotations),
        }


def edge_rows(graph: ContentGraph, only: Iterable[Edge] | None = None) -> Iterator[dict[str, Any]]:
    """Yield a row for each edge of a graph, or for some edges."""
    for edge in graph.edges if only is None else only:
        yield {
            "source": edge.source,
            "target": edge.target,
            "kind": edge.kind,
            "position": edge.position,
            "change": graph.edge_changes.get(edge),
        }


def to_json(graph: ContentGraph) -> str:
    """Return a graph as a JSON document, node-link style; made of plain ASCII."""
    document = {
        "title": graph.title,
        "complete": graph.complete,
        "reasons": list(graph.reasons),
        "notes": list(graph.notes),
        "roots": list(graph.roots),
        "nodes": list(node_rows(graph)),
        "edges": list(edge_rows(graph)),
    }
    return json.dumps(document, indent=1) + "\n"
