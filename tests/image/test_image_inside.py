"""What a notebook asks of the inside of an image; on made images, the demo and a real Debian."""

import gzip
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from conftest import program
from hypothesis import given
from hypothesis import strategies as st

import regexplore as rx
from regexplore import errors
from regexplore.content.memory import MemoryStore
from regexplore.frames.files import FILES
from regexplore.frames.packages import PACKAGES
from regexplore.image.file_reader import LayerFile
from regexplore.image.layer import list_layer
from regexplore.image.packages.go_build import find_build_info, read_go
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.sandbox import SandboxServer


def packed(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def push(server, layers, *, diff_ids=None, broken=None, types=None):
    """Push an image of some layers, gzip over tar, to a sandbox; returns it."""
    store, name = server.store, "inside/app"
    described = []
    for n, layer in enumerate(layers):
        content = gzip.compress(layer, mtime=0) if broken != n else gzip.compress(layer, mtime=0)[:-20]
        store.put_blob(name, Digest.of(content), content)
        media_type = (types or {}).get(n, media_types.OCI_LAYER_GZIP)
        described.append(Descriptor(media_type, Digest.of(content), len(content)).to_json())
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": diff_ids or [str(Digest.of(layer)) for layer in layers]},
            "history": [{"created_by": f"RUN step {n}"} for n, _ in enumerate(layers)],
        }
    ).encode()
    store.put_blob(name, Digest.of(config), config)
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": Descriptor(media_types.OCI_CONFIG, Digest.of(config), len(config)).to_json(),
        "layers": described,
    }
    store.put_manifest(name, media_types.OCI_MANIFEST, json.dumps(tree).encode(), tags=["v1"])
    return rx.Repository(f"{server.host}/{name}").get("v1")


@pytest.fixture
def image(sandbox):
    return push(
        sandbox,
        [packed({"etc/a": b"one", "etc/b": b"b" * 5000}), packed({"etc/a": b"second", "etc/.wh.b": b""})],
    )


def test_the_frame_of_files(image):
    frame = image.files(progress=None)
    assert list(frame.columns) == FILES.names
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == FILES.dtypes
    assert frame["path"].tolist() == ["/etc/a"]
    assert frame.loc[0, ["type", "mode", "size", "layer", "state"]].tolist() == [
        "file",
        "0644",
        6,
        2,
        "present",
    ]
    assert frame.attrs["complete"]


def test_all_shows_what_is_hidden(image):
    frame = image.files(all=True, progress=None)
    assert list(zip(frame["path"], frame["layer"], frame["state"], strict=True)) == [
        ("/etc/a", 1, "overwritten"),
        ("/etc/a", 2, "present"),
        ("/etc/b", 1, "deleted"),
    ]


def test_one_layer_shows_what_it_adds_and_removes(image):
    frame = image.files(layer=2, progress=None)
    assert list(zip(frame["path"], frame["type"], frame["state"], frame["layer"], strict=True)) == [
        ("/etc/a", "file", "added", 2),
        ("/etc/b", "whiteout", "removes", 2),
    ]
    with pytest.raises(errors.NotFoundError, match="no layer 3"):
        image.files(layer=3)


def test_matching(image):
    assert image.files(match="/etc/*", all=True, progress=None)["path"].nunique() == 2
    assert image.files(match="/usr/**", progress=None).empty
    assert list(image.files(match="/usr/**", progress=None).columns) == FILES.names


def test_layers_are_read_once(image, sandbox):
    image.files(progress=None)
    before = len(sandbox.log)
    image.files(all=True, progress=None)
    image.tree()
    image.waste()
    image.glob("/**")
    assert len(sandbox.log) == before


def test_one_file_costs_one_request_more(image, sandbox):
    image.files(progress=None)
    before = len(sandbox.log)
    assert image.read_text("/etc/a") == "second"
    assert len(sandbox.log) == before + 1
    with image.open("/etc/a") as stream:
        assert stream.read(3) == b"sec"
        assert stream.verified is None
        assert stream.read() == b"ond"
    with pytest.raises(errors.NotFoundError):
        image.open("/etc/b")
    with pytest.raises(errors.SizeExceedsLimitError):
        image.read("/etc/a", limit=3)


def test_t20_a_layer_that_changes_between_two_reads_is_noticed(sandbox):
    image = push(sandbox, [packed({"etc/a": b"x" * 100_000, "etc/b": b"end"})])
    image.files(progress=None)
    from regexplore.sandbox.faults import Fault

    sandbox.faults.add(Fault.wrong_bytes(), path="*/blobs/*")
    with pytest.raises(errors.RegexploreError):
        image.read("/etc/a")


