"""T4 to T9: text from a registry in every place of every picture; nothing but text comes out."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from xml.etree import ElementTree as ET
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import dot_reader
from support.markup_oracle import PAYLOADS

from regexplore.content.node import FAILED, Edge, Node
from regexplore.graph.dot import to_dot
from regexplore.graph.mermaid import to_mermaid
from regexplore.graph.model import ContentGraph
from regexplore.graph.render import render
from regexplore.graph.svg import inline, standalone
from regexplore.graph.tree import to_text
from regexplore.objects.graph import Graph
from regexplore.oci import Descriptor, Digest, Platform

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
needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")

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


def digest(n: int) -> Digest:
    return Digest.of(str(n).encode())


def hostile(text: str) -> ContentGraph:
    """The text as tag, media type, artifact type, platform, annotation, error, title, reason and note."""
    described = Descriptor(text, digest(1), 10, annotations={text: text})
    nodes = [
        Node(id=f"{text}:{text}", kind="tag", name=text),
        Node(id=digest(1), kind="artifact", descriptor=described, artifact_type=text, annotations={text: text, "org.opencontainers.image.title": text}),
        Node(id=digest(2), kind="image", platform=Platform(text, text, text), annotations={"org.opencontainers.image.ref.name": text}),
        Node(id=digest(3), kind="layer", state=FAILED, error=text),
    ]  # fmt: skip
    edges = (
        Edge(f"{text}:{text}", digest(1), "tag"),
        Edge(digest(1), digest(2), "subject"),
        Edge(digest(2), digest(3), "layer"),
    )
    return ContentGraph(
        nodes={node.id: node for node in nodes}, edges=edges, title=text, reasons=(text,), notes=(text,)
    )


texts = st.one_of(st.sampled_from(GRAPH_PAYLOADS), st.text(max_size=60))


def check_label(label: str) -> None:
    assert label.startswith("<")
    assert label.endswith(">")
    for element in ET.fromstring(f"<X>{label[1:-1]}</X>").iter():
        if element.tag != "X":
            assert set(element.attrib) <= HTML_LABEL[element.tag]


@settings(deadline=None)
@given(texts)
def test_t4_dot_has_only_our_own_statements(text: str) -> None:
    read = dot_reader.read(to_dot(hostile(text)))
    assert sorted(read.nodes) == ["n1", "n2", "n3", "n4"]
    assert {(tail, head) for tail, head, _ in read.edges} == {("n1", "n2"), ("n3", "n2"), ("n3", "n4")}
    statements = [*read.nodes.values(), *read.defaults.values(), *(given for _, _, given in read.edges)]
    for attributes in statements:
        assert set(attributes) <= ATTRIBUTES
        for name, value in attributes.items():
            if name == "label":
                check_label(value)
            else:
                assert not value.startswith("<")  # would be markup


@needs_dot
@pytest.mark.parametrize("payload", GRAPH_PAYLOADS)
def test_t4_dot_reads_back_the_same_graph(payload: str) -> None:
    done = subprocess.run(
        ["dot", "-Tplain"], input=to_dot(hostile(payload)).encode(), capture_output=True, timeout=60
    )
    assert done.returncode == 0
    assert done.stderr == b""  # nothing was looked up, nothing was not understood
    lines = done.stdout.decode().splitlines()
    assert sum(re.match(r"node n\d+ ", line) is not None for line in lines) == 4
    assert sum(re.match(r"edge n\d+ n\d+ ", line) is not None for line in lines) == 3


@needs_dot
def test_t5_three_digests_are_three_nodes() -> None:
    nodes = {digest(n): Node(id=digest(n), kind="layer") for n in range(3)}
    graph = ContentGraph(
        nodes=nodes, edges=(Edge(digest(0), digest(1), "layer"), Edge(digest(1), digest(2), "layer"))
    )
    plain = subprocess.run(
        ["dot", "-Tplain"], input=to_dot(graph).encode(), capture_output=True, check=True, timeout=60
    )
    assert len(re.findall(rb"^node ", plain.stdout, re.MULTILINE)) == 3
    assert len(re.findall(rb"^edge ", plain.stdout, re.MULTILINE)) == 2


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


def check_svg(text: str) -> None:
    """Expat's view: only shapes and text, no script, no handler, no address."""
    problems: list[str] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name)
        if name not in SVG_ELEMENTS:
            problems.append(name)
        problems.extend(key for key in attributes if key not in SVG_ATTRIBUTES)
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


@needs_dot
@pytest.mark.parametrize("payload", GRAPH_PAYLOADS)
def test_t6_svg_holds_shapes_and_text_only(payload: str) -> None:
    graph = hostile(payload)
    raw = render(to_dot(graph)).content
    assert raw is not None
    check_svg(standalone(raw, payload))
    page = inline(raw, payload)
    check_svg(f"<svg>{page}</svg>")
    assert "</style><" in page
    assert page.count("<style>") == 1


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.found += [
            f"{name}="
            for name, value in attrs
            if name.startswith("on") or ("javascript:" in (value or "") and name != "aria-label")
        ]


@pytest.mark.parametrize("payload", GRAPH_PAYLOADS)
def test_t1_the_card_of_a_hostile_graph_is_our_template(payload: str) -> None:
    shown = Graph(hostile(payload))._repr_mimebundle_()
    reader = _Seen()
    reader.feed(shown["text/html"])
    known = SVG_ELEMENTS | {"div", "span", "b", "small", "details", "summary", "p", "pre"}
    assert set(reader.found) <= known
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]", shown["text/plain"]
    )
    assert "application/json" not in shown


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


@settings(deadline=None)
@given(texts)
def test_t7_every_line_of_mermaid_follows_the_grammar(text: str) -> None:
    source = to_mermaid(hostile(text))
    for line in source.splitlines():
        assert any(pattern.fullmatch(line) for pattern in MERMAID_LINES), line
    assert not MARKUP.search(source)
    assert "%%" not in source
    assert "click" not in re.findall(r"^\s*(\w+)", source, re.MULTILINE)


@settings(deadline=None)
@given(texts)
def test_t9_the_tree_has_no_control_characters_and_one_line_a_node(text: str) -> None:
    shown = to_text(hostile(text))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]", shown)
    title = 1 if text else 0
    assert len(shown.split("\n")) == title + 3 + 2  # image, its layer, what is about it; reason, note
