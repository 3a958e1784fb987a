"""Layers with a table of contents: listed and read in parts, every part checked."""

import gzip
import io
import json
import subprocess
import tarfile
import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from backports import zstd
from conftest import program
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clients import repository

import regexplore as rx
from regexplore import errors
from regexplore.content.memory import MemoryStore
from regexplore.content.tar_entries import FILE, TarEntry
from regexplore.image import soci as soci_module
from regexplore.image import table_of_contents
from regexplore.image.layer import LayerListing
from regexplore.image.soci import INDEX_TYPES, LAYER_ANNOTATION, Checkpoint, SociTable, read_ztoc
from regexplore.image.table_of_contents import (
    CHUNKED,
    CHUNKED_DIGEST,
    CHUNKED_POSITION,
    STARGZ,
    STARGZ_DIGEST,
    read_table,
)
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.sandbox import SandboxServer

FILES = {
    "etc/os-release": b"ID=demo\nVERSION_ID=1\n",
    "usr/bin/large": bytes(range(256)) * 1200,
    "empty": b"",
    "usr/share/text": b"some text\n" * 500,
}


def tar_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("etc", "usr", "usr/bin", "usr/share"):
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.mtime = len(content), 0o644, 7, 1_700_000_000
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("bin")
        link.type, link.linkname = tarfile.SYMTYPE, "usr/bin"
        archive.addfile(link)
        hard = tarfile.TarInfo("etc/hard")
        hard.type, hard.linkname = tarfile.LNKTYPE, "etc/os-release"
        archive.addfile(hard)
    return out.getvalue()


def estargz(folder, content):
    """Return a layer made by the library that defines the format, and its annotations."""
    (folder / "in.tar").write_bytes(content)
    done = subprocess.run(
        [program("makeestargz"), folder / "in.tar", folder / "out"],
        capture_output=True,
        text=True,
        check=True,
    )
    return (folder / "out").read_bytes(), {STARGZ_DIGEST: done.stdout.strip()}, media_types.OCI_LAYER_GZIP


def zstd_chunked(_folder, content):
    """Write a layer to the published format: a frame for each file, the table in a skippable frame."""
    blob, entries, at = io.BytesIO(), [], 0
    kinds = {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hardlink"}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive.getmembers():
            blob.write(zstd.compress(content[at : member.offset_data]))
            entry = {
                "type": kinds.get(member.type, "reg"),
                "name": member.name,
                "mode": member.mode,
                "uid": member.uid,
                "gid": member.gid,
                "modtime": "2023-11-14T22:13:20Z",
            }
            if member.linkname:
                entry["linkName"] = member.linkname
            at = member.offset_data
            if member.isreg() and member.size:
                body = archive.extractfile(member).read()
                entry |= {"size": len(body), "digest": str(Digest.of(body)), "offset": blob.tell()}
                blob.write(zstd.compress(body))
                entry["endOffset"] = blob.tell()
                at += len(body)
            entries.append(entry)
    blob.write(zstd.compress(content[at:]))
    table = json.dumps({"version": 1, "entries": entries}).encode()
    packed = zstd.compress(table)
    blob.write(b"\x50\x2a\x4d\x18" + len(packed).to_bytes(4, "little"))
    position = blob.tell()
    blob.write(packed)
    annotations = {
        CHUNKED_POSITION: f"{position}:{len(packed)}:{len(table)}:1",
        CHUNKED_DIGEST: str(Digest.of(packed)),
    }
    return blob.getvalue(), annotations, media_types.OCI_LAYER_ZSTD


MAKERS = {STARGZ: estargz, CHUNKED: zstd_chunked}


def push(server, layer, annotations, media_type, content):
    store, name = server.store, "lazy/app"
    store.put_blob(name, Digest.of(layer), layer)
    diff_id = gzip.decompress(layer) if media_type == media_types.OCI_LAYER_GZIP else zstd.decompress(layer)
    config = json.dumps(
        {
            "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(diff_id))]},
            "os": "linux",
            "architecture": "amd64",
        }
    ).encode()
    store.put_blob(name, Digest.of(config), config)
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": Descriptor(media_types.OCI_CONFIG, Digest.of(config), len(config)).to_json(),
        "layers": [
            {**Descriptor(media_type, Digest.of(layer), len(layer)).to_json(), "annotations": annotations}
        ],
    }
    store.put_manifest(name, media_types.OCI_MANIFEST, json.dumps(tree).encode(), tags=["v1"])
    return rx.Repository(f"{server.host}/{name}").get("v1")


