"""The clickable graph without a browser: what it tells the script, and what the script may ask of it."""

from __future__ import annotations

import json
import shutil
import threading

import pytest
from support import supply_chain
from support.markup_oracle import PAYLOADS

import regexplore as rx
import regexplore.graph.render as render_module
from regexplore.content.node import ABOUT_EDGES, Node
from regexplore.content.walk import walk
from regexplore.errors import UnsupportedError
from regexplore.graph.model import ContentGraph
from regexplore.graph.view import View, below
from regexplore.objects.graph import Graph
from regexplore.objects.graph_still import VIEW
from regexplore.objects.graph_widget import GraphWidget
from regexplore.oci import Document

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")


@pytest.fixture
def shallow() -> Graph:
    return Graph.of(supply_chain.demo(), ["v1.2"], depth=1, progress=False)


def name_of(widget: GraphWidget, kind: str) -> str:
    return next(name for name, item in widget._screen.items.items() if item.nodes[0].kind == kind)


def say(widget: GraphWidget, kind: str, node: str = "") -> None:
    widget._hear(widget, {"kind": kind, "node": node, "picture": widget._number}, [])
    widget.wait()


def test_a_click_sets_selected_in_the_widget_and_in_the_graph(shallow: Graph) -> None:
    widget = shallow.widget()
    heard = []
    widget.observe(lambda change: heard.append(change["new"]), "selected")
    assert shallow.selected is None
    say(widget, "select", name_of(widget, "index"))
    chosen = shallow.selected
    assert chosen is not None
    assert chosen == widget.selected == heard[0]
    assert chosen.kind == "index"
    assert chosen.digest == chosen.node.id
    assert chosen.descriptor is not None
    assert chosen.digest in widget.state["card"]
    assert isinstance(chosen.get(), Document)
    say(widget, "clear")
    assert shallow.selected is None
    assert widget.state["card"] == ""


def test_a_tag_gives_the_digest_of_its_target(shallow: Graph) -> None:
    chosen = shallow.widget().select("v1.2")
    assert chosen.digest == next(n.id for n in shallow.content.nodes.values() if n.kind == "index")
    assert isinstance(chosen.get(), Document)
    assert "v1.2" in str(chosen)


def test_a_layer_is_no_document_and_a_graph_without_a_store_says_so() -> None:
    graph = Graph.of(supply_chain.demo(), progress=False)
    layer = next(node for node in graph.content.nodes.values() if node.kind == "layer")
    with pytest.raises(UnsupportedError, match="no document"):
        graph.widget().select(layer.id).get()
    with pytest.raises(UnsupportedError, match="does not know"):
        Graph(graph.content).widget().select(layer.id).get()


def test_objects_of_a_repository_are_given_as_such() -> None:
    with rx.Sandbox.demo() as sandbox:
        repository = sandbox.registry.repository("demo/app")
        image = repository.get("v1.2")
        for graph in (repository.graph(progress=False), image.graph(progress=False)):
            chosen = graph.widget().select("v1.2")
            assert chosen.get() == image
            child = next(node for node in graph.content.nodes.values() if node.kind == "image")
            assert isinstance(graph.widget().select(child.id).get(), rx.Image)


@needs_dot
def test_expand_walks_one_step_more_over_the_store(shallow: Graph) -> None:
    widget = shallow.widget()
    before = len(widget.content)
    number = widget.picture["number"]
    say(widget, "expand", name_of(widget, "image"))
    assert len(widget.content) > before
    assert widget.picture["number"] == number + 1
    assert widget.state["status"] == f"{len(widget.content) - before} nodes more"
    assert widget.state["busy"] is False
    assert len(shallow) == before  # the graph itself stays the value that it was
    whole = Graph.of(supply_chain.demo(), progress=False).content
    assert set(widget.content.nodes) <= set(whole.nodes)


def test_expanding_everything_ends_in_the_whole_graph() -> None:
    store = supply_chain.demo()
    widget = Graph.of(store, ["v1.2"], depth=1, progress=False).widget(limit=10_000)
    for _ in range(5):
        for node in list(widget.content.nodes.values()):
            if node.state == "named" and node.descriptor and "manifest" in node.media_type:
                say(widget, "expand", widget._name_of(node.id))
    whole = ContentGraph.from_walk(walk(store, ["v1.2"]))
    assert set(widget.content.nodes) == set(whole.nodes)
    assert set(widget.content.edges) == set(whole.edges)
    assert widget.content.complete


def test_collapse_hides_what_hangs_on_a_node_alone() -> None:
    graph = Graph.of(supply_chain.demo(), progress=False)
    widget = graph.widget()
    before = len(widget.picture["nodes"])
    chart = graph.content.find("chart-0.3.0")
    say(widget, "collapse", widget._name_of(chart))
    assert len(widget.picture["nodes"]) == before - 3
    assert any("3 nodes are collapsed" in note for note in widget.picture["notes"])
    assert "nodes collapsed" in widget.picture["svg"] or not widget.picture["svg"]
    say(widget, "expand", widget._name_of(chart))
    assert len(widget.picture["nodes"]) == before