def test_t28_a_wrong_diff_id_is_told(sandbox):
    layer = packed({"a": b"a"})
    image = push(sandbox, [layer], diff_ids=[str(Digest.of(b"other"))])
    frame = image.files(progress=None)
    assert frame["path"].tolist() == ["/a"]
    assert not frame.attrs["complete"]
    assert "the config says" in frame.attrs["reasons"][0]


def test_a_truncated_layer_gives_what_arrived_and_says_so(sandbox):
    image = push(
        sandbox, [packed({"a": b"a"}), packed({f"file{n}": b"x" * 3000 for n in range(50)})], broken=1
    )
    frame = image.files(progress=None)
    assert "/a" in set(frame["path"])
    assert not frame.attrs["complete"]
    assert "read only up to entry" in " ".join(frame.attrs["reasons"])


def test_an_encrypted_layer_is_said_to_be_one(sandbox):
    image = push(
        sandbox, [packed({"a": b"a"}), b"secret"], types={1: media_types.OCI_LAYER_GZIP + "+encrypted"}
    )
    frame = image.files(progress=None)
    assert frame["path"].tolist() == ["/a"]
    assert "encrypted" in frame.attrs["reasons"][0]


def test_a_layer_that_is_missing_does_not_sink_the_others(sandbox):
    image = push(sandbox, [packed({"a": b"a"}), packed({"b": b"b"})])
    sandbox.store.delete_blob("inside/app", image.layer_descriptors[1].digest)
    frame = image.files(progress=None)
    assert frame["path"].tolist() == ["/a"]
    assert not frame.attrs["complete"]
    with pytest.raises(errors.LayerError, match="not all layers"):
        image.open("/b")


def test_an_index_says_which_platform_to_pick():
    with rx.Sandbox.demo() as demo:
        index = demo.registry.repository("demo/app").get("v1.2")
        with pytest.raises(errors.UnsupportedError) as caught:
            index.files()
    assert "linux/amd64" in caught.value.hint


def test_the_tree_counts_and_reads_well(sandbox):
    image = push(
        sandbox, [packed({"etc/a": b"x" * 2048, "etc/sub/b": b"y" * 1024, "<b>bold</b>\x1b[31m": b""})]
    )
    tree = image.tree("/", depth=3)
    assert tree.size == 3072
    text = str(tree)
    assert "etc/  3.0 KiB, 2 files" in text
    assert "\x1b" not in text
    page = tree._repr_html_()
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page
    assert "3.0 KiB" in page
    assert repr(image.tree("/etc")).startswith("</etc/")


def test_t1_t9_hostile_names_reach_no_markup_and_no_terminal(sandbox):
    image = push(sandbox, [packed({"<script>alert(1)</script>": b"", "\u202eevil": b"", "x\x1b]8;;": b""})])
    assert "<script>" not in image.tree()._repr_html_()
    for shown in (str(image.tree()), image.tree()._repr_html_(), str(image.waste()), repr(image.tree())):
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_waste_is_a_card_and_a_frame(image):
    waste = image.waste()
    assert 0 < waste.efficiency < 1
    assert waste.paths()["path"].tolist() == ["/etc/b", "/etc/a"]
    assert "efficient" in str(waste)


def test_the_packages_of_the_demo():
    with rx.Sandbox.demo() as demo:
        repo = demo.registry.repository("demo/app")
        image = repo.get("v1.2")["linux/amd64"]
        frame = image.packages()
        assert list(frame.columns) == PACKAGES.names
        assert {"deb", "pypi"} <= set(frame["type"])
        assert frame["purl"].notna().all()
        assert image.os.distro.startswith("demo")
        assert "approximate" in image.dockerfile().lower()


@pytest.fixture(scope="module")
def debian(debian_layout):
    return rx.Layout(debian_layout).get("v2")


@pytest.fixture(scope="module")
def bundle(debian_layout, tmp_path_factory):
    """The same image as umoci unpacks it."""
    umoci = program("umoci")
    target = tmp_path_factory.mktemp("bundle") / "b"
    command = [umoci, "unpack", "--image", f"{debian_layout}:v2", target]
    if os.geteuid() != 0:
        command.insert(2, "--rootless")
    subprocess.run([str(word) for word in command], capture_output=True, check=True)
    return target / "rootfs"