@pytest.fixture(params=MAKERS)
def scene(request, tmp_path, sandbox):
    content = tar_of(FILES)
    layer, annotations, media_type = MAKERS[request.param](tmp_path, content)
    return request.param, sandbox, push(sandbox, layer, annotations, media_type, content), annotations


def test_the_table_says_what_the_layer_says(scene):
    _, _, image, _ = scene
    columns = ["path", "type", "mode", "uid", "gid", "size", "mtime", "link"]
    whole, lazy = image.files(progress=None), image.files(lazy=True, progress=None)
    own = ~whole["path"].isin(["/stargz.index.json", "/.no.prefetch.landmark", "/.prefetch.landmark"])
    ours = whole.loc[own & (whole["type"] == "file"), columns].reset_index(drop=True)
    theirs = lazy.loc[lazy["type"] == "file", columns].reset_index(drop=True)
    assert ours.equals(theirs)
    assert set(lazy["path"]) == set(whole.loc[own, "path"])
    assert whole.attrs["complete"]


def test_the_frame_says_which_way_was_used_and_what_it_cost(scene):
    kind, _, image, _ = scene
    (way,) = image.files(lazy=True, progress=None).attrs["ways"]
    assert way.startswith(kind)
    assert "bytes" in way
    assert image.files(progress=None).attrs["ways"][0].startswith("whole")


def test_one_small_file_costs_at_most_four_requests(scene):
    _, server, image, _ = scene
    before = len(server.log)
    with image.open("/etc/os-release", lazy=True) as stream:
        assert stream.read() == FILES["etc/os-release"]
        assert stream.verified is True
    asked = list(server.log)[before:]
    assert len(asked) <= 3
    assert {record.status for record in asked} == {206}
    assert sum(record.sent for record in asked) < 20_000
    before = len(server.log)
    assert image.open("/usr/bin/large", lazy=True).read() == FILES["usr/bin/large"]
    # One for each chunk of a hundred thousand bytes.
    assert len(server.log) - before <= 4


def test_every_file_reads_the_same_both_ways(scene):
    _, _, image, _ = scene
    for path, content in FILES.items():
        assert image.open(f"/{path}", lazy=True).read() == content
        assert image.read(f"/{path}") == content
    assert image.open("/bin/large", lazy=True).read() == FILES["usr/bin/large"]
    assert image.open("/etc/hard", lazy=True).read() == FILES["etc/os-release"]


@pytest.mark.parametrize("kind", MAKERS)
def test_t20_a_table_that_is_not_the_manifests_is_refused(kind, tmp_path, sandbox):
    content = tar_of(FILES)
    layer, annotations, media_type = MAKERS[kind](tmp_path, content)
    key = STARGZ_DIGEST if kind == STARGZ else CHUNKED_DIGEST
    image = push(sandbox, layer, {**annotations, key: str(Digest.of(b"other"))}, media_type, content)
    frame = image.files(lazy=True, progress=None)
    assert frame.empty
    assert not frame.attrs["complete"]
    assert image.files(progress=None).attrs["complete"]


def test_a_file_that_is_not_what_the_table_says_is_refused(tmp_path, sandbox):
    content = tar_of(FILES)
    layer, annotations, media_type = zstd_chunked(tmp_path, content)
    body = zstd.compress(FILES["usr/share/text"])
    other = zstd.compress(FILES["usr/share/text"].replace(b"some", b"evil"))
    assert len(body) == len(other)
    image = push(sandbox, layer.replace(body, other), annotations, media_type, content)
    with pytest.raises(errors.MismatchedDigestError):
        image.open("/usr/share/text", lazy=True)


