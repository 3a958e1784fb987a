"""The graph as a text tree, complete: every node and every edge of the graph has its place.

Content stands below the document that contains it, what is about something below what it is about, marked
with an arrow that points back. What was shown before is named again, not unfolded again.
"""

from __future__ import annotations

from collections.abc import Iterator

from regexplore.content.node import (
    ABOUT_EDGES,
    BYTES,
    CONTENT_EDGES,
    SUBJECT,
    TAG,
    Node,
)
from regexplore.graph.model import ADDED, REMOVED, ContentGraph
from regexplore.graph.words import words_for
from regexplore.show.escape import terminal
from regexplore.show.text import count, human_bytes

ABOUT_SIGN = "⇠ "


def to_text(graph: ContentGraph, *, max_lines: int | None = None, annotations: bool = False) -> str:
    """Return a graph as a tree.

    Parameters
    ----------
    graph : ContentGraph
    max_lines : int, optional
        Cut after so many lines, and say how many more there are.
    annotations : bool
        Whether each node is followed by its annotations, a line each.
    """
    lines = list(_lines(graph, annotations=annotations))
    if max_lines is not None and len(lines) > max_lines:
        left = len(lines) - max_lines
        lines = [*lines[:max_lines], f"… {count(left, 'more line')}: to_text() gives all"]
    head = [graph.title] if graph.title else []
    tail = [f"partial: {reason}" for reason in graph.reasons] + [f"note: {note}" for note in graph.notes]
    return "\n".join([*map(terminal, head), *lines, *map(terminal, tail)])


def _lines(graph: ContentGraph, *, annotations: bool) -> Iterator[str]:
    """Walk without recursion: a chain of referrers may be deeper than Python's stack."""
    seen: set[str] = set()
    tops = list(_tops(graph))
    for start in (*tops, *graph.nodes):
        if start in seen or (graph.nodes[start].kind == TAG and start not in tops):
            continue
        waiting = [(start, "", "", "", "")]
        while waiting:
            node_id, sign, via, indent, branch = waiting.pop()
            below = _below(graph, node_id)
            again = node_id in seen and bool(below)
            line = terminal(_describe(graph, graph.nodes[node_id], via))
            yield f"{indent}{branch}{sign}{line}{'  (shown above)' if again else ''}"
            seen.add(node_id)
            if again:
                continue
            inner = indent + {"": "", "├── ": "│   ", "└── ": "    "}[branch]
            if annotations:
                bar = "│   " if below else "    "
                yield from (
                    f"{inner}{bar}{terminal(f'{key}: {value}')}"
                    for key, value in graph.nodes[node_id].annotations.items()
                )
            children = [
                (child, child_sign, child_via, inner, "└── " if n == len(below) else "├── ")
                for n, (child, child_sign, child_via) in enumerate(below, start=1)
            ]
            waiting.extend(reversed(children))


def _tops(graph: ContentGraph) -> Iterator[str]:
    """Nodes that stand below nothing: neither contained nor about something; tags only without a target."""
    for node in graph.nodes.values():
        if node.kind == TAG:
            if not graph.outgoing(node.id):
                yield node.id
            continue
        contained = any(edge.kind in CONTENT_EDGES for edge in graph.incoming(node.id))
        about = any(edge.kind in ABOUT_EDGES and edge.target != node.id for edge in graph.outgoing(node.id))
        if not contained and not about:
            yield node.id


def _below(graph: ContentGraph, node_id: str) -> list[tuple[str, str, str]]:
    """Children with the sign before them, and the way a referrer was found where it is not its subject."""
    found = [(e.target, "", "") for e in graph.outgoing(node_id) if e.kind in CONTENT_EDGES]
    ways: dict[str, list[str]] = {}
    for edge in graph.incoming(node_id):
        if edge.kind in ABOUT_EDGES:
            ways.setdefault(edge.source, []).append(edge.kind)
    # Those that say themselves what they are about come first, then what only a tag says of them.
    for referrer, kinds in sorted(ways.items(), key=lambda way: SUBJECT not in way[1]):
        via = "" if SUBJECT in kinds else f"by {' and '.join(kinds)}"
        found.append((referrer, ABOUT_SIGN, via))
    return found


def _tags(graph: ContentGraph, node_id: str) -> Iterator[str]:
    """Names of the tags of a node; in a diff also whether the tag came here or left."""
    for edge in graph.incoming(node_id):
        if edge.kind == TAG:
            change = graph.edge_changes.get(edge, "")
            mark = f" ({change})" if change in (ADDED, REMOVED) else ""
            yield f"{graph.nodes[edge.source].name}{mark}"


def _describe(graph: ContentGraph, node: Node, via: str) -> str:
    words = words_for(graph, node)
    if node.kind == TAG:
        return "  ".join(part for part in (f"{words.word} {node.name}", node.error) if part)
    tags = ", ".join(_tags(graph, node.id))
    parts = [f"[{tags}]" if tags else "", words.word, words.detail]
    if node.artifact_type and node.artifact_type != words.detail:
        parts.append(node.artifact_type)
    parts += [node.id, human_bytes(node.size) if node.kind in BYTES else "", via]
    parts.append(f"({node.error})" if node.error else "")
    change = graph.changes.get(node.id, "")
    parts.append(f"[{change}]" if change in (ADDED, REMOVED) else "")
    return "  ".join(part for part in parts if part)
