"""T4 to T9: text from a registry in every place of every picture; nothing but text comes out."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import dot_reader
from support.picture_oracle import GRAPH_PAYLOADS, SVG_ELEMENTS, check_dot, check_mermaid, check_svg

from regexplore.content.node import FAILED, Edge, Node
from regexplore.graph.dot import to_dot
from regexplore.graph.mermaid import to_mermaid
from regexplore.graph.model import ContentGraph
from regexplore.graph.render import render
from regexplore.graph.svg import inline, standalone
from regexplore.graph.tree import to_text
from regexplore.objects.graph import Graph
from regexplore.oci import Descriptor, Digest, Platform

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")


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


@given(texts)
def test_t4_dot_has_only_our_own_statements(text: str) -> None:
    source = to_dot(hostile(text))
    check_dot(source)
    read = dot_reader.read(source)
    assert sorted(read.nodes) == ["n1", "n2", "n3", "n4"]
    assert {(tail, head) for tail, head, _ in read.edges} == {("n1", "n2"), ("n3", "n2"), ("n3", "n4")}


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


@given(texts)
def test_t7_every_line_of_mermaid_follows_the_grammar(text: str) -> None:
    check_mermaid(to_mermaid(hostile(text)))


@given(texts)
def test_t9_the_tree_has_no_control_characters_and_one_line_a_node(text: str) -> None:
    shown = to_text(hostile(text))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]", shown)
    title = 1 if text else 0
    assert len(shown.split("\n")) == title + 3 + 2  # image, its layer, what is about it; reason, note