@pytest.mark.parametrize("position", ["", "x", "1:2", "99999999:10:10:1", "0:99999999999999:1:1", "-1:1:1:1"])
def test_positions_that_cannot_be_fall_back_to_the_whole_layer(position, tmp_path, sandbox):
    content = tar_of(FILES)
    layer, annotations, media_type = zstd_chunked(tmp_path, content)
    image = push(sandbox, layer, {**annotations, CHUNKED_POSITION: position}, media_type, content)
    frame = image.files(lazy=True, progress=None)
    assert "/etc/os-release" in set(frame["path"])
    assert frame.attrs["ways"][0].startswith("whole")


def test_a_registry_without_ranges_gives_the_whole_layer(tmp_path):
    content = tar_of(FILES)
    layer, annotations, media_type = zstd_chunked(tmp_path, content)
    from support.scripted_server import Answer, scripted

    with SandboxServer() as server:
        push(server, layer, annotations, media_type, content)
        stored = {str(digest): server.store.blob("lazy/app", digest) for digest in [Digest.of(layer)]}
        assert stored
        manifest = server.store.manifest("lazy/app", "v1").content

    config = json.loads(manifest)["config"]["digest"]

    def respond(seen):
        if "/manifests/" in seen.target:
            return Answer(body=manifest, headers=[("Content-Type", media_types.OCI_MANIFEST)])
        if config in seen.target:
            return Answer(404)
        return Answer(body=layer, headers=[("Accept-Ranges", "none")])

    with scripted(respond) as plain:
        image = rx.Repository(f"{plain.host}/lazy/app").get("v1")
        frame = image.files(lazy=True, progress=None)
        assert "/etc/os-release" in set(frame["path"])
        assert frame.attrs["ways"][0].startswith("whole")


# ---- SOCI ----------------------------------------------------------------------------------------


def soci(folder, layer, span):
    (folder / "layer.tar.gz").write_bytes(layer)
    command = [program("makesoci"), folder / "layer.tar.gz", folder / "ztoc", str(span)]
    subprocess.run(command, capture_output=True, check=True)
    return (folder / "ztoc").read_bytes()


def attach_soci(server, image, layer, ztoc, *, by="referrer"):
    """Put a SOCI index beside an image, as its tool does."""
    store, name = server.store, "lazy/app"
    store.put_blob(name, Digest.of(ztoc), ztoc)
    store.put_blob(name, Digest.of(b"{}"), b"{}")
    table = Descriptor("application/octet-stream", Digest.of(ztoc), len(ztoc)).to_json()
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "artifactType": INDEX_TYPES[0],
        "config": Descriptor(INDEX_TYPES[0], Digest.of(b"{}"), 2).to_json(),
        "layers": [{**table, "annotations": {LAYER_ANNOTATION: str(Digest.of(layer))}}],
        "subject": image.descriptor.plain().to_json(),
    }
    store.put_manifest(name, media_types.OCI_MANIFEST, json.dumps(tree).encode())


LINES = {**FILES, "usr/share/lines": b"".join(b"line %d of the file\n" % n for n in range(20_000))}
# Layers and tables that the library made: `python tests/image/test_lazy.py` makes them again.
DATA = Path(__file__).with_name("soci")
SPAN = 150_000
LAYERS = {
    "one member": lambda content: gzip.compress(content, mtime=0),
    "several members": lambda content: b"".join(
        gzip.compress(content[at : at + 400_000], mtime=0) for at in range(0, len(content), 400_000)
    ),
}


def kept(name):
    """Return a layer and its table, as they are kept beside this test."""
    stem = DATA / name.replace(" ", "-")
    return stem.with_suffix(".tar.gz").read_bytes(), gzip.decompress(
        stem.with_suffix(".ztoc.gz").read_bytes()
    )


@pytest.fixture(params=LAYERS)
def soci_image(request, sandbox):
    layer, ztoc = kept(request.param)
    image = push(sandbox, layer, {}, media_types.OCI_LAYER_GZIP, b"")
    attach_soci(sandbox, image, layer, ztoc)
    return sandbox, image, layer


