"""The widgets of the explorer: their state, what they do with messages, and what is left when none lives."""

from __future__ import annotations

import ipywidgets
import pytest
from support.markup_oracle import PAYLOADS, assert_safe

import regexplore as rx
from regexplore.explorer.front.parts import LinesView
from regexplore.explorer.front.table import PAGE, TableView
from regexplore.explorer.pane import FrameSheet, Row, Rows, cell, missing
from regexplore.explorer.pane_view import error_page
from regexplore.explorer.place import Place
from regexplore.oci import media_types
from regexplore.sandbox.faults import Fault
from regexplore.show.value import Value


def widgets_of(explorer):
    """Every widget on the screen."""
    found, waiting = [], [explorer.widget]
    while waiting:
        widget = waiting.pop()
        found.append(widget)
        waiting += getattr(widget, "children", ())
    return found


def rows_of(count, place=None):
    return Rows(("name",), [Row((Value(f"n{n:04}"),), place) for n in range(count)], "Rows")


# ---- tables --------------------------------------------------------------------------------------


def test_a_table_sends_one_window_of_its_rows():
    table = TableView(lambda _: None)
    table.show_sheet(rows_of(100_000))
    assert len(table.state["rows"]) == PAGE
    assert (table.state["start"], table.state["stop"], table.state["total"]) == (0, PAGE, 100_000)
    table._hear(None, {"kind": "page", "start": 99_990}, [])
    assert table.state["rows"][-1]["cells"][0][0] == "n99999"


def test_filter_and_order_are_over_all_rows():
    table = TableView(lambda _: None)
    table.show_sheet(rows_of(1_000))
    table._hear(None, {"kind": "filter", "text": "N099"}, [])
    assert (table.state["total"], table.state["all"]) == (10, 1_000)
    table._hear(None, {"kind": "filter", "text": ""}, [])
    table._hear(None, {"kind": "sort", "column": "name"}, [])
    table._hear(None, {"kind": "sort", "column": "name"}, [])
    assert table.state["rows"][0]["cells"][0][0] == "n0999"


def test_a_click_leads_to_the_place_of_the_row():
    went = []
    table = TableView(went.append)
    place = Place("a", label="a")
    table.show_sheet(rows_of(3, place))
    table._hear(None, {"kind": "open", "row": 1}, [])
    assert went == [place]


@pytest.mark.parametrize(
    "message",
    [None, 7, {}, {"kind": "open"}, {"kind": "open", "row": 99}, {"kind": "open", "row": -1}, {"kind": "open", "row": "1"},
     {"kind": "page", "start": "x"}, {"kind": "sort", "column": 3}, {"kind": "sort", "column": "none"}],
)  # fmt: skip
def test_messages_that_make_no_sense_do_nothing(message):
    went = []
    table = TableView(went.append)
    table.show_sheet(rows_of(3, Place("a")))
    table._hear(None, message, [])
    assert went == []


def test_missing_values_of_every_dtype_are_shown_as_missing():
    import pandas as pd

    for value in (None, pd.NA, pd.NaT, float("nan")):
        assert missing(value)
        assert cell("size", value).text == "-"
    frame = pd.DataFrame(
        {"size": pd.array([3, None, 1], "Int64"), "when": pd.to_datetime(["2024-01-01", None, None])}
    )
    sheet = FrameSheet(frame, ("size", "when"))
    assert list(sheet.order("", "size", descending=True)) == [0, 2, 1]
    assert [one.text for one in sheet.row(1).cells] == ["-", "-"]


# ---- the whole -----------------------------------------------------------------------------------


def test_selected_and_frame_are_what_is_on_the_screen(demo, open_explorer):
    explorer = open_explorer(f"{demo.host}/demo/app:v1.2")
    assert explorer.selected.reference == f"{demo.host}/demo/app:v1.2"
    assert explorer.frame is None
    explorer._tabs._hear(None, {"kind": "tab", "title": "Platforms"}, [])
    explorer.wait()
    assert explorer.frame["platform"].tolist() == ["linux/amd64", "linux/arm64/v8"]
    assert explorer.python.endswith(".platforms")
    explorer._header._hear(None, {"kind": "back"}, [])
    explorer.wait()
    assert explorer.model.tab == "Overview"
    explorer._header._hear(None, {"kind": "crumb", "n": 1}, [])
    explorer.wait()
    assert (
        explorer.selected is demo.registry.repository("demo/app")
        or explorer.selected.reference.repository == "demo/app"
    )


def test_the_buttons_copy_digest_and_line(demo, open_explorer):
    explorer = open_explorer(f"{demo.host}/demo/app:v1.2")
    assert explorer._copy_digest.text == str(explorer.selected.digest)
    assert explorer._copy_python.text == f"rx.get('{demo.host}/demo/app:v1.2')"


