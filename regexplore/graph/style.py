"""One visual language for every picture: each family of nodes has a shape, a colour and its word.

Names are amber, indexes violet, images blue, other artifacts teal, evidence about something magenta, plain
bytes grey, trouble red and dashed. The hues keep apart for colour-blind readers, and neither hue nor shape
carries meaning alone: the word stands in every node. Text has a contrast of at least 4.5:1 on its fill, in
the light and in the dark palette.

Content edges are solid, edges about something dashed, tags dotted.
"""

from __future__ import annotations

from dataclasses import dataclass

from regexplore.content.node import ABOUT_EDGES, TAG

MARGIN = "0.08,0.04"


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour on light and on dark pages."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Style:
    """How a family of nodes is drawn."""

    shape: str
    fill: Colour
    line: Colour
    outline: str = "solid"
    borders: int = 1
    margin: str = MARGIN


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a kind of edge is drawn."""

    colour: Colour
    outline: str
    word: str


INK = Colour("#1f2328", "#f0f0f0")
MUTED = Colour("#57606a", "#b8bfc6")
GROUND = Colour("#ffffff", "#1e1e1e")

_EVIDENCE_FILL = Colour("#fbe3f0", "#46182f")
_EVIDENCE_LINE = Colour("#9c2566", "#f79fcd")

FAMILIES = {
    "tag": Style("cds", Colour("#ffefc7", "#42330c"), Colour("#855500", "#f0b840")),
    "index": Style("folder", Colour("#ece6fb", "#322856"), Colour("#5b3fa0", "#bba8f7"), margin="0.1,0.09"),
    "image": Style("box3d", Colour("#deebff", "#143360"), Colour("#0b4fb3", "#8ebaff"), margin="0.12,0.12"),
    "artifact": Style(
        "component", Colour("#d9f2ec", "#0c3b33"), Colour("#00614f", "#5fd4bb"), margin="0.14,0.05"
    ),
    "signature": Style("box", _EVIDENCE_FILL, _EVIDENCE_LINE, borders=2),
    "sbom": Style("note", _EVIDENCE_FILL, _EVIDENCE_LINE, margin="0.1,0.06"),
    "attestation": Style("tab", _EVIDENCE_FILL, _EVIDENCE_LINE, margin="0.1,0.08"),
    "config": Style("box", Colour("#f1f0eb", "#35332d"), Colour("#5d5a4f", "#cbc7b7"), "rounded"),
    "layer": Style("box", Colour("#e8edf1", "#2b353d"), Colour("#46596a", "#a9bdcc")),
    "blob": Style("cylinder", Colour("#f3f5f6", "#2e3337"), Colour("#596570", "#bac4cc"), margin="0.08,0.06"),
    "unknown": Style("box", Colour("#fafafa", "#2a2a2a"), Colour("#5f6368", "#c4c7ca"), "dashed"),
    "missing": Style("box", Colour("#fff2f1", "#3d1613"), Colour("#b3261e", "#ff9a91"), "dashed"),
}
"""How each family of nodes is drawn, in the order of the legend."""

CONTENT_STROKE = Stroke(Colour("#6e7a84", "#8f9ba5"), "solid", "contains")
ABOUT_STROKE = Stroke(_EVIDENCE_LINE, "dashed", "is about")
TAG_STROKE = Stroke(FAMILIES["tag"].line, "dotted", "names")

ADDED = Colour("#1a7f37", "#56d364")
REMOVED = Colour("#cf222e", "#ff7b72")


def stroke(kind: str) -> Stroke:
    """Return how an edge of a kind is drawn."""
    if kind == TAG:
        return TAG_STROKE
    return ABOUT_STROKE if kind in ABOUT_EDGES else CONTENT_STROKE


def palette() -> tuple[Colour, ...]:
    """Return every colour that a picture may hold; no two share their light form."""
    colours = [INK, MUTED, ADDED, REMOVED, CONTENT_STROKE.colour]
    for style in FAMILIES.values():
        colours += [style.fill, style.line]
    return tuple(dict.fromkeys(colours))
