"""The explorer without its widgets: where it goes, what it asks for, how it stops, what it survives."""

from __future__ import annotations

import json
import subprocess
import threading

import pytest
from support import tools

import regexplore as rx
from regexplore.errors import InvalidReferenceError, NotFoundError, RegexploreError, StoppedError
from regexplore.explorer.job import Job
from regexplore.explorer.pane import FrameSheet, Rows
from regexplore.explorer.place import LONGEST_TRAIL, Place
from regexplore.explorer.subject import File, Layer
from regexplore.explorer.tabs import files
from regexplore.explorer.visits import Visits
from regexplore.objects import Image, Index, Repository
from regexplore.oci import media_types
from regexplore.sandbox.faults import Fault

# How many tags the sandbox gives on a page.
PAGE = 10_000


def sheet(model, title=""):
    """The table of that title in the open tab."""
    sheets = [block for block in model.pane.blocks if isinstance(block, Rows | FrameSheet)]
    return next(one for one in sheets if title in one.title)


def click(model, text, title=""):
    """Click on the first row with a text."""
    table = sheet(model, title)
    numbers = table.order(text, "", descending=False)
    model.go(table.row(numbers[0]).place)
    model.wait()


def opened(model, tab):
    model.open_tab(tab)
    model.wait()
    assert model.error is None, model.error
    return model.pane


# ---- counts of requests --------------------------------------------------------------------------


def many_tags(sandbox, number, repository="big/app"):
    config = b"{}"
    config_digest = rx.Digest.of(config)
    sandbox.store.put_blob(repository, config_digest, config)
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": {"mediaType": media_types.OCI_CONFIG, "digest": config_digest, "size": len(config)},
        "layers": [],
    }
    sandbox.store.put_manifest(
        repository,
        media_types.OCI_MANIFEST,
        json.dumps(manifest).encode(),
        tags=[f"v{n}" for n in range(number)],
    )


def test_the_first_of_100_000_tags_are_there_after_one_page(open_model):
    with rx.Sandbox() as sandbox:
        many_tags(sandbox, 100_000)
        model = open_model(sandbox.registry.repository("big/app"))
        assert len(sandbox.log) == 1
        assert len(model.tags) == PAGE
        assert not model.tags.complete
        assert model.tags.note == "10,000 tags so far"
        model.list_more(model.tags)
        model.wait()
        assert (len(sandbox.log), len(model.tags)) == (2, 2 * PAGE)


def test_all_of_30_000_tags_in_as_many_requests_as_there_are_pages(open_model):
    with rx.Sandbox() as sandbox:
        many_tags(sandbox, 3 * PAGE)
        model = open_model(sandbox.registry.repository("big/app"))
        model.list_more(model.tags, None)
        model.wait()
        assert model.tags.complete
        assert (len(sandbox.log), len(model.tags)) == (3, 3 * PAGE)
        assert model.tags.shown()[:2] == ["v29999", "v29998"]


def test_the_last_page_is_known_without_asking_again(demo, open_model):
    model = open_model(demo.registry.repository("demo/app"))
    assert model.tags.complete
    assert len(demo.log) == 1


def test_a_click_on_a_tag_costs_two_requests_at_most(demo, open_model):
    model = open_model(demo.registry.repository("demo/nightly"))
    for tag in ("2025.11", "2025.10"):
        before = len(demo.log)
        model.go_to_reference(tag)
        model.wait()
        assert model.pane is not None
        assert len(demo.log) - before <= 2


