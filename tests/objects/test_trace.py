"""The wire as a frame, a diagram (T7) and a card."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.markup_oracle import PAYLOADS, assert_safe, problems, unseen

from regexplore.errors import UnsupportedError
from regexplore.frames.origin import Origin
from regexplore.frames.wire import WIRE
from regexplore.objects.sequence import MAX_EXCHANGES, label, sequence_diagram
from regexplore.objects.tracing import trace
from regexplore.remote.trace import Exchanges, Recorder, recording

LINE = re.compile(
    r"sequenceDiagram"
    r"|    participant [ch]\d* as (?:[A-Za-z0-9 ./:_@=?,()+~-]|#\d+;)+"
    r"|    (?:c->>h\d+|h\d+-->>c|h\d+--xc|Note over c): (?:[A-Za-z0-9 ./:_@=?,()+~-]|#\d+;)+"
)


def talk(
    method: str = "GET", url: str = "http://localhost:5000/v2/", status: int = 200, note: str = ""
) -> None:
    Exchanges(method, url, {"Authorization": "Bearer canary"}, 0).answered(status, {}, None, note)


def test_a_trace_sees_what_its_block_sends_and_no_more() -> None:
    talk()
    with trace() as wire:
        talk()
        talk("HEAD", status=404)
        Exchanges("GET", "http://other:1/v2/", {}, 0).broke("ConnectError")
    talk()
    frame = wire.frame()
    assert frame["n"].tolist() == [1, 2, 3]
    assert frame["method"].tolist() == ["GET", "HEAD", "GET"]
    assert frame["status"].tolist()[:2] == [200, 404]
    assert frame["status"].isna().tolist() == [False, False, True]
    assert frame["note"].tolist()[2] == "ConnectError"
    assert len(wire) == 3


def test_an_empty_trace_is_an_empty_typed_frame() -> None:
    with trace() as wire:
        assert "still recording" in str(wire)
    assert wire.frame().dtypes.equals(WIRE.frame([], Origin("x")).dtypes)
    assert wire.diagram() == "sequenceDiagram\n    participant c as this process"


def test_t16_no_secret_in_frame_diagram_or_card() -> None:
    with trace() as wire:
        talk(url="http://user:canary@localhost:5000/v2/?token=canary&n=5")
    bundle = wire._repr_mimebundle_()
    assert "canary" not in wire.frame().to_csv() + wire.diagram() + repr(wire) + "".join(bundle.values())
    assert "n=5" in wire.diagram()


def test_the_diagram_names_each_host_once_and_each_answer() -> None:
    recorder = Recorder()
    with recording(recorder):
        talk(url="http://localhost:5000/v2/a/tags/list?n=5")
        talk(url="http://localhost:5001/token", status=401)
    assert str(sequence_diagram(recorder.events)).splitlines()[1:6] == [
        "    participant c as this process",
        "    participant h1 as localhost:5000",
        "    participant h2 as localhost:5001",
        "    c->>h1: GET /v2/a/tags/list?n=5",
        f"    h1-->>c: 200, {recorder.events[0].ms:.0f} ms",
    ]


def test_a_long_trace_is_cut_and_says_so() -> None:
    with trace() as wire:
        for _ in range(MAX_EXCHANGES + 7):
            talk()
    assert wire.diagram().endswith("Note over c: 7 more requests are not drawn")
    assert_safe(wire._repr_mimebundle_())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t7_hostile_text_is_no_mermaid(payload: str) -> None:
    with trace() as wire:
        talk(payload, f"http://{payload}/v2/{payload}", note=payload)
        Exchanges(payload, f"http://{payload}/v2/{payload}", {}, 0).broke(payload)
    for line in wire.diagram().splitlines():
        assert LINE.fullmatch(line), line
    assert_safe(wire._repr_mimebundle_())


@given(st.text())
def test_t7_labels_hold_nothing_mermaid_reads(text: str) -> None:
    assert re.fullmatch(r"(?:[A-Za-z0-9 ./:_@=?,()+~-]|#\d+;)+", label(text))


def test_the_diagram_offers_a_drawing_and_mermaid() -> None:
    with trace() as wire:
        talk()
    bundle = wire.diagram()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/vnd.mermaid", "text/plain"}
    assert "<svg" in bundle["text/html"]
    assert bundle["text/vnd.mermaid"] == bundle["text/plain"] == str(wire.diagram())


def svg_problems(page: str) -> list[str]:
    """Everything in a page with a drawing that is neither a card's markup nor a shape."""
    drawn, names = re.subn(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    assert names == 1
    found = problems(drawn)
    tree = ET.fromstring(re.search(r"<svg.*?</svg>", page, flags=re.DOTALL)[0])  # type: ignore[index]
    for element in tree.iter():
        if element.tag.rpartition("}")[2] not in {"svg", "g", "title", "rect", "path", "text", "style"}:
            found.append(f"element {element.tag}")
        allowed = {
            "class",
            "role",
            "aria-label",
            "width",
            "height",
            "viewBox",
            "x",
            "y",
            "rx",
            "d",
            "text-anchor",
        }
        found += [f"attribute {name}" for name in element.attrib if name not in allowed]
    return found


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t7_hostile_text_is_no_markup_in_the_drawing(payload: str, tmp_path: Path) -> None:
    with trace() as wire:
        talk(payload, f"http://{payload}/v2/{payload}", note=payload)
    page = wire.diagram()._repr_mimebundle_()["text/html"]
    assert svg_problems(page) == []
    assert unseen(re.sub(r"<[^>]*>", "", page)) == []
    ET.fromstring(wire.diagram().save(tmp_path / "wire.svg").read_text("utf-8"))


def test_the_drawing_says_the_words_of_each_step_in_tooltips() -> None:
    with trace() as wire:
        talk(url="http://localhost:5000/v2/a/tags/list")
        talk(url="http://localhost:5000/v2/a/manifests/v1", status=404)
    drawn = wire.diagram().to_svg()
    assert "<title>GET tags of a." in drawn
    assert "Not there, or not to be seen" in drawn
    assert drawn.count('class="rx-error"') == 1


def test_one_host_leaves_room_for_words_and_further_hosts_take_it() -> None:
    path = "/v2/" + "a" * 100
    shown = []
    for hosts in (["one"], ["one", "two"], ["one", "two", "three"]):
        with trace() as wire:
            for host in hosts:
                talk(url=f"http://{host}:5000{path}")
        drawn = wire.diagram().to_svg()
        shown.append(len(re.search(r">GET ([^<]*)<", re.sub(r"<title>.*?</title>", "", drawn))[1]))  # type: ignore[index]
        assert int(re.search(r'width="(\d+)" height', drawn)[1]) < 1200  # type: ignore[index]
    assert shown[0] == len(path)
    assert shown[0] > shown[1] > shown[2] > 50


def test_a_long_drawing_is_cut_and_says_so() -> None:
    with trace() as wire:
        for _ in range(MAX_EXCHANGES + 7):
            talk()
    page = wire.diagram()._repr_mimebundle_()["text/html"]
    assert len(page) < 100_000
    assert "more requests are not drawn" in page
    assert "7 more requests are not drawn" in wire.diagram().to_svg()


def test_a_diagram_is_saved_by_its_ending(tmp_path: Path) -> None:
    with trace() as wire:
        talk()
    assert wire.diagram().save(tmp_path / "a.mmd").read_text() == f"{wire.diagram()}\n"
    with pytest.raises(UnsupportedError, match=r"\.svg or \.mmd"):
        wire.diagram().save(tmp_path / "a.png")
    assert pickle.loads(pickle.dumps(wire.diagram())) == wire.diagram()
