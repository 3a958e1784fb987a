"""Copying between registries, layouts and archives; read back by other tools."""

import io
import json
import os
import subprocess
import sys
import tarfile
import threading

import pytest
from conftest import program
from support.clients import repository

import regexplore as rx
from regexplore import errors
from regexplore.content.copy import copy_graph
from regexplore.content.memory import MemoryStore
from regexplore.oci import EMPTY_JSON, Descriptor, Document, media_types
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.faults import Fault


def run(*words, **options):
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr[-800:]
    return done.stdout


def everything(collection, reference):
    """Give digests of all documents and blobs below a reference, and of what refers to them."""
    graph = collection.graph(reference)
    nodes = graph.nodes
    assert not nodes["digest"].isna().all()
    return set(nodes.loc[nodes["kind"] != "tag", "digest"].dropna())


@pytest.fixture(scope="module")
def demo():
    with rx.Sandbox.demo() as sandbox:
        yield sandbox


@pytest.mark.parametrize("kind", ["docker_registry", "go_registry", "sandbox"])
def test_registry_to_layout_to_registry_keeps_every_digest_and_referrer(kind, request, demo, tmp_path):
    host = request.getfixturevalue(kind)
    host = host if isinstance(host, str) else host.host
    source = demo.registry.repository("demo/app")
    wanted = everything(source, "v1.2")
    first = rx.copy(source, "v1.2", tmp_path / "layout", referrers=True, progress=None)
    assert first.complete
    layout = rx.Layout(tmp_path / "layout")
    held = everything(layout, "v1.2")
    # The signature under cosign's own tag is a tag of its own, not a referrer.
    assert len(wanted - held) <= 3
    target = rx.Repository(f"{host}/copied/app-{kind.replace('_', '-')}")
    second = rx.copy(layout, "v1.2", target, referrers=True, progress=None)
    assert second.complete
    assert target.get("v1.2").digest == source.get("v1.2").digest
    assert held - {str(EMPTY_JSON.digest)} <= everything(target, "v1.2") | {str(EMPTY_JSON.digest)}
    ours = set(source.get("v1.2").referrers()["digest"])
    assert set(target.get("v1.2").referrers()["digest"]) == ours


def test_a_second_copy_sends_nothing(demo, tmp_path):
    source = demo.registry.repository("demo/app")
    rx.copy(source, "v1.1", tmp_path / "layout", progress=None)
    again = rx.copy(source, "v1.1", tmp_path / "layout", progress=None)
    assert again.complete
    assert again.outcome.copied_bytes == 0
    assert again.outcome.count("copied") == 0


def test_within_a_registry_blobs_are_mounted():
    with rx.Sandbox.demo() as sandbox:
        source = sandbox.registry.repository("demo/web")
        before = len(sandbox.log)
        report = rx.copy(source, "v2.0", sandbox.registry.repository("other/web"), "copy", progress=None)
        pulled = [
            record
            for record in list(sandbox.log)[before:]
            if record.method == "GET"
            and "/blobs/" in record.path
            and record.path.endswith(str(source.get("v2.0").layer_descriptors[0].digest))
        ]
        assert report.outcome.count("mounted") >= 3
        assert pulled == []
        assert sandbox.registry.repository("other/web").get("copy").digest == source.get("v2.0").digest


def test_by_digest_and_under_another_name(demo, tmp_path):
    source = demo.registry.repository("demo/app")
    digest = source.get("v1.0").digest
    rx.copy(source, digest, tmp_path / "a", progress=None)
    assert rx.Layout(tmp_path / "a").tags()["tag"].tolist() == []
    assert rx.Layout(tmp_path / "a").get(digest).digest == digest
    rx.copy(source.get("v1.0")["linux/amd64"], None, tmp_path / "b", "amd64", progress=None)
    assert rx.Layout(tmp_path / "b").get("amd64").kind == "image"


