"""Layouts in an archive, and what ``docker save`` writes: read where they are, refused by name."""

from __future__ import annotations

import io
import json
import os
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest
from support import supply_chain
from support.layout_writer import write_layout

import regexplore as rx
from regexplore import errors
from regexplore.content.archive_files import Archive
from regexplore.content.layout import LayoutStore
from regexplore.content.store import fetch_all
from regexplore.oci import Descriptor, media_types

CONFIG = json.dumps(
    {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "a" * 64]}}
).encode()
NAME = f"{sha256(CONFIG).hexdigest()}.json"
IMAGE = {"Config": NAME, "RepoTags": ["demo/app:v1"], "Layers": ["l/layer.tar"]}


def packed(path: Path, *members: tuple[str, object]) -> Path:
    """Pack members: bytes as files, text as symbolic links, anything else as JSON."""
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
                continue
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return path


def test_an_archive_is_the_directory_it_was_made_of(tmp_path: Path) -> None:
    directory = write_layout(supply_chain.small(), tmp_path / "layout")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(directory, ".")
    one, other = LayoutStore(directory), LayoutStore(tmp_path / "a.tar")
    assert one.index == other.index
    image = one.resolve("v1.0")
    assert other.resolve("v1.0") == image
    assert [found.digest for found in other.predecessors(image)] == [
        found.digest for found in one.predecessors(image)
    ]
    assert fetch_all(other, image) == fetch_all(one, image)
    assert other.resolve(image.digest) == image


def test_a_member_can_be_read_from_anywhere(tmp_path: Path) -> None:
    archive = Archive(
        str(packed(tmp_path / "a.tar", ("before", b"x" * 700), ("text", b"0123456789"), ("after", b"y")))
    )
    with archive.open("./text").file as file:
        assert (file.readable(), file.seekable(), file.tell()) == (True, True, 0)
        assert (file.read(3), file.tell()) == (b"012", 3)
        assert (file.seek(2, os.SEEK_CUR), file.read(2)) == (5, b"56")
        assert (file.seek(-1, os.SEEK_END), file.read(5)) == (9, b"9")
        assert (file.seek(50), file.read(5)) == (50, b"")
        with pytest.raises(ValueError, match="before the start"):
            file.seek(-1)
        assert file.seek(0) == 0
        assert file.read() == b"0123456789"
    with pytest.raises(errors.SizeExceedsLimitError, match="more than 9 bytes"):
        archive.read("text", 9)
    assert archive.read("text", 10) == b"0123456789"


def test_t37_links_in_an_archive_are_followed_and_have_an_end(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "a.tar",
        ("folder/file", b"here"),
        ("folder/near", "file"),
        ("far", "folder/../folder/./near"),
        ("rooted", "/folder/file"),
        ("folder/out", "../../../folder/file"),
        ("one", "two"),
        ("two", "one"),
        ("nowhere", "missing"),
    )
    archive = Archive(str(path))
    for name in ("folder/near", "far", "rooted", "folder/out"):
        assert archive.read(name, 100) == b"here"
    for name in ("one", "nowhere", "other"):
        with pytest.raises(errors.NotFoundError, match=f"{name}.* is not in the archive"):
            archive.read(name, 100)


def test_a_path_without_a_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError, match="No such file"):
        Archive(str(tmp_path / "none.tar"))


# ---- docker save -------------------------------------------------------------------------------------


def test_what_docker_saves_has_its_names_and_its_content(tmp_path: Path) -> None:
    second = {**IMAGE, "RepoTags": None}
    path = packed(
        tmp_path / "a.tar",
        ("manifest.json", [IMAGE, second]),
        (NAME, CONFIG),
        ("l/layer.tar", "../real.tar"),
        ("real.tar", b"layer"),
    )
    store = LayoutStore(path)
    assert rx.Layout(path).tags()["tag"].tolist() == ["demo/app:v1"]
    assert len(store.index.manifests) == 2
    target = store.resolve("demo/app:v1")
    manifest = json.loads(fetch_all(store, target))
    config = Descriptor.from_bytes(media_types.DOCKER_CONFIG, CONFIG)
    assert manifest["config"] == config.to_json()
    assert [layer["digest"] for layer in manifest["layers"]] == ["sha256:" + "a" * 64]
    assert fetch_all(store, config) == CONFIG
    # The archive says which bytes the layer is; that they are others is found on reading.
    layer = Descriptor(media_types.OCI_LAYER_TAR, "sha256:" + "a" * 64, 5)
    with pytest.raises(errors.MismatchedDigestError):
        fetch_all(store, layer)
    with pytest.raises(errors.NotFoundError, match="is not in the archive"):
        fetch_all(store, Descriptor("a/b", "sha256:" + "b" * 64, 5))


@pytest.mark.parametrize(
    ("images", "config", "kind", "said"),
    [
        ({}, CONFIG, errors.DocumentError, "no list of images"),
        (["a"], CONFIG, errors.DocumentError, "no Config or no Layers"),
        ([{"Config": NAME}], CONFIG, errors.DocumentError, "no Config or no Layers"),
        ([{**IMAGE, "Config": 7}], CONFIG, errors.DocumentError, "no Config or no Layers"),
        ([{**IMAGE, "Layers": []}], CONFIG, errors.DocumentError, "one diff_id for each of 0 layers"),
        ([{**IMAGE, "Config": "missing.json"}], CONFIG, errors.NotFoundError, "missing.json"),
        ([{**IMAGE, "Layers": ["missing"]}], CONFIG, errors.NotFoundError, "missing"),
        ([IMAGE], b"{}", errors.MismatchedDigestError, "digest|named"),
        ([{**IMAGE, "Config": "c.json"}], b"[]", errors.DocumentError, "one diff_id for each of 1 layers"),
        ([{**IMAGE, "Config": "c.json"}], b'{"rootfs": 1}', errors.DocumentError, "one diff_id"),
    ],
)
def test_t37_an_archive_of_docker_that_lacks_something_is_refused_by_name(
    tmp_path: Path, images: object, config: bytes, kind: type[Exception], said: str
) -> None:
    name = (
        "c.json"
        if images and isinstance(images, list) and images[0] == {**IMAGE, "Config": "c.json"}
        else NAME
    )
    path = packed(tmp_path / "a.tar", ("manifest.json", images), (name, config), ("l/layer.tar", b"layer"))
    with pytest.raises(kind, match=said):
        rx.Layout(path)
