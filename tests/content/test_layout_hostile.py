"""T37: an image layout is a directory that someone else made."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support import supply_chain
from support.layout_writer import write_layout

from regexplore.content import layout as layout_module
from regexplore.content.layout import REF_NAME, LayoutStore
from regexplore.content.store import fetch_all
from regexplore.errors import (
    ContentError,
    DocumentError,
    MismatchedDigestError,
    NotFoundError,
    RegexploreError,
    SizeExceedsLimitError,
)
from regexplore.oci import Descriptor, Digest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_layout(supply_chain.small(), tmp_path / "layout")


def blob_of(directory: Path, descriptor: Descriptor) -> Path:
    return directory / "blobs" / descriptor.digest.algorithm / descriptor.digest.encoded


def test_t37_a_changed_byte_is_found_on_reading(directory: Path) -> None:
    image = LayoutStore(directory).resolve("v1.0")
    raw = blob_of(directory, image).read_bytes()
    blob_of(directory, image).write_bytes(raw[:-2] + b" }")
    with pytest.raises(MismatchedDigestError):
        fetch_all(LayoutStore(directory), image)


def test_t37_a_changed_byte_is_found_before_moving_about(directory: Path) -> None:
    store = LayoutStore(directory)
    image = store.resolve("v1.0")
    blob = blob_of(directory, image)
    blob.write_bytes(blob.read_bytes()[:-2] + b" }")
    with store.fetch(image) as file, pytest.raises(MismatchedDigestError):
        file.seek(10)


def test_verified_files_can_be_read_from_anywhere(directory: Path) -> None:
    store = LayoutStore(directory)
    image = store.resolve("v1.0")
    whole = blob_of(directory, image).read_bytes()
    with store.fetch(image) as file:
        assert file.read(5) == whole[:5]
        assert file.seek(-7, os.SEEK_END) == len(whole) - 7
        assert file.read() == whole[-7:]
        file.seek(0)
        assert file.read() == whole


@pytest.mark.parametrize("kind", ["blob", "folder", "index.json", "oci-layout"])
def test_t37_links_are_not_followed(directory: Path, tmp_path: Path, kind: str) -> None:
    image = LayoutStore(directory).resolve("v1.0")
    target = {"blob": blob_of(directory, image), "folder": directory / "blobs" / "sha256"}.get(
        kind, directory / kind
    )
    moved = tmp_path / "elsewhere"
    target.rename(moved)
    target.symlink_to(moved)
    with pytest.raises(NotFoundError):
        fetch_all(LayoutStore(directory), image)


def test_t37_a_pipe_in_place_of_a_blob_does_not_hang(directory: Path) -> None:
    store = LayoutStore(directory)
    image = store.resolve("v1.0")
    blob_of(directory, image).unlink()
    os.mkfifo(blob_of(directory, image))
    with pytest.raises(NotFoundError, match="not a plain file"):
        store.fetch(image)
    assert not store.exists(image)


@pytest.mark.parametrize(
    "digest", ["sha256:../../../etc/passwd", "../x:" + "a" * 64, "sha256:" + "A" * 64, "md5:" + "a" * 32]
)
def test_t37_a_digest_never_becomes_a_path_unchecked(directory: Path, digest: str) -> None:
    index = {"schemaVersion": 2, "manifests": [{"mediaType": "a/b", "digest": digest, "size": 1}]}
    (directory / "index.json").write_text(json.dumps(index))
    with pytest.raises(RegexploreError):
        LayoutStore(directory)
    with pytest.raises(RegexploreError):
        LayoutStore(write_layout(supply_chain.small(), directory)).resolve(digest)


def test_t37_names_are_kept_as_they_are_and_never_paths(directory: Path) -> None:
    name = "../../\x1b[2J<script>"
    entry = json.loads((directory / "index.json").read_text())["manifests"][0]
    entry["annotations"] = {REF_NAME: name}
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    store = LayoutStore(directory)
    assert [*store.tag_pages()] == [[name]]
    assert store.resolve(name).digest == entry["digest"]


def test_t37_a_huge_index_is_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout_module, "MAX_INDEX_BYTES", 100)
    with pytest.raises(SizeExceedsLimitError):
        LayoutStore(directory)


def test_a_layout_of_another_version_is_refused(directory: Path) -> None:
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "2.0.0"}')
    with pytest.raises(DocumentError, match=r"2\.0\.0"):
        LayoutStore(directory)


def test_no_directory_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        LayoutStore(tmp_path / "nothing")


def test_another_size_on_disk_is_told_at_once(directory: Path) -> None:
    store = LayoutStore(directory)
    image = store.resolve("v1.0")
    with blob_of(directory, image).open("ab") as blob:
        blob.write(b"more")
    with pytest.raises(ContentError):
        store.fetch(image)


def test_a_broken_document_does_not_hide_other_predecessors(directory: Path) -> None:
    store = LayoutStore(directory)
    image = store.resolve("v1.0")
    [sbom] = store.predecessors(image)
    [signature] = store.predecessors(sbom)
    index = json.loads((directory / "index.json").read_text())
    index["manifests"].append(sbom.to_json())
    (directory / "index.json").write_text(json.dumps(index))
    blob_of(directory, signature).write_bytes(b"{}")
    fresh = LayoutStore(directory)
    assert [found.digest for found in fresh.predecessors(image)] == [sbom.digest]
    assert fresh.predecessors(sbom) == []
    assert signature.digest in fresh.problems[0]


def test_the_last_of_equal_names_counts(directory: Path) -> None:
    index = json.loads((directory / "index.json").read_text())
    first, *rest = index["manifests"]
    second = {**rest[0], "annotations": {REF_NAME: "v1.0"}}
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [first, second]}))
    assert LayoutStore(directory).resolve("v1.0").digest == second["digest"]


def test_t37_a_file_that_becomes_shorter_while_it_is_read_is_refused(directory: Path) -> None:
    store = LayoutStore(directory)
    image = store.resolve("v1.0")
    for move in (lambda file: file.read(), lambda file: file.seek(10)):
        path = blob_of(directory, image)
        whole = path.read_bytes()
        with store.fetch(image) as file:
            assert file.tell() == 0
            assert file.readable()
            os.truncate(path, 20)
            with pytest.raises(ContentError):
                move(file)
        path.write_bytes(whole)


def test_content_that_is_named_by_nothing_is_bytes_of_that_size(directory: Path) -> None:
    store = LayoutStore(directory)
    digest = Digest.of(b"loose")
    path = directory / "blobs" / "sha256" / digest.encoded
    path.write_bytes(b"loose")
    assert store.resolve(digest) == Descriptor("application/octet-stream", digest, 5)
    with pytest.raises(NotFoundError):
        store.resolve(Digest.of(b"nowhere"))


def test_t31_no_more_documents_are_looked_at_than_the_limit(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout_module, "MAX_SCANNED", 1)
    store = LayoutStore(directory)
    store.predecessors(store.resolve("v1.0"))
    assert store.problems == ("stopped after 1 documents",)


def test_an_index_file_that_is_none_is_refused(directory: Path) -> None:
    tree = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
    for content in (json.dumps(tree), "[]", "{"):
        (directory / "index.json").write_text(content)
        with pytest.raises(DocumentError):
            LayoutStore(directory)
