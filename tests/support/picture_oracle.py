"""Reads pictures as their drawing programs would and tells everything in them that is not ours: DOT, SVG, Mermaid."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET
from xml.parsers import expat

from support import dot_reader
from support.markup_oracle import PAYLOADS

GRAPH_PAYLOADS = [
    *PAYLOADS,
    "<IMG SRC='/etc/passwd'>",
    "<b>label</b>",
    "\\N \\G \\L \\l \\E",
    'quote" URL="javascript:alert(1)" x="',
    "]; n1 -> n2 [label=x]; /* ",
    'n1"]; click n1 href "javascript:alert(1)"',
    '%%{init: {"securityLevel":"loose"}}%%',
    "end\nclick n1 call alert()",
    "#quot;#60;script#62;",
    "sha256:abc:port",
    "subgraph cluster_x {",
    "}}",
    "`markdown **bold**`",
    "&#10;&amp;#10;",
    "",
]

ATTRIBUTES = {
    "rankdir", "bgcolor", "nodesep", "ranksep", "pad", "fontname", "fontsize", "labelloc", "labeljust", "tooltip",
    "label", "shape", "style", "fillcolor", "color", "penwidth", "peripheries", "margin", "class", "height",
    "arrowsize", "edgetooltip", "dir",
}  # fmt: skip
HTML_LABEL = {
    "TABLE": {"BORDER", "CELLBORDER", "CELLSPACING", "CELLPADDING"},
    "TR": set(),
    "TD": {"ALIGN", "BGCOLOR", "STYLE"},
    "FONT": {"COLOR", "FACE", "POINT-SIZE"},
    "B": set(),
}


def check_label(label: str) -> None:
    assert label.startswith("<")
    assert label.endswith(">")
    for element in ET.fromstring(f"<X>{label[1:-1]}</X>").iter():
        if element.tag != "X":
            assert set(element.attrib) <= HTML_LABEL[element.tag]


SVG_ELEMENTS = {
    "svg",
    "g",
    "title",
    "path",
    "polygon",
    "polyline",
    "ellipse",
    "text",
    "tspan",
    "rect",
    "style",
}
SVG_ATTRIBUTES = {
    "xmlns", "class", "role", "aria-label", "viewBox", "style", "width", "height", "transform", "fill", "stroke", "id",
    "stroke-width", "stroke-dasharray", "d", "points", "cx", "cy", "rx", "ry", "x", "y", "font-size", "font-family",
}  # fmt: skip


def check_svg(text: str, more: frozenset[str] = frozenset()) -> None:
    """Expat's view: only shapes and text, no script, no handler, no address."""
    problems: list[str] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name)
        if name not in SVG_ELEMENTS:
            problems.append(name)
        problems.extend(key for key in attributes if key not in SVG_ATTRIBUTES | more)
        problems.extend(
            value
            for key, value in attributes.items()
            if key != "xmlns" and key != "aria-label" and ("url(" in value or "://" in value)
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: inside.pop()
    parser.Parse(text, True)
    assert problems == []


NODE_LINE = re.compile(
    r'  n\d+(\[|>|\[\[|\[/|\{\{|\(\[|\(|\[\()"[A-Za-z0-9 ._/,()+#;<>-]*"(\]|\]\]|/\]|\}\}|\]\)|\)|\)\]):::[a-z]+'
)
MERMAID_LINES = [
    re.compile(r"flowchart LR"),
    NODE_LINE,
    re.compile(r"  n\d+ -->(\|added\||\|removed\|)? n\d+"),
    re.compile(r"  linkStyle \d+(,\d+)* stroke:#[0-9a-f]{6}(,stroke-dasharray:\d \d)?"),
    re.compile(
        r"  classDef [a-z]+ fill:(#[0-9a-f]{6}|none),stroke:(#[0-9a-f]{6}|none)(,color:#1f2328)?(,stroke-dasharray:4 3)?"
    ),
    re.compile(r'  notes\["[A-Za-z0-9 ._/,()+#;<>-]*"\]:::notes'),
]
MARKUP = re.compile(r"<(?!b>|/b>|br/>)")


def check_dot(source: str) -> None:
    """Only statements and attributes of ours; no value that would be markup."""
    read = dot_reader.read(source)
    assert all(re.fullmatch(r"n\d+", name) for name in read.nodes)
    statements = [*read.nodes.values(), *read.defaults.values(), *(given for _, _, given in read.edges)]
    for attributes in statements:
        assert set(attributes) <= ATTRIBUTES
        for name, value in attributes.items():
            if name == "label":
                check_label(value)
            else:
                assert not value.startswith("<")  # would be markup


def check_mermaid(source: str) -> None:
    """Every line follows the grammar of ours."""
    for line in source.splitlines():
        assert any(pattern.fullmatch(line) for pattern in MERMAID_LINES), line
    assert not MARKUP.search(source)
    assert "%%" not in source
    assert "click" not in re.findall(r"^\s*(\w+)", source, re.MULTILINE)
