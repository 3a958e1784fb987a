"""The notebook object: F9, F10, F14, F15."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from support import supply_chain

import regexplore.graph.render as render_module
from regexplore.content.walk import WalkOptions
from regexplore.errors import MissingExtraError, NotFoundError, UnsupportedError
from regexplore.graph.render import HOW_TO_INSTALL, Engine, engines, render
from regexplore.graph.style import FAMILIES, GROUND, INK, MUTED, Colour, palette
from regexplore.graph.svg import inline
from regexplore.objects.graph import Graph
from regexplore.objects.graph_frames import EDGES, NODES
from regexplore.oci import media_types

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")


@pytest.fixture
def graph() -> Graph:
    return Graph.of(supply_chain.demo(), name="localhost:5000/demo/app")


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(render_module.sysconfig, "get_path", lambda _: "")


def test_frames_have_their_schema_full_and_empty(graph: Graph) -> None:
    empty = Graph.of(supply_chain.small(), [])
    for full, none, schema in ((graph.nodes, empty.nodes, NODES), (graph.edges, empty.edges, EDGES)):
        assert list(full.columns) == list(none.columns) == schema.names
        assert (
            full.dtypes.astype(str).tolist()
            == none.dtypes.astype(str).tolist()
            == list(schema.dtypes.values())
        )
        assert len(none) == 0
    assert len(graph.nodes) == len(graph)
    assert graph.nodes.attrs["source"] == "localhost:5000/demo/app"
    assert graph.nodes.attrs["complete"] is True


def test_frames_join_on_ids(graph: Graph) -> None:
    joined = graph.edges.merge(graph.nodes, left_on="target", right_on="id")
    assert len(joined) == len(graph.edges)
    assert set(joined[joined["kind_x"] == "layer"]["kind_y"]) == {"layer", "blob"}
    assert graph.nodes["size"].dtype == "Int64"
    assert graph.nodes.loc[graph.nodes["kind"] == "tag", "digest"].isna().all()


def test_partial_graphs_say_so_in_frames_and_cards() -> None:
    partial = Graph.of(supply_chain.demo(), options=WalkOptions(max_nodes=9), progress=False)
    assert not partial.complete
    assert partial.nodes.attrs["reasons"] == ["stopped at 9 nodes"]
    assert "stopped at 9 nodes" in partial._repr_mimebundle_()["text/plain"]


def test_full_references_and_bare_ones_are_the_same() -> None:
    store = supply_chain.demo()
    image = store.resolve("v1.1")
    by_tag = Graph.of(store, ["demo/app:v1.1"], name="demo/app")
    assert "demo/app:v1.1" in by_tag
    assert by_tag.content.title == "demo/app:v1.1"
    assert image.digest in Graph.of(store, [f"demo/app@{image.digest}"], name="demo/app")


def test_questions(graph: Graph) -> None:
    way = graph.path("v1.2", graph.edges[graph.edges["kind"] == "layer"]["target"].iloc[-1])
    assert isinstance(way, pd.DataFrame)
    shared = graph.edges[graph.edges["kind"] == "layer"]["target"].value_counts().idxmax()
    assert set(graph.roots(shared)["name"].dropna()) == {"latest", "v1.1", "v1.2"}
    chart = graph.around("chart-0.3.0")
    assert set(chart.nodes["kind"]) == {"tag", "artifact", "config", "blob"}
    with pytest.raises(NotFoundError):
        graph.path("v1.2", "nowhere")


def test_unions_differences_and_networkx(graph: Graph) -> None:
    store = supply_chain.demo()
    old, new = (Graph.of(store, [tag], name="demo") for tag in ("v1.1", "v1.2"))
    assert len(old | new) == len(set(old.content.nodes) | set(new.content.nodes))
    assert set((old & new).nodes["kind"]) == {"layer"}
    changes = old.diff(new).nodes.groupby("change").size()
    assert changes["same"] == len(old & new)
    made = graph.to_networkx()
    assert (made.number_of_nodes(), made.number_of_edges()) == (len(graph.nodes), len(graph.edges))


def test_networkx_missing_is_an_error_with_a_hint(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(MissingExtraError, match=r"regexplore\[networkx\]"):
        graph.to_networkx()


# ---- pictures ----


@needs_dot
def test_f10_every_form_can_be_saved(graph: Graph, tmp_path: Path) -> None:
    starts = {
        "x.svg": b"<?xml", "x.html": b"<!DOCTYPE html>", "x.png": b"\x89PNG", "x.pdf": b"%PDF", "x.dot": b"digraph", "x.mmd": b"flowchart LR",
        "x.json": b"{", "x.txt": b"localhost:5000/demo/app\n",
    }  # fmt: skip
    for name, start in starts.items():
        assert graph.save(tmp_path / name).read_bytes().startswith(start)
    tree = json.loads((tmp_path / "x.json").read_text())
    assert len(tree["nodes"]) == len(graph)
    with pytest.raises(UnsupportedError):
        graph.save(tmp_path / "x.exe")


@pytest.mark.usefixtures("no_engine")
def test_f10_without_dot_there_is_the_tree_and_one_line_how_to_install(graph: Graph, tmp_path: Path) -> None:
    shown = graph._repr_mimebundle_()
    assert "<svg" not in shown["text/html"]
    assert "apt install graphviz" in shown["text/html"]
    assert "SPDX SBOM" in shown["text/html"]
    assert "├── " in shown["text/plain"]
    for name in ("x.dot", "x.mmd", "x.json", "x.txt"):
        assert graph.save(tmp_path / name).stat().st_size
    with pytest.raises(UnsupportedError) as caught:
        graph.save(tmp_path / "x.svg")
    assert caught.value.hint == HOW_TO_INSTALL


def _engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(render_module, "engines", lambda: [Engine(str(program), ("svg",))])


@pytest.mark.parametrize(
    ("script", "timeout", "reason"),
    [
        ("exit 3", 60, "exit code 3"),
        ("echo 'lost edge' >&2; exit 1", 60, "lost edge"),
        ("exec sleep 60", 0.3, "longer than"),
        ("kill -9 $$", 60, "exit code -9"),
    ],
)
def test_a_failing_layout_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, timeout: float, reason: str
) -> None:
    _engine(monkeypatch, tmp_path, script)
    answer = render("digraph {}", timeout=timeout)
    assert answer.content is None
    assert reason in answer.reason


@pytest.mark.parametrize(
    "wrote", ["", "plain words", "<svg/>", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>", "<html/>"]
)
def test_what_is_no_picture_is_refused(wrote: str) -> None:
    with pytest.raises(ValueError, match="picture"):
        inline(wrote.encode(), "x")


@needs_dot
@pytest.mark.parametrize(
    "wrote",
    [
        "<script>alert(1)</script>\n",
        '<a xlink:href="javascript:alert(1)">\n',
        '<image href="file:///etc/passwd"/>\n',
        '<path fill="url(#x)" d="M1,2"/>\n',
        '<path fill="#aabbcc" onclick="alert(1)" d="M1,2"/>\n',
        '<polygon style="x" points="1,2"/>\n',
        "<title>a<b></title>\n",
        "&entity;",
        "</g>",
        "<g class='rxg-n'>",
        "<!-- -->",
    ],
)
def test_t6_what_does_not_belong_into_a_picture_is_refused(graph: Graph, wrote: str) -> None:
    drawn = graph._render("svg", 250)
    assert inline(drawn, "x")
    for place in (b"</g>\n</svg>", b"<!-- n1 -->", b"</text>"):
        with pytest.raises(ValueError, match="layout program"):
            inline(drawn.replace(place, wrote.encode() + place, 1), "x")


@needs_dot
def test_a_moved_tag_is_seen_in_every_form_of_a_difference() -> None:
    store = supply_chain.demo()
    old = Graph.of(store, progress=False)
    store.tag(store.resolve("v1.1"), "latest")
    changed = old.diff(Graph.of(store, progress=False))
    assert sorted(changed.edges.loc[changed.edges["source"] == "latest", "change"]) == ["added", "removed"]
    svg = changed.to_svg()
    assert 'class="rxg-e rxg-tag rxg-added"' in svg
    assert 'class="rxg-e rxg-tag rxg-removed"' in svg
    assert ">removed</text>" in svg  # at the edge
    assert ">removed</tspan>" in svg  # in the legend
    assert "-->|added|" in changed.to_mermaid()


@pytest.mark.skipif(
    not any(e.path.endswith("pure") for e in engines()), reason="graphviz-pure is not installed"
)
def test_graphviz_pure_draws_the_same_nodes(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    pure = [engine for engine in engines() if engine.path.endswith("pure")]
    monkeypatch.setattr(render_module, "engines", lambda: pure)
    shown = graph._repr_mimebundle_()["text/html"]
    assert len(re.findall(r'<g id="rxg-[0-9a-f]{8}-n\d+"', shown)) == len(graph) - 1


@needs_dot
def test_f9_nodes_edges_legend_and_tooltips_are_there(graph: Graph) -> None:
    shown = graph._repr_mimebundle_()["text/html"]
    drawn = re.findall(r'<g id="rxg-[0-9a-f]{8}-(n\d+)" class="rxg-n rxg-([a-z]+)[a-z -]*"><title>', shown)
    assert len(drawn) == len(graph) - 1  # the empty config
    assert {family for _, family in drawn} == set(FAMILIES) - {"unknown"}
    assert shown.count('class="rxg-e ') == len(graph.edges) - 9
    for node_id in graph.nodes.loc[graph.nodes["kind"] == "image", "id"]:
        assert node_id in shown
    for word in ("contains", "is about", "names", *(set(FAMILIES) - {"unknown", "sbom"})):
        assert word in shown


@needs_dot
def test_pictures_are_the_same_every_time_and_keep_their_ids_apart(graph: Graph) -> None:
    again = Graph.of(supply_chain.demo(), name="localhost:5000/demo/app")
    assert graph._repr_mimebundle_() == again._repr_mimebundle_()
    other = Graph.of(supply_chain.small())._repr_mimebundle_()["text/html"]
    ids = [
        set(re.findall(r' id="([^"]+)"', page)) for page in (graph._repr_mimebundle_()["text/html"], other)
    ]
    assert ids[0]
    assert not ids[0] & ids[1]


@needs_dot
@pytest.mark.parametrize("tags", [1, 8, 70])
def test_f14_cells_stay_under_100_kb(tags: int) -> None:
    shown = Graph.of(supply_chain.large(tags), progress=False)._repr_mimebundle_()
    assert sum(len(form.encode()) for form in shown.values()) < 100_000
    assert "<svg" in shown["text/html"]


@needs_dot
def test_natural_width_is_the_most(graph: Graph) -> None:
    shown = graph._repr_mimebundle_()["text/html"]
    assert re.search(r'style="width:\d+pt;max-width:100%;height:auto"', shown)


def _luminance(colour: str) -> float:
    channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    bright, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("family", FAMILIES)
def test_f13_every_text_has_contrast_in_light_and_dark(family: str) -> None:
    fill = FAMILIES[family].fill
    for text in (FAMILIES[family].line, INK, MUTED):
        assert contrast(text.light, fill.light) >= 4.5
        assert contrast(text.dark, fill.dark) >= 4.5
    for line in (FAMILIES[family].line, MUTED):
        assert contrast(line.light, GROUND.light) >= 3
        assert contrast(line.dark, GROUND.dark) >= 3


def test_no_two_colours_share_their_light_form() -> None:
    lights = [colour.light for colour in palette()]
    assert len(lights) == len(set(lights))
    assert all(isinstance(colour, Colour) for colour in palette())


def test_f15_looking_fetches_nothing() -> None:
    store = supply_chain.demo()
    graph = Graph.of(store)
    store._content.clear()
    assert repr(graph).startswith("<graph")
    assert graph._repr_mimebundle_(include=["text/plain"]).keys() == {"text/plain"}
    assert len(graph.nodes) == len(graph)


def test_an_empty_graph_shows() -> None:
    empty = Graph.of(supply_chain.small(), [])
    assert "0 nodes" in repr(empty)
    assert "0 nodes" in empty._repr_mimebundle_()["text/html"]
    assert empty.to_text() == ""
    assert empty.to_mermaid().startswith("flowchart LR")


def test_a_graph_of_a_single_document_draws() -> None:
    store = supply_chain.small()
    alone = Graph.of(store, [store.add_document(media_types.OCI_INDEX, {"manifests": []})])
    assert len(alone) == 1
    assert "index" in alone._repr_mimebundle_()["text/plain"]


@needs_dot
def test_dot_source_is_understood_without_a_word(graph: Graph) -> None:
    done = subprocess.run(
        ["dot", "-Tcanon"], input=graph.to_dot().encode(), capture_output=True, timeout=60, check=True
    )
    assert done.stderr == b""