def test_texts_name_layouts_and_repositories(demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rx.copy(f"{demo.host}/demo/web", "v2.0", "web-layout", progress=None)
    report = rx.copy("./web-layout", "v2.0", f"{demo.host}/again/web", progress=None)
    assert report.complete
    assert "complete" in str(report)
    with pytest.raises(errors.NotFoundError):
        rx.copy("./web-layout", "none", "./elsewhere", progress=None)


class Failing(MemoryStore):
    """A target that refuses everything after so many pieces."""

    def __init__(self, after, error):
        super().__init__()
        self.left, self.error, self.lock = after, error, threading.Lock()

    def push(self, expected, content):
        with self.lock:
            self.left -= 1
            if self.left < 0:
                raise self.error
        super().push(expected, content)


def test_a_copy_that_failed_goes_on_and_never_leaves_a_manifest_without_its_parts(demo):
    source = demo.registry.repository("demo/app")
    root = source.get("v1.2").descriptor
    target = Failing(9, errors.ContentError("full"))
    with pytest.raises(errors.ContentError):
        copy_graph(source, root, target)
    for descriptor in target.contents():
        if media_types.is_manifest(descriptor.media_type):
            with target.fetch(descriptor) as stream:
                document = rx.Document.examine(stream.read(), descriptor)
            assert all(target.exists(child) for child in document.successors())
    target.left = 10_000
    outcome = copy_graph(source, root, target)
    assert outcome.complete
    assert outcome.count("there already") >= 5


def test_an_interrupt_keeps_what_arrived(demo):
    source = demo.registry.repository("demo/app")
    cancel = threading.Event()
    target = MemoryStore()

    def stop(_descriptor, _fate):
        cancel.set()

    outcome = copy_graph(
        source, source.get("v1.2").descriptor, target, workers=1, cancel=cancel, on_result=stop
    )
    assert not outcome.complete
    assert "copy again to go on" in outcome.notes[-1]
    assert target.contents()
    cancel.clear()
    assert copy_graph(source, source.get("v1.2").descriptor, target).complete


def test_a_line_that_breaks_in_the_middle_is_tried_again(tmp_path):
    with rx.Sandbox.demo() as sandbox:
        options = (
            rx.RepositoryOptions(client=rx.remote.Transport(retries=0)) if hasattr(rx, "remote") else None
        )
        source = rx.Repository(f"{sandbox.host}/demo/web", options=options)
        digest = source.get("v2.0").layer_descriptors[0].digest
        sandbox.faults.add(Fault.cut(50), path=f"*/blobs/{digest}", times=1)
        assert rx.copy(source, "v2.0", tmp_path / "layout", progress=None).complete


def test_foreign_layers_that_are_elsewhere_are_left_out_with_a_note():
    source, target = MemoryStore(), MemoryStore()
    foreign = Descriptor(
        media_types.DOCKER_LAYER_FOREIGN + ".gzip",
        "sha256:" + "1" * 64,
        10,
        urls=("https://elsewhere.example/x",),
    )
    config = source.add(media_types.OCI_CONFIG, b"{}")
    root = source.add_document(
        media_types.OCI_MANIFEST,
        {"schemaVersion": 2, "config": config.to_json(), "layers": [foreign.to_json()]},
    )
    outcome = copy_graph(source, root, target)
    assert outcome.complete
    assert outcome.count("left out") == 1
    assert str(foreign.digest) in outcome.notes[0]


def test_t31_referrers_of_each_other_end():
    source, target = MemoryStore(), MemoryStore()
    subject = source.add_document(media_types.OCI_INDEX, {"schemaVersion": 2, "manifests": []})
    previous = subject
    for n in range(20):
        previous = source.add_document(
            media_types.OCI_MANIFEST,
            {
                "schemaVersion": 2,
                "artifactType": f"a/b{n}",
                "config": source.add("application/x", b"{}").to_json(),
                "layers": [],
                "subject": previous.to_json(),
            },
        )
    outcome = copy_graph(source, subject, target, referrers=True)
    assert outcome.complete
    assert target.exists(previous)


def artifact_of(store, kind, **members):
    tree = {
        "schemaVersion": 2,
        "artifactType": f"application/{kind}",
        "config": store.add(EMPTY_JSON.media_type, b"{}").to_json(),
        "layers": [],
        **members,
    }
    return store.add_document(media_types.OCI_MANIFEST, tree)


def index_of(store, *children):
    entries = [child.to_json() for child in children]
    return store.add_document(media_types.OCI_INDEX, {"schemaVersion": 2, "manifests": entries})


class Ordered(MemoryStore):
    """Refuses a manifest before everything that it names is there, as strict registries do."""

    def push(self, expected, content):
        if media_types.is_manifest(expected.media_type):
            raw = content if isinstance(content, bytes) else content.read()
            for child in Document.examine(raw, expected).successors():
                assert self.exists(child), "a manifest came before its parts"
            content = raw
        super().push(expected, content)


def test_what_is_named_on_several_levels_is_sent_before_whatever_names_it():
    source, target = MemoryStore(), Ordered()
    leaf = artifact_of(source, "leaf")
    middle = index_of(source, leaf)
    upper = index_of(source, middle)
    # Each is met first where it is least deep.
    for children in ((leaf, middle, upper), (upper, middle, leaf), (middle, upper, leaf, leaf)):
        root = index_of(source, *children)
        outcome = copy_graph(source, root, target)
        assert outcome.complete
        assert all(target.exists(one) for one in (leaf, middle, upper, root))


def test_an_old_referrers_index_that_stays_is_a_note_and_no_failure():
    source = MemoryStore()
    subject = artifact_of(source, "subject")
    for kind in ("one", "two"):
        artifact_of(source, kind, subject=subject.to_json())
    with SandboxServer() as server:
        target = repository(server.host)
        target.set_referrers_capability(False)
        rule = server.faults.add(Fault.status(405), method="DELETE", path="*/manifests/*")
        outcome = copy_graph(source, subject, target, referrers=True)
        assert rule.met
        assert outcome.complete
        assert any("an old referrers index stays" in note for note in outcome.notes)
        assert len(target.predecessors(subject)) == 2


def test_an_index_that_cannot_be_written_is_a_failure():
    source = MemoryStore()
    subject = artifact_of(source, "subject")
    artifact_of(source, "one", subject=subject.to_json())
    with SandboxServer() as server:
        target = repository(server.host)
        target.set_referrers_capability(False)
        tag = str(subject.digest).replace(":", "-")
        server.faults.add(Fault.status(400), method="PUT", path=f"*/manifests/{tag}")
        with pytest.raises(errors.ReferrersError):
            copy_graph(source, subject, target, referrers=True)


# ---- layouts that are written --------------------------------------------------------------------


def image(layout, tag="v1"):
    layout.push(EMPTY_JSON, b"{}")
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": EMPTY_JSON.to_json(),
        "layers": [EMPTY_JSON.to_json()],
    }
    content = json.dumps(tree).encode()
    target = Descriptor.from_bytes(media_types.OCI_MANIFEST, content)
    layout.push_reference(target, content, tag)
    return target