def test_tabs_that_need_nothing_ask_for_nothing(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    before = len(demo.log)
    for tab in ("Manifest", "Platforms", "Files", "History", "Wire", "Overview"):
        opened(model, tab)
    assert len(demo.log) == before


def test_going_back_asks_for_nothing(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    opened(model, "Referrers")
    opened(model, "Manifest")
    before = len(demo.log)
    model.back()
    model.wait()
    assert (model.tab, len(demo.log)) == ("Referrers", before)


def test_fetching_again_asks_again(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    before = len(demo.log)
    model.reload()
    model.wait()
    assert len(demo.log) == before + 1


# ---- what it is opened on ------------------------------------------------------------------------


def test_a_name_opens_registry_repository_and_tag(demo, open_model):
    assert open_model(demo.host).subject.reference == demo.registry.reference
    assert isinstance(open_model(f"{demo.host}/demo/app").subject, Repository)
    model = open_model(f"{demo.host}/demo/app:v1.2")
    assert isinstance(model.subject, Index)
    assert [place.label for place in model.here.trail] == [demo.host, "demo/app", "v1.2"]


def test_a_layout_opens_like_a_repository(demo, open_model, tmp_path):
    rx.copy(demo.registry.repository("demo/base"), "12", rx.Layout(tmp_path / "base", create=True))
    model = open_model(str(tmp_path / "base"))
    assert model.tags.shown() == ["12"]
    model.go_to_reference("12")
    model.wait()
    assert model.pane.python == f"rx.Layout({str(tmp_path / 'base')!r}).get('12')"


def test_anything_else_is_refused():
    with pytest.raises(TypeError, match="not a registry"):
        rx.explore(7)


# ---- the four questions --------------------------------------------------------------------------


def test_which_tags_share_this_layer(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    opened(model, "Layers")
    click(model, "linux/amd64")
    click(model, "apt-get")
    assert isinstance(model.subject, Layer)
    opened(model, "Shared by")
    found = model.pane.frame
    assert set(found["name"].dropna()) == {"latest", "v1.0", "v1.1", "v1.2"}
    assert "roots(" in model.pane.python


def test_is_this_platform_signed(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    opened(model, "Referrers")
    evidence = sheet(model, "Evidence")
    rows = {row.cells[0].text: row.cells[1].text for row in map(evidence.row, range(len(evidence)))}
    assert rows == {"this index": "3 found", "linux/amd64": "none found", "linux/arm64/v8": "none found"}
    assert evidence.note == "found, not verified"
    assert sheet(model, "cosign").row(0).cells[0].text == "signature"


def test_what_is_in_this_file(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    opened(model, "Files")
    click(model, "linux/amd64")
    click(model, "os-release")
    assert isinstance(model.subject, File)
    text = "\n".join("".join(piece.text for piece in line) for line in model.pane.blocks[0].lines)
    assert text.encode() in model.subject.read()


def test_what_changed_since_the_last_tag(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    opened(model, "Changes")
    assert sheet(model).title == "a is v1.1, b is v1.2"
    click(model, "linux/amd64")
    assert sheet(model).title == "a is v1.1 linux/amd64, b is v1.2 linux/amd64"
    by_files = model.pane.blocks[1].options[1]
    assert by_files[0] == "files"
    model.go(by_files[1])
    model.wait()
    changed = model.pane.frame
    assert "/app/main.py" in set(changed["path"])
    assert model.pane.python.startswith("rx.compare(")


def test_a_platform_knows_its_counterpart(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    opened(model, "Platforms")
    click(model, "linux/arm64")
    opened(model, "Changes")
    assert sheet(model).title == "a is v1.1 linux/arm64/v8, b is v1.2 linux/arm64/v8"


def test_the_oldest_tag_has_nothing_before_it_and_says_so(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.0")
    pane = opened(model, "Changes")
    assert "no earlier version" in pane.notes[0]
    assert pane.blocks[0].options[0][0] == "v1.2"


# ---- every tab -----------------------------------------------------------------------------------


def test_every_tab_of_every_kind_has_something_to_show(demo, open_model):
    model = open_model(demo.registry)
    for repository, tag in (
        ("demo/app", "v1.2"),
        ("demo/nightly", "2025.11"),
        ("demo/chart", "1.0.0"),
        ("demo/model", "2026.1"),
    ):
        model.go_to_repository(repository)
        model.wait()
        for tab in model.tab_titles:
            opened(model, tab)
        model.go_to_reference(tag)
        model.wait()
        for tab in model.tab_titles:
            pane = opened(model, tab)
            assert pane.blocks or pane.notes, (repository, tab)


def test_the_line_for_a_cell_gives_the_same(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    for tab in ("Overview", "Platforms", "Referrers"):
        pane = opened(model, tab)
        value = eval(pane.python, {"rx": rx})
        if pane.frame is not None:
            assert value.equals(pane.frame)


def test_descriptors_of_the_manifest_lead_where_they_point(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    pane = opened(model, "Manifest")
    links = [piece.place for line in pane.blocks[0].lines for piece in line if piece.place is not None]
    assert len(links) == len(model.subject.manifests)
    model.go(links[0])
    model.wait()
    assert isinstance(model.subject, Image)
    pane = opened(model, "Manifest")
    links = [piece.place for line in pane.blocks[0].lines for piece in line if piece.place is not None]
    model.go(links[0])
    model.wait()
    assert model.subject.kind == "config"
    model.back()
    model.go(links[1])
    model.wait()
    assert isinstance(model.subject, Layer)


# ---- trouble -------------------------------------------------------------------------------------


def test_a_long_load_is_stopped_at_once_and_goes_on_when_asked(demo, open_model):
    model = open_model(demo.registry.repository("demo/app"))
    rule = demo.faults.add(Fault.delay(60), path="*/manifests/*")
    model.go_to_reference("v1.2")
    assert model.busy
    model.stop()
    assert not model.busy
    assert isinstance(model.error, StoppedError)
    demo.faults.remove(rule)
    model.reload()
    model.wait()
    assert isinstance(model.subject, Index)


def test_a_stopped_walk_shows_what_it_found(demo, open_model):
    model = open_model(demo.registry.repository("demo/app"))
    demo.faults.add(Fault.delay(60), path="*/referrers/*")
    ended = threading.Event()
    model.listen(lambda what: ended.set() if what == "view" and model.pane is not None else None)
    model.open_tab("Graph")
    job = model._job
    model.stop()
    job.wait()
    assert ended.wait(30)
    assert model.error is None
    assert model.pane.partial


def test_a_registry_that_dies_half_way_leaves_what_arrived(demo, open_model):
    many_tags(demo, 3 * PAGE)
    model = open_model(demo.registry.repository("big/app"))
    rule = demo.faults.add(Fault.status(400), path="*/tags/list")
    model.list_more(model.tags)
    model.wait()
    assert len(model.tags) == PAGE
    assert isinstance(model.tags.error, RegexploreError)
    demo.faults.remove(rule)
    model.list_more(model.tags, None)
    model.wait()
    assert model.tags.error is None
    assert (len(model.tags), model.tags.complete) == (3 * PAGE, True)


def test_an_error_stands_in_its_tab_and_the_others_go_on(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    demo.faults.add(Fault.status(403), path="*/referrers/*")
    model.open_tab("Referrers")
    model.wait()
    assert isinstance(model.error, RegexploreError) or model.pane.partial
    opened(model, "Manifest")


def test_what_could_not_be_asked_is_not_said_to_be_absent(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    platform = model.subject.platforms["digest"][0]
    demo.faults.add(Fault.status(403), path=f"*/referrers/{platform}")
    opened(model, "Referrers")
    evidence = sheet(model, "Evidence")
    signatures = [evidence.row(n).cells[1].text for n in range(len(evidence))]
    assert signatures == ["3 found", "not checked", "none found"]
    assert any(str(platform) in note for note in model.pane.notes)


def test_what_is_not_there_is_an_error_with_a_hint(demo, open_model):
    model = open_model(demo.registry.repository("demo/app"))
    model.go_to_reference("v9.9")
    model.wait()
    assert isinstance(model.error, NotFoundError)
    assert model.error.hint
    assert model.subject is None
    model.back()
    model.wait()
    assert model.error is None


def test_a_registry_without_a_catalog_says_so_in_its_list(demo, open_model):
    demo.faults.add(Fault.status(404), path="*/_catalog")
    model = open_model(demo.registry)
    assert isinstance(model.repositories.error, RegexploreError)
    assert model.pane is not None


def test_a_fault_of_our_own_ends_a_listing_too(demo, open_model, monkeypatch):
    model = open_model(demo.registry.repository("demo/app"))
    monkeypatch.setattr(type(model.target), "tag_pages", lambda *_: 1 / 0)
    model._tags.clear()
    model.list_more(model.tags)
    model.wait()
    assert not model.is_listing(model.tags)
    assert isinstance(model.tags.error, ZeroDivisionError)


def test_warnings_of_the_registry_are_shown_in_the_view(demo, open_model):
    model = open_model(demo.registry.repository("demo/app"))
    demo.faults.add(Fault.warning("going away in May"))
    model.go_to_reference("v1.1")
    model.wait()
    assert "going away in May" in " ".join(model.warnings)


def test_only_the_last_of_several_quick_clicks_is_shown(demo, open_model):
    model = open_model(demo.registry.repository("demo/app"))
    demo.faults.add(Fault.delay(0.3), path="*/manifests/v1.0")
    model.go_to_reference("v1.0")
    slow = model._job
    model.go_to_reference("v1.2")
    model.wait()
    slow.wait()
    assert model.subject.reference.endswith(":v1.2")
    assert model.here.reference == "v1.2"


def test_a_fault_of_a_tab_is_shown_and_ends_the_waiting():
    ended = threading.Event()
    job = Job(lambda _: 1 / 0, on_end=lambda _: ended.set()).start()
    assert ended.wait(10)
    assert isinstance(job.error, ZeroDivisionError)


# ---- places --------------------------------------------------------------------------------------


def test_back_and_forward():
    start, one, two = Place(label="r"), Place("a"), Place("b")
    visits = Visits(start)
    visits.go(one)
    visits.go(one)
    visits.go(two)
    assert (visits.back(), visits.back(), visits.back()) == (one, start, start)
    assert visits.forward() == one
    visits.go(two)
    assert not visits.can_go_forward


def test_a_place_on_the_way_is_not_entered_twice():
    repository = Place(label="r").child(repository="a", label="a")
    tag = repository.child(reference="v1", label="v1")
    layer = tag.child(layer=2, label="layer 2")
    assert layer.child(layer=0).key == tag.key
    assert [place.label for place in layer.child(layer=0).trail] == ["r", "a", "v1"]


def test_a_trail_does_not_grow_for_ever():
    place = Place(label="r").child(repository="a", label="a")
    for n in range(50):
        place = place.child(reference=f"v{n}", label=f"v{n}")
    labels = [one.label for one in place.trail]
    assert len(labels) <= LONGEST_TRAIL
    assert labels[:2] == ["r", "a"]
    assert labels[-1] == "v49"


# ---- by name, and with care ----------------------------------------------------------------------


def test_a_name_leads_where_no_list_does(demo, open_model):
    demo.faults.add(Fault.status(404), path="*/_catalog")
    model = open_model(demo.registry)
    for name in ("demo/app:v1.1", f"{demo.host}/demo/app:v1.1"):
        model.go_to_name(name)
        model.wait()
        assert model.subject.reference == f"{demo.host}/demo/app:v1.1"
    with pytest.raises(InvalidReferenceError):
        model.go_to_name("no such name")


def test_a_large_image_is_read_only_after_asking(demo, open_model, monkeypatch):
    monkeypatch.setattr(files, "ASK_ABOVE", 1000)
    model = open_model(f"{demo.host}/demo/app:v1.2")
    opened(model, "Platforms")
    click(model, "linux/amd64")
    before = len(demo.log)
    opened(model, "Files")
    assert len(demo.log) == before
    click(model, "all layers")
    assert "/etc/os-release" in set(model.pane.frame["path"])


def test_the_wire_tells_a_command_that_asks_the_same(demo, open_model):
    model = open_model(f"{demo.host}/demo/app:v1.2")
    lines = ["".join(piece.text for piece in line) for line in opened(model, "Wire").blocks[1].lines]
    command = next(line for line in lines if line.startswith("$ curl"))
    assert command.endswith(f"http://{demo.host}/v2/demo/app/manifests/v1.2")
    assert "Accept:" in command


@pytest.mark.interop
def test_a_registry_of_others_with_a_real_image(debian_repository, open_model):
    model = open_model(debian_repository)
    assert model.tags.complete
    model.go_to_reference(model.tags.shown()[0])
    model.wait()
    assert model.error is None
    for tab in [tab for tab in model.tab_titles if tab != "Wire"]:
        opened(model, tab)
    opened(model, "Files")
    if isinstance(model.subject, Index):
        click(model, "linux")
    assert "/etc/debian_version" in set(model.pane.frame["path"])
    click(model, "/etc/debian_version")
    assert model.subject.read()


@pytest.mark.interop
def test_what_oras_attached_on_the_go_registry(go_registry, open_model, tmp_path):
    oras = tools.tool("oras")
    if oras is None:
        pytest.skip("oras is not installed")
    name = f"{go_registry}/explorer/app"
    (tmp_path / "hello.txt").write_text("hello")
    (tmp_path / "sbom.json").write_text('{"spdxVersion": "SPDX-2.3"}')

    def run(*arguments):
        subprocess.run([oras, *arguments], cwd=tmp_path, check=True, capture_output=True, timeout=60)

    run("push", "--plain-http", f"{name}:v1", "hello.txt:text/plain")
    run(
        "attach",
        "--plain-http",
        "--artifact-type",
        "application/spdx+json",
        f"{name}:v1",
        "sbom.json:application/spdx+json",
    )
    model = open_model(f"{name}:v1")
    opened(model, "Referrers")
    assert sheet(model, "Evidence").row(0).cells[2].text == "1 found"
    click(model, "spdx", "All that was found")
    opened(model, "Layers")
    click(model, "sbom.json")
    opened(model, "Content")
    text = "".join(piece.text for line in model.pane.blocks[0].lines for piece in line)
    assert "SPDX-2.3" in text
    model.go_to_reference("v1")
    model.wait()
    for tab in model.tab_titles:
        opened(model, tab)
