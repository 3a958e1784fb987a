"""The text in and behind each node of a picture, the same for every renderer; raw, not yet escaped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from regexplore.content.node import BYTES, CONFIG, CONTENT_EDGES, INDEX, MISSING, TAG, Node
from regexplore.graph.fold import Item, Picture
from regexplore.graph.model import ADDED, REMOVED
from regexplore.graph.words import short
from regexplore.show.text import count, cut, exact_bytes, human_bytes

_DETAIL = 34
_VALUE = 120
_ANNOTATIONS = 8
_MEMBERS = 12


@dataclass(frozen=True, slots=True)
class Label:
    """The lines of a node.

    Attributes
    ----------
    word, detail : str
        The first line: what it is, and which one.
    digest, size : str
        The second line.
    inside : str
        What is told instead of drawn: "config, 3 layers, 12 MiB".
    error : str
    hidden : str
        How much is collapsed behind it.
    change : str
        ``added`` or ``removed``, in a diff.
    """

    word: str
    detail: str = ""
    digest: str = ""
    size: str = ""
    inside: str = ""
    error: str = ""
    hidden: str = ""
    change: str = ""


def label(picture: Picture, item: Item) -> Label:
    """Return the lines of a node of a picture."""
    details = list(dict.fromkeys(words.detail for words in item.words if words.detail))
    single = item.nodes[0] if len(item.nodes) == 1 else None
    names = {words.word for words in item.words}
    word = names.pop() if len(names) == 1 else item.family
    size, inside = _size(picture, item), _inside(item.inside)
    change = picture.graph.changes.get(item.key, "")
    return Label(
        word=word if single else count(len(item.nodes), word),
        detail=cut(_listed(details), _DETAIL),
        digest=short(single.digest) if single else "",
        size="" if inside.endswith(f", {size}") else size,
        inside=inside,
        error=cut(_error(item.nodes), 2 * _DETAIL),
        hidden=f"{count(picture.hidden[item.key], 'node')} collapsed" if item.key in picture.hidden else "",
        change=change if change in (ADDED, REMOVED) else "",
    )


def tooltip(picture: Picture, item: Item) -> list[str]:
    """Return what is shown when a node is pointed at: the facts in full."""
    if len(item.nodes) > 1:
        return _folded_tooltip(picture, item)
    node, words = item.nodes[0], item.words[0]
    lines = [f"{words.word} {words.detail}".strip()]
    if node.kind != TAG:
        lines.append(node.id)
    if node.descriptor is not None:
        lines += [node.media_type, exact_bytes(node.size)]
        if node.kind not in BYTES and (content := _size(picture, item)):
            lines.append(f"with content of {content}")
    if node.artifact_type and node.artifact_type != node.media_type:
        lines.append(f"artifact type: {node.artifact_type}")
    if tags := picture.graph.tags_of(node.id):
        lines.append(f"tags: {_listed(list(tags))}")
    if node.error:
        lines.append(f"{node.state}: {node.error}")
    lines += [f"contains {_inside([inner])} {inner.id}" for inner in item.inside[:_MEMBERS]]
    lines += [f"{key}: {value}" for key, value in list(node.annotations.items())[:_ANNOTATIONS]]
    return [cut(line, _VALUE) for line in lines]


def _folded_tooltip(picture: Picture, item: Item) -> list[str]:
    lines = [f"{len(item.nodes):,} folded, {_total(item.nodes) or 'of unknown size'}"]
    for node, words in zip(item.nodes[:_MEMBERS], item.words, strict=False):
        lines.append(cut(f"{words.word} {words.detail}".strip(), _VALUE) if node.kind == TAG else node.id)
    if len(item.nodes) > _MEMBERS:
        lines.append(f"… {len(item.nodes) - _MEMBERS:,} more")
    return lines


def _listed(details: list[str]) -> str:
    """Name some things in few characters: all, or the first and how many more."""
    text = ", ".join(details)
    if len(text) <= _DETAIL or len(details) < 2:
        return text
    if len(details) == 2:
        return f"{cut(details[0], _DETAIL // 2 - 2)}, {cut(details[1], _DETAIL // 2 - 2)}"
    return f"{cut(details[0], 12)} … {cut(details[-1], 12)}"


def _size(picture: Picture, item: Item) -> str:
    """Size of some bytes; of a document the size of what it contains, which is what people ask for."""
    if item.family == INDEX or item.nodes[0].kind == TAG:
        return ""
    if item.nodes[0].kind in BYTES:
        return _total(item.nodes)
    content = {
        edge.target: picture.graph.nodes[edge.target]
        for node in item.nodes
        for edge in picture.graph.outgoing(node.id)
        if edge.kind in CONTENT_EDGES
    }
    return _total(list(content.values()))


def _total(nodes: list[Node]) -> str:
    sizes = [node.size for node in nodes]
    known = [size for size in sizes if size is not None]
    return human_bytes(sum(known)) if known and len(known) == len(sizes) else ""


def _inside(nodes: list[Node]) -> str:
    if not nodes:
        return ""
    counts = Counter(node.kind for node in nodes)
    parts = [kind if kind == CONFIG and n == 1 else count(n, kind) for kind, n in counts.items()]
    size = _total(nodes)
    return ", ".join([*parts, size] if size and len(nodes) > 1 else parts)


def _error(nodes: list[Node]) -> str:
    # That a node is missing is its word already.
    return next((node.error for node in nodes if node.error and node.state != MISSING), "")
