"""What tabs show of odd content, what they leave to other tabs, and what clicks and buttons do."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

import regexplore as rx
from regexplore.errors import InvalidReferenceError, NotFoundError, UnsupportedError
from regexplore.explorer import names_view, pane_view
from regexplore.explorer.application import digest_of
from regexplore.explorer.front.table import TableView
from regexplore.explorer.leads import about, descriptor_at
from regexplore.explorer.names_view import ALL, MORE, STOP, NamesSheet
from regexplore.explorer.pane import Choice, FrameSheet, Lines, Pane, Piece, Row, Rows
from regexplore.explorer.recent import Recent
from regexplore.explorer.subject import File, Layer, fetch_subject
from regexplore.explorer.tabs import (
    audit,
    changes,
    content,
    files,
    history,
    layers,
    manifest,
    overview,
    platforms,
    referrers,
    shared,
)
from regexplore.explorer.target import open_target
from regexplore.oci import Descriptor, Digest
from regexplore.sandbox.faults import Fault
from regexplore.show.value import Value


def text_of(block: Lines) -> str:
    return "\n".join("".join(piece.text for piece in line) for line in block.lines)


def opened(model, tab: str) -> Pane:
    model.open_tab(tab)
    model.wait()
    assert model.error is None, model.error
    return model.pane


def is_empty(pane: Pane) -> bool:
    return (pane.blocks, pane.frame, pane.python, pane.notes) == ((), None, "", ())


# ---- what is not theirs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tab",
    [audit, changes, files, history, layers, manifest, overview, platforms, referrers, shared],
    ids=lambda tab: tab.TITLE,
)
def test_a_tab_has_nothing_to_show_of_what_it_is_not_for(demo, tab) -> None:
    image = demo.registry.repository("demo/app").get("v1.2")["linux/amd64"]
    file = File(image, "/etc/os-release")
    assert not tab.applies(file)
    assert is_empty(tab.load(SimpleNamespace(subject=file)))


def test_the_content_of_an_image_is_its_files(demo) -> None:
    image = demo.registry.repository("demo/app").get("v1.2")["linux/amd64"]
    assert [content.applies(one) for one in (image, Layer(image, 1), File(image, "/x"))] == [
        False,
        False,
        True,
    ]
    assert is_empty(content.load(SimpleNamespace(subject=image)))


# ---- content -----------------------------------------------------------------------------------------


def test_bytes_that_are_no_text_are_shown_as_what_they_are() -> None:
    shown = text_of(content._block(b"ab\0\xff" + bytes(20), whole=True)).splitlines()
    assert shown[0].startswith("00000000  61 62 00 ff 00")
    assert shown[0].endswith("ab..............")
    assert len(shown) == 2
    long = text_of(content._block(bytes(content.DUMP_BYTES + 5), whole=True)).splitlines()
    assert (len(long), long[-1]) == (content.DUMP_BYTES // 16 + 1, "… 5 more bytes")


def test_text_is_cut_where_a_page_would_drown() -> None:
    shown = text_of(content._block(b"line\n" * (content.MAX_LINES + 7), whole=True)).splitlines()
    assert (len(shown), shown[-1]) == (content.MAX_LINES + 1, "… 7 more lines")
    (only,) = text_of(content._block(b"x" * 5_000, whole=True)).splitlines()
    assert len(only) <= 2_001


@pytest.mark.parametrize("raw", [b'{"a": [1]', b"[" * 100_000, b"{not json}"])
def test_what_begins_like_json_and_is_none_is_text(raw: bytes) -> None:
    shown = text_of(content._block(raw, whole=True))
    assert shown.startswith(raw[:9].decode())


def test_json_is_laid_out_but_only_if_it_is_all_there() -> None:
    raw = json.dumps({"a": [1, 2]}).encode()
    assert len(text_of(content._block(raw, whole=True)).splitlines()) > 1
    assert text_of(content._block(raw, whole=False)) == raw.decode()


def test_of_a_large_file_the_beginning_is_shown_and_said_to_be_that(demo, open_model, monkeypatch) -> None:
    monkeypatch.setattr(content, "MOST", 10)
    monkeypatch.setattr(content, "BEGINNING", 7)
    model = open_model(f"{demo.host}/demo/app:v1.2")
    image = rx.Repository(f"{demo.host}/demo/app").get("v1.2")["linux/amd64"]
    place = model.here.document(image.document.descriptor, "linux/amd64").child(path="/etc/os-release")
    model.go(place)
    model.wait()
    assert model.error is None
    assert text_of(model.pane.blocks[0]) == image.read("/etc/os-release")[:7].decode().rstrip("\n")
    assert "partial" in model.pane.notes[0]
    assert "not verified" in model.pane.notes[0]
    assert digest_of(model.subject) == str(image.digest)


def test_the_blobs_of_an_artifact_have_content(demo, open_model) -> None:
    model = open_model(f"{demo.host}/demo/chart:1.0.0")
    pane = opened(model, "Layers")
    table = next(block for block in pane.blocks if isinstance(block, FrameSheet | Rows))
    model.go(table.row(0).place)
    model.wait()
    assert isinstance(model.subject, Layer)
    pane = opened(model, content.TITLE)
    assert pane.blocks[0].lines
    assert pane.python.endswith(".layer_descriptors[0]")
    assert digest_of(model.subject) == str(model.subject.descriptor.digest)
    assert digest_of(None) == ""


# ---- places that are not there -----------------------------------------------------------------------


def test_a_place_that_a_document_does_not_have_is_not_found(demo, open_model) -> None:
    model = open_model(f"{demo.host}/demo/chart:1.0.0")
    collection = model.target.collection("demo/chart")
    with pytest.raises(NotFoundError, match="has no layer 99"):
        fetch_subject(collection, model.here.child(layer=99))
    with pytest.raises(NotFoundError, match="is no image and holds no files"):
        fetch_subject(collection, model.here.child(path="/etc/passwd"))


def test_an_attestation_of_a_manifest_that_is_elsewhere_says_so(demo) -> None:
    entries = demo.registry.repository("demo/app").get("v1.2").manifests
    attestations = [entry for entry in entries if (entry.annotations or {}).get("vnd.docker.reference.type")]
    for entry in attestations:
        assert about(entry, entries).startswith("linux/")
        assert about(entry, []) == "a manifest that is not in this index"
    assert attestations


def test_what_was_kept_longest_makes_room() -> None:
    recent = Recent[int, str](2)
    for n in range(4):
        recent.put(n, str(n))
    assert [recent.get(n) for n in range(4)] == [None, None, "2", "3"]
    recent.forget(lambda key: key == 3)
    assert (recent.get(2), recent.get(3)) == ("2", None)


# ---- clicks ------------------------------------------------------------------------------------------


def test_the_header_leads_back_forward_up_and_elsewhere(demo, open_explorer) -> None:
    explorer = open_explorer(f"{demo.host}/demo/app:v1.2")
    application, model = explorer, explorer.model
    begun = model.here
    application._tab_clicked({"kind": "tab", "title": "Layers"})
    model.wait()
    assert model.tab == "Layers"
    application._header_clicked({"kind": "back"})
    model.wait()
    assert model.here == begun
    application._header_clicked({"kind": "forward"})
    model.wait()
    assert model.tab == "Layers"
    application._header_clicked({"kind": "jump", "text": " demo/app:v1.1 "})
    model.wait()
    assert model.here.reference == "v1.1"
    application._header_clicked({"kind": "crumb", "n": 0})
    model.wait()
    assert model.here.reference == ""
    before = len(demo.log)
    application._header_clicked({"kind": "jump", "text": "demo/app:v1.2"})
    model.wait()
    application._header_clicked({"kind": "reload"})
    model.wait()
    assert len(demo.log) > before
    assert model.here.reference == "v1.2"
    here = model.here
    for odd in ({"kind": "crumb", "n": 99}, {"kind": "jump", "text": 7}, {"kind": "other"}, {}):
        application._header_clicked(odd)
    for odd in ({"kind": "tab", "title": "None such"}, {"kind": "tab"}):
        application._tab_clicked(odd)
    application._notice_clicked({"kind": "other"})
    assert model.here == here
    shown = []
    application._pane.show = lambda pane, problem: shown.append(problem)
    application._header_clicked({"kind": "jump", "text": "no such name!"})
    assert model.here == here
    assert isinstance(shown[-1], InvalidReferenceError)


def test_what_failed_is_tried_again_by_its_button(demo, open_explorer) -> None:
    rule = demo.faults.add(Fault.status(404), method="GET", path="*/manifests/*")
    explorer = open_explorer(f"{demo.host}/demo/app:v1.2")
    assert explorer.model.error is not None
    demo.faults.remove(rule)
    explorer._notice_clicked({"kind": "retry"})
    explorer.model.wait()
    assert explorer.model.error is None
    explorer._notice_clicked({"kind": "stop"})
    assert explorer.model.error is None, "nothing was under way"


def test_names_are_listed_on_by_their_buttons(demo, open_explorer) -> None:
    explorer = open_explorer(f"{demo.host}/demo/app")
    names, view = explorer.model.tags, explorer._tag_names
    assert names.complete
    assert view._actions(names, listing=False) == []
    unlisted = SimpleNamespace(complete=False, error=None)
    assert [action["id"] for action in view._actions(unlisted, listing=False)] == [MORE, ALL]
    assert [action["id"] for action in view._actions(unlisted, listing=True)] == [STOP]
    broken = SimpleNamespace(complete=False, error=NotFoundError("gone"))
    assert [action["label"] for action in view._actions(broken, listing=False)] == ["Try again"]
    asked = []
    explorer.model.list_more = lambda names, pages: asked.append(pages)
    explorer.model.stop_listing = lambda names: asked.append("stop")
    for action in (MORE, ALL, STOP, "other"):
        view._act(action)
    assert asked == [1, None, "stop"]


def test_texts_and_choices_lead_where_they_say(demo, open_model) -> None:
    model = open_model(f"{demo.host}/demo/app:v1.2")
    gone = []
    here = model.here
    lines = pane_view._lines(
        Lines(((Piece("a"), Piece("b", place=here)), (Piece("c", place=here.child()),))), gone.append
    )
    choice = pane_view._choice(Choice("Compare", (("one", here), ("two", here.child())), "one"), gone.append)
    for message in (
        {"kind": "link", "n": 1},
        {"kind": "link", "n": 2},
        {"kind": "link", "n": -1},
        {"kind": "x"},
    ):
        lines._hear(None, message, [])
    assert gone == [here.child()]
    for message in ({"kind": "choose", "n": 0}, {"kind": "choose", "n": 2}, {"kind": "choose", "n": "0"}):
        choice._hear(None, message, [])
    assert gone == [here.child(), here]


def test_a_table_turns_its_pages_and_opens_nothing_where_nothing_leads(demo, open_model) -> None:
    gone, acted = [], []
    table = TableView(gone.append, acted.append)
    table._draw()
    table.forget()
    rows = [Row((Value(str(n)),)) for n in range(450)]
    table._hear(None, {"kind": "open", "row": 0}, [])
    table.show_sheet(Rows(("n",), rows))
    for message in (
        {"kind": "open", "row": 3},
        {"kind": "open", "row": 450},
        {"kind": "page", "start": 10_000},
        {"kind": "action", "id": "more"},
        {"kind": "unknown"},
    ):
        table._hear(None, message, [])
    assert (gone, acted) == ([], ["more"])
    assert 0 < table._start < 450


# ---- what is in the way ------------------------------------------------------------------------------


def test_the_files_of_one_layer_lead_to_the_files_of_the_image(demo, open_model) -> None:
    model = open_model(f"{demo.host}/demo/app:v1.2")
    image = rx.Repository(f"{demo.host}/demo/app").get("v1.2")["linux/amd64"]
    model.go(model.here.document(image.document.descriptor, "linux/amd64").child(layer=1))
    model.wait()
    pane = opened(model, "Files")
    assert pane.python.endswith(".files(layer=1)")
    assert set(pane.frame["path"]) <= set(image.files(1, progress=None)["path"])
    (table,) = pane.blocks
    number = table.order("os-release", "", descending=False)[0]
    model.go(table.row(number).place)
    model.wait()
    assert isinstance(model.subject, File)
    folder = pane.frame["type"].tolist().index("directory")
    assert table.row(folder).place is None


def test_a_document_that_is_no_json_is_shown_as_it_came(demo, open_model) -> None:
    demo.store.put_manifest(
        "demo/odd", "application/vnd.oci.image.manifest.v1+json", b'{"a": \xff', tags=["v1"]
    )
    model = open_model(f"{demo.host}/demo/odd:v1")
    pane = opened(model, "Manifest")
    assert text_of(pane.blocks[0]) == '{"a": \\xff'
    assert pane.notes[0].startswith("not JSON that can be read")
    assert pane.python.endswith(".raw")


def test_a_name_in_the_list_may_be_filtered_and_says_what_is_wrong_with_the_list() -> None:
    names = SimpleNamespace(note="3 tags so far", shown=lambda: ["v1", "V2", "latest"], error=None)
    sheet = NamesSheet("Tags", names, lambda name: name)
    assert list(sheet.order("v", "", descending=False)) == [0, 1]
    assert list(sheet.order("", "Tags", descending=True)) == [2, 1, 0]
    assert names_view._problem(names) == []

    class Three:
        note, error = "3 tags so far", NotFoundError("gone", hint="look elsewhere")

        def __len__(self) -> int:
            return 3

    assert names_view._problem(Three()) == [
        "NotFoundError: gone; the 3 tags so far are kept",
        "look elsewhere",
    ]


def test_descriptors_of_every_kind_of_document_lead_where_they_point(demo, open_model) -> None:
    model = open_model(f"{demo.host}/demo/app:v1.2")
    index = model.subject
    config = next(iter(index.manifests))
    assert descriptor_at(index, model.here, ("manifests", 0)).descriptor.digest == config.digest
    image = index["linux/amd64"]
    assert descriptor_at(image, model.here, ("config",)).label == "config"
    assert descriptor_at(image, model.here, ("layers", 0)).layer == 1
    for path in ((), ("config",), ("layers", 0), ("blobs", 0), ("subject",), ("annotations", "a")):
        assert descriptor_at(index, model.here, path) is None
    subject = Descriptor("application/vnd.oci.image.manifest.v1+json", Digest.of(b"x"), 1)
    blob = Descriptor("text/plain", Digest.of(b"blob"), 4)
    raw = json.dumps(
        {
            "mediaType": "application/vnd.oci.artifact.manifest.v1+json",
            "artifactType": "a/b",
            "blobs": [blob.to_json()],
            "subject": subject.to_json(),
        }
    ).encode()
    demo.store.put_blob("demo/old", blob.digest, b"blob")
    demo.store.put_manifest("demo/old", "application/vnd.oci.artifact.manifest.v1+json", raw, tags=["v1"])
    old = rx.Repository(f"{demo.host}/demo/old").get("v1")
    assert descriptor_at(old, model.here, ("subject",)).descriptor.digest == subject.digest
    assert descriptor_at(old, model.here, ("blobs", 0)).layer == 1


def test_a_registry_has_no_tags_of_its_own(demo) -> None:
    target = open_target(demo.registry)
    with pytest.raises(UnsupportedError, match="no tags of its own"):
        target._only  # noqa: B018
    single = open_target(rx.Repository(f"{demo.host}/demo/app"))
    assert (single.registry, list(single.repository_pages(""))) == (None, [])
    assert single.place_of("v1.1").reference == "v1.1"