def test_a_layout_keeps_what_it_does_not_know(tmp_path):
    layout = rx.Layout(tmp_path / "l", create=True)
    tree = json.loads((tmp_path / "l" / "index.json").read_text())
    (tmp_path / "l" / "index.json").write_text(json.dumps({**tree, "annotations": {"a": "b"}, "own": [1]}))
    image(rx.Layout(tmp_path / "l"))
    found = json.loads((tmp_path / "l" / "index.json").read_text())
    assert (found["annotations"], found["own"]) == ({"a": "b"}, [1])
    assert layout.path == str(tmp_path / "l")


def test_names_move_and_go(tmp_path):
    layout = rx.Layout(tmp_path / "l", create=True)
    target = image(layout)
    layout.tag(target, "v2")
    assert layout.tags()["tag"].tolist() == ["v1", "v2"]
    layout.untag("v1")
    layout.untag("v2")
    assert layout.tags()["tag"].tolist() == []
    assert layout.resolve(target.digest).digest == target.digest
    assert len(rx.Layout(tmp_path / "l").index.manifests) == 1
    with pytest.raises(errors.NotFoundError):
        layout.untag("v1")


def test_a_name_is_given_to_what_is_there(tmp_path):
    layout = rx.Layout(tmp_path / "l", create=True)
    target = image(layout)
    with pytest.raises(errors.InvalidReferenceError, match="a name is needed"):
        layout.tag(target, "")
    with pytest.raises(errors.NotFoundError, match="is not in the layout"):
        layout.tag(Descriptor.from_bytes("a/b", b"other"), "v2")
    assert layout.tags()["tag"].tolist() == ["v1"]