@pytest.mark.interop
def test_every_file_of_debian_is_as_umoci_unpacks_it(debian, bundle):
    frame = debian.files(progress=None)
    assert frame.attrs["complete"]
    done = subprocess.run(
        ["find", ".", "-mindepth", "1", "-printf", r"%P\t%y\t%m\t%U\t%G\t%s\t%T@\t%l\0"],
        cwd=bundle,
        capture_output=True,
        check=True,
    )
    theirs = {}
    for line in done.stdout.decode().split("\0")[:-1]:
        path, kind, mode, uid, gid, size, mtime, link = line.split("\t")
        theirs[f"/{path}"] = (kind, int(mode, 8), int(uid), int(gid), int(size), int(float(mtime)), link)
    assert set(frame["path"]) == set(theirs)
    letters = {
        "file": "f",
        "hardlink": "f",
        "directory": "d",
        "symlink": "l",
        "character device": "c",
        "block device": "b",
        "fifo": "p",
    }
    by_path = frame.set_index("path")
    for path, (kind, mode, uid, gid, size, mtime, link) in theirs.items():
        row = by_path.loc[path]
        assert letters[row["type"]] == kind, path
        assert (int(row["uid"]), int(row["gid"])) == (uid, gid), path
        if row["type"] == "symlink":
            assert row["link"] == link, path
            continue
        assert int(row["mode"], 8) == mode, path
        if row["type"] == "file":
            assert row["size"] == size, path
            assert int(row["mtime"].timestamp()) == mtime, path
        if row["type"] == "hardlink":
            assert (bundle / path[1:]).samefile(bundle / row["link"][1:]), path


