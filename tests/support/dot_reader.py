"""Reads DOT source by its own grammar, to see what a hostile text has made of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|->|[A-Za-z_][A-Za-z_0-9]*|-?\d+(?:\.\d+)?|[{}\[\]=;,]', re.DOTALL)


@dataclass
class Statements:
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    defaults: dict[str, dict[str, str]] = field(default_factory=dict)


def tokens(source: str) -> list[str]:
    """Quoted strings, HTML strings with balanced brackets, names, numbers, punctuation; nothing else."""
    found, at = [], 0
    while at < len(source):
        if source[at].isspace():
            at += 1
        elif source[at] == "<":
            end = _end_of_html(source, at)
            found.append(source[at:end])
            at = end
        else:
            token = _TOKEN.match(source, at)
            assert token, f"not DOT at {source[at : at + 60]!r}"
            found.append(token.group())
            at = token.end()
    return found


def _end_of_html(source: str, at: int) -> int:
    depth = 0
    for place in range(at, len(source)):
        depth += {"<": 1, ">": -1}.get(source[place], 0)
        if depth == 0:
            return place + 1
    raise AssertionError("an HTML string does not end")


def read(source: str) -> Statements:
    """Node, edge and default statements of one flat digraph; fails on anything else."""
    stream = tokens(source)
    assert stream[:3] == ["digraph", "regexplore", "{"]
    assert stream[-1] == "}"
    found, at = Statements(), 3
    while at < len(stream) - 1:
        names = [stream[at]]
        at += 1
        while stream[at] == "->":
            names.append(stream[at + 1])
            at += 2
        attributes, at = _attributes(stream, at)
        if names[0] in ("graph", "node", "edge"):
            found.defaults.setdefault(names[0], {}).update(attributes)
        elif len(names) == 1:
            assert names[0] not in found.nodes
            found.nodes[names[0]] = attributes
        else:
            assert len(names) == 2
            found.edges.append((names[0], names[1], attributes))
    return found


def _attributes(stream: list[str], at: int) -> tuple[dict[str, str], int]:
    assert stream[at] == "["
    at += 1
    found = {}
    while stream[at] != "]":
        assert stream[at + 1] == "="
        found[stream[at]] = stream[at + 2]
        at += 3
    return found, at + 1