def test_reset_shows_everything_as_at_first() -> None:
    widget = Graph.of(supply_chain.large(30), progress=False).widget(limit=50)
    first = widget.picture["nodes"]
    folded = next(name for name, item in widget._screen.items.items() if len(item.nodes) > 1)
    say(widget, "expand", folded)
    assert len(widget.picture["nodes"]) > len(first)
    say(widget, "reset")
    assert widget.picture["nodes"] == first


@pytest.mark.parametrize(
    "message",
    [
        None,
        "select",
        [],
        {},
        {"kind": "select"},
        {"kind": "select", "node": "n1"},
        {"kind": "select", "node": "n1", "picture": 99},
        {"kind": "select", "node": "n99999", "picture": 1},
        {"kind": "select", "node": {"a": 1}, "picture": 1},
        {"kind": ["x"], "node": "n1", "picture": 1},
        {"kind": "__init__", "node": "n1", "picture": 1},
    ],
)
def test_wishes_that_make_no_sense_are_ignored(shallow: Graph, message: object) -> None:
    widget = shallow.widget()
    picture, state = widget.picture, widget.state
    widget._hear(widget, message, [])
    assert (widget.picture, widget.state) == (picture, state)
    assert widget.selected is None


def test_a_failing_store_is_told_in_the_widget(shallow: Graph) -> None:
    widget = shallow.widget()
    for home in widget._homes:
        home.store._content.clear()
    say(widget, "expand", name_of(widget, "image"))
    assert "could not be read" in widget.state["problem"]
    assert widget.state["busy"] is False


def test_a_fault_of_our_own_is_told_too(shallow: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = shallow.widget()
    monkeypatch.setattr(GraphWidget, "_act", lambda *_: 1 / 0)
    say(widget, "select", name_of(widget, "index"))
    assert widget.state["problem"] == "ZeroDivisionError: division by zero"


def test_stop_ends_a_walk_and_keeps_the_graph(shallow: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = shallow.widget()
    begun, go_on = threading.Event(), threading.Event()
    store = widget._homes[0].store
    fetch = store.fetch

    def slow(*args):
        begun.set()
        assert go_on.wait(30)
        return fetch(*args)

    monkeypatch.setattr(store, "fetch", slow, raising=False)
    monkeypatch.setattr(store, "fetch_reference", None, raising=False)
    before = len(widget.content)
    name = name_of(widget, "image")
    widget._hear(widget, {"kind": "expand", "node": name, "picture": widget._number}, [])
    assert begun.wait(30)
    assert widget.state["busy"] is True
    widget._hear(widget, {"kind": "stop"}, [])
    go_on.set()
    widget.wait()
    assert widget.state["status"] == "stopped"
    assert len(widget.content) == before


def test_without_a_layout_program_there_is_the_tree(shallow: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(render_module.sysconfig, "get_path", lambda _: "")
    widget = shallow.widget()
    assert widget.picture["svg"] == ""
    assert "apt install graphviz" in widget.picture["reason"]
    assert "image  linux/amd64" in widget.picture["text"]


def test_shared_and_signed_are_what_the_edges_say() -> None:
    content = Graph.of(supply_chain.demo(), progress=False).content
    widget = Graph(content).widget()
    facts = widget.picture["nodes"]
    for name, item in widget._screen.items.items():
        node = item.nodes[0]
        owners = {e.source for e in content.incoming(node.id) if e.kind not in ABOUT_EDGES | {"tag"}}
        assert facts[name]["shared"] == (len(owners) > 1)
    signed = {item.nodes[0].kind for name, item in widget._screen.items.items() if facts[name]["signed"]}
    assert {"index", "artifact"} <= signed


@pytest.mark.parametrize("payload", PAYLOADS[:12])
def test_t1_hostile_text_reaches_the_script_as_text_or_escaped(payload: str) -> None:
    nodes = {
        "x": Node(id="x", kind="tag", name=payload),
        "y": Node(id="y", kind="artifact", artifact_type=payload, annotations={payload: payload}),
    }
    widget = Graph(ContentGraph(nodes=nodes, title=payload, notes=(payload,))).widget()
    for name in list(widget._screen.items):
        say(widget, "select", name)
        for markup in (widget.state["card"], widget.picture["svg"]):
            assert "<script" not in markup
            assert "<img" not in markup
    json.dumps(widget.picture)
    json.dumps(widget.state)


def test_the_still_card_comes_first_and_the_widget_has_no_html(
    shallow: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    import IPython.display

    published = []
    monkeypatch.setattr(IPython.display, "display", lambda bundle, **_: published.append(bundle))
    widget = shallow.widget()
    widget._ipython_display_()
    still, live = published
    assert VIEW not in still
    assert "├── " in still["text/plain"]
    assert f"rx-still-{widget.model_id}" in still["text/html"]
    assert f"rx-still-{widget.model_id}" in widget.picture["hides"]
    assert live[VIEW]["model_id"] == widget.model_id
    assert live["text/html"] == ""


def test_views_of_cycles_end() -> None:
    graph = Graph.of(supply_chain.small(), progress=False).content
    view = View(graph=graph)
    for node_id in graph.nodes:
        view = view.collapse(node_id)
    shown = {node.id for item in view.picture().items.values() for node in item.nodes}
    heads = {n for n in graph.nodes if not any(n in below(graph, other) for other in graph.nodes)}
    assert shown == heads