@pytest.mark.interop
def test_the_packages_of_debian_are_those_that_dpkg_lists(debian, bundle):
    admin = bundle / "var/lib/dpkg"
    done = subprocess.run(
        ["dpkg-query", f"--admindir={admin}", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\\n"],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = {tuple(line.split()[1:]) for line in done.stdout.splitlines() if line.startswith("installed ")}
    frame = debian.packages()
    ours = set(zip(frame["name"], frame["version"], strict=True))
    assert ours == theirs
    assert len(ours) > 50


@pytest.mark.interop
def test_content_of_debian_through_links(debian, bundle):
    for path in ("/etc/os-release", "/bin/sh", "/usr/bin/env", "/etc/debian_version"):
        assert (
            debian.read(path) == Path(bundle / path[1:]).resolve().read_bytes() if path != "/bin/sh" else True
        )
    assert debian.read("/bin/sh")[:4] == b"\x7fELF"
    assert debian.read_text("/etc/debian_version").startswith("12")


def test_nothing_is_written_to_disk(sandbox, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    image = push(sandbox, [packed({"../../escape": b"x", "a": b"a"})])
    image.files(progress=None)
    image.read("/a")
    assert list(tmp_path.rglob("*")) == []


def test_a_memory_store_serves_as_well():
    store = MemoryStore()
    layer = store.add(media_types.OCI_LAYER_TAR, packed({"a": b"a"}))
    from regexplore.objects.image_files import ImageFiles

    files = ImageFiles(store, [(layer, None)])
    assert files.read("/a") == b"a"
    with SandboxServer():
        assert files.file_system().exists("/a")


@pytest.mark.interop
def test_the_modules_of_a_go_program_are_those_that_go_tells(sandbox):
    crane = program("crane")
    told = subprocess.run(
        [program("go"), "version", "-m", crane], capture_output=True, text=True, check=True
    ).stdout
    wanted = {
        tuple(line.split("\t")[2:4])
        for line in told.splitlines()
        if line.split("\t")[1:2] in (["dep"], ["mod"])
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, mode in (("usr/bin/crane", 0o755), ("usr/share/not-executable", 0o644)):
            info = tarfile.TarInfo(path)
            content = Path(crane).read_bytes()
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))
    image = push(sandbox, [out.getvalue()])
    frame = image.packages()
    assert frame.attrs["complete"]
    assert set(frame["source"]) == {"/usr/bin/crane"}
    modules = frame[frame["name"] != "stdlib"]
    found = {
        (purl.split("@")[0].removeprefix("pkg:golang/"), version)
        for purl, version in zip(modules["purl"], modules["version"], strict=True)
    }
    assert found == {(path.lower(), version) for path, version in wanted}
    (stdlib,) = frame.loc[frame["name"] == "stdlib", "version"]
    assert f"go{stdlib}" in told.splitlines()[0]
    assert image.read("/usr/bin/crane") == Path(crane).read_bytes()


@given(st.binary(max_size=200), st.integers(1, 50))
def test_t25_any_build_information_gives_modules_or_a_named_error(content, size):
    program_bytes = b"\x7fELF" + bytes(60) + b"\xff Go buildinf:\x08\x02" + bytes(16) + content
    parts = [program_bytes[at : at + size] for at in range(0, len(program_bytes), size)]
    found = find_build_info(parts)
    assert found.startswith(b"\xff Go buildinf:") or size < 4
    try:
        for package in read_go(found, "/x"):
            assert isinstance(package.purl, str)
    except errors.RegexploreError as error:
        assert error.hint


def test_layers_are_read_once_for_all_images_of_a_repository(sandbox):
    """The same image asked for again, and another one on the same base; what is wrong with them is told again."""
    base = packed({"etc/base": b"base", "../../escape": b"x"})
    push(sandbox, [base])
    repository = rx.Repository(f"{sandbox.host}/inside/app")
    first = repository.get("v1").files(progress=None)
    with rx.trace() as trace:
        second = repository.get("v1").files(progress=None)
    assert not [event for event in trace.events if "/blobs/" in event.url]
    assert second.equals(first)
    assert second.attrs["reasons"] == first.attrs["reasons"] != []

    push(sandbox, [base, packed({"etc/own": b"own"})])
    with rx.trace() as trace:
        assert "/etc/own" in set(repository.get("v1").files(progress=None)["path"])
    # Its config and its own layer.
    assert len([event for event in trace.events if "/blobs/" in event.url]) == 2


def test_a_layer_that_broke_is_not_remembered(sandbox):
    push(sandbox, [packed({"a": b"a"})], broken=0)
    repository = rx.Repository(f"{sandbox.host}/inside/app")
    for _ in range(2):
        with rx.trace() as trace:
            assert not repository.get("v1").files(progress=None).attrs["complete"]
        assert [event for event in trace.events if "/blobs/" in event.url]


def go_program(modules, version="go1.24.1"):
    """Return what the linker writes: version and modules, each with its length, between two marks."""

    def counted(raw):
        length, digits = len(raw), b""
        while length >= 0x80:
            digits += bytes([length & 0x7F | 0x80])
            length >>= 7
        return digits + bytes([length]) + raw

    marked = b"0" * 16 + modules.encode() + b"1" * 16
    return b"\xff Go buildinf:\x08\x02" + bytes(16) + counted(version.encode()) + counted(marked)


def test_a_module_that_was_replaced_is_told_by_what_replaced_it():
    told = (
        "path\texample.com/app\nmod\texample.com/app\t(devel)\t\n"
        "dep\texample.com/one\tv1.0.0\th1:x\n=>\texample.com/fork\tv1.0.1\th1:y\n"
        "dep\texample.com/two\tv2.0.0\ndep\texample.com/three\tv3.0.0\n=>\t./local\nbuild\t-mode=exe\n"
    )
    found = {
        package.name: (package.namespace, package.version) for package in read_go(go_program(told), "/x")
    }
    assert found == {
        "stdlib": ("", "1.24.1"),
        "app": ("example.com", ""),
        "fork": ("example.com", "v1.0.1"),
        "two": ("example.com", "v2.0.0"),
        "local": (".", ""),
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff Go buildinf:\x08\x00" + bytes(16), "older than 1.18"),
        (b"\xff Go buildinf:", "older than 1.18"),
        (b"\xff Go buildinf:\x08\x02" + bytes(16) + b"\xff" * 20, "is broken"),
        (b"\xff Go buildinf:\x08\x02" + bytes(16) + b"\x50short", "is broken"),
    ],
)
def test_t25_build_information_that_cannot_be_read_is_said_to_be_so(content, said):
    with pytest.raises(errors.LayerError, match=said):
        list(read_go(content, "/x"))


# ---- one file of a layer -----------------------------------------------------------------------------


def test_a_file_is_read_in_every_way(image):
    other = image.files(progress=None)
    assert "/etc/a" in set(other["path"])
    with image.open("/etc/a") as stream:
        assert (stream.readable(), stream.tell(), stream.verified) == (True, 0, None)
        assert (stream.read1(3), stream.tell()) == (b"sec", 3)
        assert (stream.read(1), stream.read(), stream.read(5), stream.tell()) == (b"o", b"nd", b"", 6)
        assert stream.verified is None, "only the end of the layer could tell"
    stream.close()
    with image.open("/etc/a", verify=True) as stream:
        assert b"".join(iter(lambda: stream.read(2), b"")) == b"second"
        assert stream.verified is True
        assert stream.read() == b""


def test_t20_a_layer_that_is_another_one_when_it_is_read_again_is_refused():
    """Its listing is of what was there before: shorter, or of other content."""
    store = MemoryStore()
    content = packed({"etc/a": b"a" * 5_000})
    layer = store.add(media_types.OCI_LAYER_TAR, content)
    listing = list_layer(store, layer)
    assert listing.names[0].endswith("etc/a")
    assert LayerFile(store, listing, 0, verify=True).read() == b"a" * 5_000

    class Other(MemoryStore):
        def fetch(self, target):
            return io.BytesIO(self.served)

    other = Other()
    other.served = content[:2_000]
    with pytest.raises(errors.RegexploreError):
        LayerFile(other, listing, 0, verify=True).read()
    other.served = content.replace(b"aaaa", b"bbbb")
    stream = LayerFile(other, listing, 0, verify=True)
    with pytest.raises(errors.ContentError):
        stream.read()
    assert stream.verified is not True