def test_an_index_takes_the_entries_of_its_children_over(tmp_path):
    layout = rx.Layout(tmp_path / "l", create=True)
    target = image(layout)
    layout.untag("v1")
    layout.push(target, layout.fetch(target).read())
    assert [entry.digest for entry in layout.index.manifests] == [target.digest]
    tree = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [target.to_json()]}
    content = json.dumps(tree).encode()
    parent = Descriptor.from_bytes(media_types.OCI_INDEX, content)
    for _ in range(2):
        layout.push(parent, content)
        assert [entry.digest for entry in rx.Layout(tmp_path / "l").index.manifests] == [parent.digest]


@pytest.mark.parametrize("content", [b"{", b"{} ", b"[]"])
def test_wrong_content_leaves_nothing(tmp_path, content):
    layout = rx.Layout(tmp_path / "l", create=True)
    with pytest.raises(errors.ContentError):
        layout.push(EMPTY_JSON, content)
    assert [path for path in (tmp_path / "l" / "blobs").rglob("*") if path.is_file()] == []


def test_there_is_no_layout_and_none_is_made(tmp_path):
    with pytest.raises(errors.NotFoundError):
        rx.Layout(tmp_path / "none")
    assert not (tmp_path / "none").exists()


WRITER = """
import sys, json
import regexplore as rx
from regexplore.oci import EMPTY_JSON, Descriptor, Document, media_types
layout = rx.Layout(sys.argv[1], create=True)
layout.push(EMPTY_JSON, b"{}")
for n in range(int(sys.argv[3])):
    tree = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": EMPTY_JSON.to_json(), "layers": [], "annotations": {"n": sys.argv[2] + str(n)}}
    content = json.dumps(tree).encode()
    layout.push_reference(Descriptor.from_bytes(media_types.OCI_MANIFEST, content), content, sys.argv[2] + str(n))
    print(n, flush=True)
"""


def test_writers_in_several_processes_lose_nothing(tmp_path):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "l"), name, "15"], stdout=subprocess.DEVNULL
        )
        for name in "abc"
    ]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert len(rx.Layout(tmp_path / "l").tags()) == 45


def test_killed_while_writing_what_was_acknowledged_is_there(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "l"), "t", "10000"], stdout=subprocess.PIPE, text=True
    ) as process:
        seen = [process.stdout.readline().strip() for _ in range(25)]
        process.kill()
    layout = rx.Layout(tmp_path / "l")
    assert {f"t{n}" for n in seen} <= set(layout.tags()["tag"])
    for tag in layout.tags()["tag"]:
        assert layout.get(tag).raw