@pytest.mark.interop
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("span", [10_000, 50_000, 1_000_000])
def test_soci_of_any_span_as_the_library_makes_it_now(name, span, tmp_path, sandbox):
    layer = LAYERS[name](tar_of(LINES))
    image = push(sandbox, layer, {}, media_types.OCI_LAYER_GZIP, b"")
    attach_soci(sandbox, image, layer, soci(tmp_path, layer, span))
    for path, content in LINES.items():
        assert image.open(f"/{path}", lazy=True).read() == content


def test_soci_tells_what_the_layer_says(soci_image):
    _, image, _ = soci_image
    whole, lazy = image.files(progress=None), image.files(lazy=True, progress=None)
    assert lazy.attrs["ways"][0].startswith("SOCI")
    assert whole.drop(columns=["layer"]).equals(lazy.drop(columns=["layer"]))


def test_soci_reads_files_from_the_middle_of_the_stream(soci_image):
    server, image, layer = soci_image
    image.files(lazy=True, progress=None)
    for path, content in LINES.items():
        before = len(server.log)
        with image.open(f"/{path}", lazy=True) as stream:
            assert stream.read() == content
            assert stream.verified is True
        asked = list(server.log)[before:]
        assert len(asked) == (1 if content else 0)
        assert all(record.sent < len(layer) for record in asked)


def test_t20_soci_spans_are_checked(soci_image):
    server, image, _ = soci_image
    image.files(lazy=True, progress=None)
    from regexplore.sandbox.faults import Fault

    server.faults.add(Fault.wrong_bytes(), path="*/blobs/*")
    with pytest.raises(errors.RegexploreError):
        image.open("/usr/share/lines", lazy=True)


@settings(max_examples=150)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_t25_a_damaged_soci_table_gives_a_table_or_a_named_error(at, damage):
    content = bytearray(kept("one member")[1])
    content[at : at + len(damage)] = damage
    store = MemoryStore()
    layer = store.add(media_types.OCI_LAYER_GZIP, kept("one member")[0])
    try:
        table = read_ztoc(store, store.add("application/octet-stream", bytes(content)), layer)
        for row in range(len(table.listing)):
            table.content(store, row)
    except errors.RegexploreError as error:
        assert error.hint


@given(st.binary(max_size=200))
def test_t25_any_bytes_are_a_soci_table_or_a_named_error(content):
    store = MemoryStore()
    layer = store.add(media_types.OCI_LAYER_GZIP, b"x")
    with pytest.raises(errors.RegexploreError):
        read_ztoc(store, store.add("application/octet-stream", content), layer)


# ---- tables that promise too much ----------------------------------------------------------------------


def soci_table(layer, content, offset, size, *points):
    """Return a table of one file, as if read, each span with its right digest."""
    starts = [Checkpoint(packed, unpacked, 0, bytes(32768)) for packed, unpacked in points]
    ends = [point.packed for point in starts[1:]] + [layer.size]
    listing = LayerListing(layer)
    listing.append(TarEntry("file", FILE, 0o644, 0, 0, size, 0, "", offset))
    digests = [str(Digest.of(content[point.packed : end])) for point, end in zip(starts, ends, strict=True)]
    return SociTable(listing, 0, starts, digests)


def test_soci_what_is_before_a_file_is_not_kept():
    unpacked = bytes(96 << 20) + b"here" + bytes(1000)
    content = gzip.compress(unpacked, mtime=0)
    store = MemoryStore()
    layer = store.add(media_types.OCI_LAYER_GZIP, content)
    table = soci_table(layer, content, 96 << 20, 4, (10, 0))
    del unpacked
    tracemalloc.start()
    try:
        assert table.content(store, 0) == b"here"
        assert tracemalloc.get_traced_memory()[1] < 80 << 20
    finally:
        tracemalloc.stop()


DENSE = gzip.compress(bytes(3_000), mtime=0)
LOOSE = gzip.compress(bytes(3_000), 0, mtime=0)


