"""What the Python peers push we read, and what we push they read, byte for byte."""

import hashlib
import json
from pathlib import Path

import pytest
from support.clients import repository

from regexplore.oci import EMPTY_JSON, Descriptor, media_types

pytestmark = pytest.mark.interop

CONTENT = bytes(range(256)) * 4096
BLOB = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, CONTENT)


@pytest.fixture(params=["docker_registry", "go_registry", "sandbox"])
def host(request):
    found = request.getfixturevalue(request.param)
    return found if isinstance(found, str) else found.host


def test_dxf_reads_our_blob_and_we_read_its(host, tmp_path):
    dxf = pytest.importorskip("dxf")
    repo = repository(host, "peers/dxf")
    with dxf.DXF(host, "peers/dxf", insecure=True) as peer:
        repo.push(BLOB, CONTENT)
        assert b"".join(peer.pull_blob(BLOB.digest)) == CONTENT
        theirs = hashlib.sha256(b"theirs").hexdigest()
        (tmp_path / "theirs").write_bytes(b"theirs")
        assert peer.push_blob(str(tmp_path / "theirs")) == f"sha256:{theirs}"
        assert repo.fetch_all(Descriptor("application/octet-stream", f"sha256:{theirs}", 6)) == b"theirs"
        peer.set_alias("v1", f"sha256:{theirs}")
        manifest, stream = repo.fetch_reference("v1")
        assert peer.get_manifest("v1").encode() == stream.read()
        assert repo.resolve("v1") == manifest


def test_oras_py_pulls_what_we_push_and_we_read_what_it_pushes(host, tmp_path, monkeypatch):
    client = pytest.importorskip("oras.client").OrasClient(hostname=host, insecure=True)
    monkeypatch.chdir(tmp_path)
    repo = repository(host, "peers/oras")
    (tmp_path / "hello.txt").write_text("hello")
    client.push(target=f"{host}/peers/oras:theirs", files=["hello.txt"])
    _, stream = repo.fetch_reference("theirs")
    manifest = json.loads(stream.read())
    (layer,) = manifest["layers"]
    assert repo.fetch_all(Descriptor(layer["mediaType"], layer["digest"], layer["size"])) == b"hello"

    layer = {**BLOB.to_json(), "annotations": {"org.opencontainers.image.title": "ours.bin"}}
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": EMPTY_JSON.to_json(),
        "layers": [layer],
    }
    content = json.dumps(tree).encode()
    repo.push(BLOB, CONTENT)
    repo.push(EMPTY_JSON, b"{}")
    repo.push_reference(Descriptor.from_bytes(media_types.OCI_MANIFEST, content), content, "ours")
    (path,) = client.pull(target=f"{host}/peers/oras:ours", outdir=str(tmp_path / "out"))
    assert Path(path).read_bytes() == CONTENT