@pytest.mark.interop
def test_skopeo_umoci_and_oras_read_what_we_wrote(demo, tmp_path):
    layout = tmp_path / "layout"
    rx.copy(demo.registry.repository("demo/app"), "v1.2", layout, referrers=True, progress=None)
    rx.copy(demo.registry.repository("demo/web"), "v2.0", layout, progress=None)
    digest = rx.Layout(layout).get("v2.0").digest
    assert json.loads(run(program("skopeo"), "inspect", f"oci:{layout}:v2.0"))["Digest"] == digest
    assert set(run(program("umoci"), "ls", "--layout", layout).split()) == {"v1.2", "v2.0"}
    listed = json.loads(
        run(program("oras"), "discover", "--oci-layout", "--format", "json", f"{layout}:v1.2")
    )
    found = {entry["digest"] for entry in listed["referrers"]}
    assert found == set(rx.Layout(layout).get("v1.2").referrers()["digest"])


# ---- archives ------------------------------------------------------------------------------------


@pytest.mark.interop
def test_an_archive_of_a_layout_is_as_good_as_a_directory(debian_layout, tmp_path):
    run(program("skopeo"), "copy", f"oci:{debian_layout}:v2", f"oci-archive:{tmp_path / 'a.tar'}:v2")
    archive, directory = rx.Layout(tmp_path / "a.tar"), rx.Layout(debian_layout)
    assert archive.tags()["tag"].tolist() == ["v2"]
    ours, theirs = archive.get("v2"), directory.get("v2")
    assert ours.config.diff_ids == theirs.config.diff_ids
    assert ours.files(progress=None).drop(columns=[]).equals(theirs.files(progress=None))
    assert archive.graph("v2").complete
    with pytest.raises(errors.UnsupportedError, match="archive"):
        archive.push(EMPTY_JSON, b"{}")
    rx.copy(archive, "v2", tmp_path / "back", progress=None)
    assert rx.Layout(tmp_path / "back").get("v2").digest == ours.digest


@pytest.mark.interop
def test_what_docker_saves_is_read_as_a_layout(debian_layout, tmp_path):
    path = tmp_path / "saved.tar"
    run(program("skopeo"), "copy", f"oci:{debian_layout}:v2", f"docker-archive:{path}:demo/debian:v2")
    saved = rx.Layout(path)
    (tag,) = saved.tags()["tag"]
    assert tag.endswith("demo/debian:v2")
    image, original = saved.get(tag), rx.Layout(debian_layout).get("v2")
    assert image.config.diff_ids == original.config.diff_ids
    assert [layer.digest for layer in image.layer_descriptors] == list(original.config.diff_ids)
    files = image.files(progress=None)
    assert files.attrs["complete"]
    assert files.equals(original.files(progress=None))
    assert saved.index.manifests[0].annotations["dev.regexplore.built-from"]


def test_a_compressed_archive_is_refused_with_a_hint(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b\x08\x00rest")
    with pytest.raises(errors.UnsupportedError) as caught:
        rx.Layout(tmp_path / "a.tar.gz")
    assert "Unpack" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"x" * 5000, bytes(10240)])
def test_an_archive_that_is_none(tmp_path, content):
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(errors.RegexploreError):
        rx.Layout(tmp_path / "a.tar")


def test_t37_links_in_an_archive_do_not_lead_out(tmp_path):
    (tmp_path / "secret").write_text("secret")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, target in (("oci-layout", "../secret"), ("index.json", str(tmp_path / "secret"))):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    with pytest.raises(errors.NotFoundError):
        rx.Layout(tmp_path / "a.tar")


def test_a_docker_archive_that_lies_about_its_config(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, content in (
            (
                "manifest.json",
                json.dumps([{"Config": f"{'0' * 64}.json", "RepoTags": ["a:b"], "Layers": []}]).encode(),
            ),
            (f"{'0' * 64}.json", b'{"rootfs": {"diff_ids": []}}'),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    with pytest.raises(errors.MismatchedDigestError):
        rx.Layout(tmp_path / "a.tar")


def test_a_sandbox_on_disk_can_be_read_while_it_serves(tmp_path):
    with SandboxServer(storage=tmp_path / "store") as server:
        rx.Repository(f"{server.host}/some/app").push(EMPTY_JSON, b"{}")
        assert os.listdir(tmp_path / "store")
