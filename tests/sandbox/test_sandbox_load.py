"""A layout from disk is served as a repository."""

from __future__ import annotations

import json

import pytest
from support.registry_wire import EMPTY_TYPE, INDEX, MANIFEST, Wire, sha

from regexplore.errors import DocumentError, MismatchedDigestError
from regexplore.oci import Digest
from regexplore.sandbox import LayoutStore, MemoryStore, SandboxServer
from regexplore.sandbox.load import load_layout


def descriptor(media_type, content):
    return {"mediaType": media_type, "digest": sha(content), "size": len(content)}


@pytest.fixture
def layout(tmp_path):
    """A layout with an index of two images that share their config; one tag, one layer missing."""
    store = LayoutStore(tmp_path / "made")
    store.put_blob("x", Digest.of(b"{}"), b"{}")
    config = descriptor(EMPTY_TYPE, b"{}")
    images = []
    for layer in (b"present", b"missing"):
        tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config}
        tree["layers"] = [descriptor("application/octet-stream", layer)]
        content = json.dumps(tree).encode()
        store.put_manifest("x", MANIFEST, content)
        images.append(descriptor(MANIFEST, content))
    store.put_blob("x", Digest.of(b"present"), b"present")
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": images}).encode()
    store.put_manifest("x", INDEX, index, tags=["v1"])
    store.close()
    return tmp_path / "made" / "x"


def test_everything_reachable_is_served(layout):
    store = MemoryStore()
    loaded = load_layout(store, layout, "demo/app")
    assert (loaded.manifests, loaded.blobs, loaded.tags) == (3, 2, ("v1",))
    assert loaded.missing == (sha(b"missing"),)
    with SandboxServer(storage=store) as server:
        wire = Wire(server.url)
        assert wire.tags("demo/app").json()["tags"] == ["v1"]
        for child in wire("GET", "demo/app/manifests/v1").json()["manifests"]:
            assert wire("HEAD", f"demo/app/manifests/{child['digest']}").status_code == 200


def test_a_file_with_another_content_is_refused(layout):
    digest = Digest.of(b"present")
    (layout / "blobs/sha256" / digest.encoded).write_bytes(b"forged")
    with pytest.raises(MismatchedDigestError):
        load_layout(MemoryStore(), layout, "demo/app")


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_t37_an_index_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "index.json").write_bytes(content)
    with pytest.raises(DocumentError, match="no image index"):
        load_layout(MemoryStore(), tmp_path, "demo/app")


def test_t37_names_outside_the_layout_are_not_followed(tmp_path):
    entry = {"mediaType": MANIFEST, "digest": "sha256:../../secret", "size": 1}
    (tmp_path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    loaded = load_layout(MemoryStore(), tmp_path, "demo/app")
    assert (loaded.manifests, loaded.missing) == (0, ("sha256:../../secret",))


def test_there_must_be_a_layout(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_layout(MemoryStore(), tmp_path / "none", "demo/app")