def test_closing_leaves_no_widget_behind(demo):
    before = set(ipywidgets.widget.widgets()) if hasattr(ipywidgets.widget, "widgets") else None
    explorer = rx.explore(f"{demo.host}/demo/app:v1.2").wait()
    mine = widgets_of(explorer)
    explorer.close()
    explorer.close()
    assert all(widget.comm is None for widget in mine)
    assert before is None or set(ipywidgets.widget.widgets()) <= before


def test_cancel_is_offered_while_something_loads(demo, open_explorer):
    explorer = open_explorer(demo.registry.repository("demo/app"))
    demo.faults.add(Fault.delay(60), path="*/manifests/*")
    explorer.model.go_to_reference("v1.1")
    assert [action["id"] for action in explorer._notice.state["actions"]] == ["stop"]
    explorer._notice._hear(None, {"kind": "stop"}, [])
    assert [action["id"] for action in explorer._notice.state["actions"]] == ["retry"]
    assert "StoppedError" in explorer._pane.box.children[0].value


def test_errors_are_cards_with_their_hint(demo, open_explorer):
    explorer = open_explorer(f"{demo.host}/demo/app:v9.9")
    card = explorer._pane.box.children[0].value
    assert explorer.model.error.hint.split("'")[0][:20] in card
    assert explorer.selected is None
    assert explorer.frame is None


def test_an_unexpected_fault_is_shown_too():
    assert "ZeroDivisionError" in error_page(ZeroDivisionError("x"))


# ---- hostile strings -----------------------------------------------------------------------------


def test_t3_no_payload_reaches_markup(demo, open_explorer):
    explorer = open_explorer(f"{demo.host}/troubles/hostile-strings:v0.1")
    for tab in explorer.model.tab_titles:
        explorer.model.open_tab(tab)
        explorer.wait()
        # The picture of the graph is markup of another kind; its own tests look at that.
        pages = [widget for widget in widgets_of(explorer) if isinstance(widget, ipywidgets.HTML)]
        for widget in pages if tab != "Graph" else ():
            assert_safe({"text/html": widget.value, "text/plain": ""})
        assert_safe(explorer._still._bundle())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t3_texts_travel_as_text(payload):
    table = TableView(lambda _: None)
    table.show_sheet(Rows((payload,), [Row((Value(payload, title=payload),))], payload, payload))
    shown = table.state["rows"][0]["cells"][0][0]
    assert not any(ord(char) < 32 or 0x202A <= ord(char) <= 0x202E for char in shown)


def test_t3_scripts_set_text_and_never_markup():
    from importlib import resources

    folder = resources.files("regexplore.explorer.front")
    scripts = [path for path in folder.iterdir() if path.name.endswith(".js")]
    assert len(scripts) == 7
    for path in scripts:
        text = path.read_text("utf-8")
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http"):
            assert forbidden not in text, path.name


def test_lines_are_cut_where_a_page_would_drown(demo, open_explorer):
    layers = [{"mediaType": "x/y", "digest": rx.Digest.of(str(n).encode()), "size": n} for n in range(3_000)]
    import json

    manifest = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": layers[0],
        "layers": layers,
    }
    demo.store.put_blob("wide/app", layers[0]["digest"], b"0")
    for layer in layers:
        demo.store.put_blob("wide/app", layer["digest"], str(layer["size"]).encode())
    demo.store.put_manifest("wide/app", media_types.OCI_MANIFEST, json.dumps(manifest).encode(), tags=["v1"])
    explorer = open_explorer(f"{demo.host}/wide/app:v1")
    explorer.model.open_tab("Manifest")
    explorer.wait()
    (view,) = [widget for widget in widgets_of(explorer) if isinstance(widget, LinesView)]
    assert len(view.lines) == 4_001
    assert "cut here" in view.lines[-1][0][0]


# ---- still ---------------------------------------------------------------------------------------


def test_the_still_form_says_what_is_on_the_screen(demo, open_explorer):
    explorer = open_explorer(f"{demo.host}/demo/app:v1.2")
    explorer.model.open_tab("Platforms")
    explorer.wait()
    bundle = explorer._still._bundle()
    for form in bundle.values():
        assert "linux/arm64" in form
        assert "demo/app / v1.2" in form
    assert repr(explorer) == f"<explorer {demo.host} · Platforms>"


def test_a_terminal_gets_text(demo, open_explorer, capsys):
    open_explorer(f"{demo.host}/demo/app:v1.2")._ipython_display_()
    assert capsys.readouterr().out.startswith(f"explorer {demo.host}")


@pytest.mark.slow
def test_a_notebook_that_ran_without_a_reader_holds_the_still_form():
    import nbclient
    import nbformat

    code = "import regexplore as rx\nsandbox = rx.Sandbox.demo().start()\nrx.explore(f'{sandbox.host}/demo/app:v1.2')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    still, live = notebook.cells[0].outputs
    assert "linux/arm64/v8" in still["data"]["text/html"]
    assert "state       loading" not in still["data"]["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in live["data"]
    assert live["data"]["text/html"] == ""