@pytest.mark.parametrize(
    ("content", "offset", "size", "points", "kind"),
    [
        (DENSE, 5, 2_000, [(10, 0)], errors.SizeExceedsLimitError),
        (DENSE, 1_500, 5, [(10, 0)], errors.SizeExceedsLimitError),
        (LOOSE, 5, 5, [(10, 0)], errors.SizeExceedsLimitError),
        (DENSE, 50, 5, [(10, 0), (9_000, 40)], errors.LayerError),
        (DENSE, 5, 5, [(10, 0), (9_000, 40)], errors.LayerError),
    ],
    ids=["file", "before it", "spans", "begins behind the end", "ends behind the end"],
)
def test_t29_soci_no_table_makes_a_file_cost_more_than_the_limit(
    content, offset, size, points, kind, monkeypatch, sandbox
):
    monkeypatch.setattr(soci_module, "MAX_FILE_BYTES", 1_000)
    store = repository(sandbox.host)
    layer = Descriptor.from_bytes(media_types.OCI_LAYER_GZIP, content)
    store.push(layer, content)
    with pytest.raises(kind):
        soci_table(layer, content, offset, size, *points).content(store, 0)


def test_soci_a_file_behind_the_end_of_the_layer_is_refused():
    content = gzip.compress(b"short", mtime=0)
    store = MemoryStore()
    layer = store.add(media_types.OCI_LAYER_GZIP, content)
    with pytest.raises(errors.LayerError, match="ends after 5 of 10 bytes"):
        soci_table(layer, content, 0, 10, (10, 0)).content(store, 0)
    broken = content[:10] + b"\xff" * 20
    layer = store.add(media_types.OCI_LAYER_GZIP, broken)
    with pytest.raises(errors.LayerError, match="is broken"):
        soci_table(layer, broken, 0, 10, (10, 0)).content(store, 0)


@pytest.mark.parametrize(
    "pack", [lambda raw: gzip.compress(raw, mtime=0), zstd.compress], ids=["gzip", "zstd"]
)
def test_t29_a_table_that_unpacks_to_more_than_the_limit_is_refused(pack, monkeypatch):
    """Some kilobytes of zeros would be gigabytes of table."""
    monkeypatch.setattr(table_of_contents, "MAX_TABLE_BYTES", 100_000)
    monkeypatch.setattr(table_of_contents._unpack, "__defaults__", (100_000,))
    table = pack(b'{"entries": []}' + b" " * 10_000_000)
    store = MemoryStore()
    annotations = {CHUNKED_POSITION: f"0:{len(table)}:1:1", CHUNKED_DIGEST: str(Digest.of(table))}
    layer = replace(store.add(media_types.OCI_LAYER_ZSTD, table), annotations=annotations)
    tracemalloc.start()
    try:
        if table.startswith(b"\x1f"):
            # What is cut off here is blank.
            assert len(read_table(store, layer).listing) == 0
        else:
            with pytest.raises(errors.SizeExceedsLimitError):
                read_table(store, layer)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("number", [-1, True, 1.5, "7", 1 << 62])
def test_t25_numbers_of_a_table_that_cannot_be_are_refused(number):
    table = zstd.compress(json.dumps({"entries": [{"name": "a", "type": "reg", "size": number}]}).encode())
    store = MemoryStore()
    annotations = {CHUNKED_POSITION: f"0:{len(table)}:1:1", CHUNKED_DIGEST: str(Digest.of(table))}
    layer = replace(store.add(media_types.OCI_LAYER_ZSTD, table), annotations=annotations)
    with pytest.raises(errors.LayerError, match="the size of an entry"):
        read_table(store, layer)


def test_t25_a_layer_without_the_footer_that_it_should_have_is_refused():
    store = MemoryStore()
    for content in (b"", b"x" * 10, b"x" * 1_000):
        annotations = {STARGZ_DIGEST: str(Digest.of(b"table"))}
        layer = replace(store.add(media_types.OCI_LAYER_GZIP, content), annotations=annotations)
        with pytest.raises(errors.LayerError, match="no eStargz footer"):
            read_table(store, layer)


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    for name, pack in LAYERS.items():
        stem = DATA / name.replace(" ", "-")
        with tempfile.TemporaryDirectory() as folder:
            made = pack(tar_of(LINES))
            stem.with_suffix(".tar.gz").write_bytes(made)
            stem.with_suffix(".ztoc.gz").write_bytes(gzip.compress(soci(Path(folder), made, SPAN), mtime=0))
