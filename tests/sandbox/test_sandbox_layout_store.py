"""The store on disk: image layouts that other tools read, and nothing acknowledged is ever lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from support.registry_wire import EMPTY_TYPE, MANIFEST, Wire, sha

from regexplore.errors import MismatchedDigestError
from regexplore.oci import Digest
from regexplore.sandbox import LayoutStore, MemoryStore, SandboxServer

ROOT = Path(__file__).parents[2]
SERVE = """
import sys
from regexplore.sandbox import SandboxServer
with SandboxServer(storage=sys.argv[1]) as server:
    print(server.host, flush=True)
    sys.stdin.read()
"""
CONFIG = b"{}"
PUSHES = 200


def manifest_of(n, subject=None):
    part = {"mediaType": EMPTY_TYPE, "digest": sha(CONFIG), "size": 2}
    tree = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": part,
        "layers": [],
        "annotations": {"n": str(n)},
    }
    if subject:
        tree["subject"] = {"mediaType": MANIFEST, "digest": subject, "size": 1}
    return json.dumps(tree).encode()


@pytest.fixture
def store(tmp_path):
    opened = LayoutStore(tmp_path / "store")
    yield opened
    opened.close()


def reopened(store):
    store.close()
    return LayoutStore(store.root)


def test_a_repository_is_an_image_layout(store):
    store.put_blob("demo/app", Digest.of(CONFIG), CONFIG)
    content = manifest_of(1)
    digest = store.put_manifest("demo/app", MANIFEST, content, tags=["v1", "v2"])
    untagged = store.put_manifest("demo/app", MANIFEST, manifest_of(2))
    layout = store.root / "demo+app"
    assert json.loads((layout / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    assert (layout / "blobs/sha256" / digest.encoded).read_bytes() == content
    entries = json.loads((layout / "index.json").read_bytes())["manifests"]
    named = [
        (entry["digest"], entry.get("annotations", {}).get("org.opencontainers.image.ref.name"))
        for entry in entries
    ]
    assert named == [(digest, "v1"), (digest, "v2"), (untagged, None)]


def test_everything_is_there_after_reopening(store):
    subject = store.put_manifest("demo/app", MANIFEST, manifest_of(1), tags=["z", "a"])
    referrer = store.put_manifest("demo/app", MANIFEST, manifest_of(2, subject))
    gone = store.put_manifest("demo/app", MANIFEST, manifest_of(3), tags=["gone"])
    large = store.put_manifest(
        "demo/app", MANIFEST, manifest_of(4), digest=Digest.of(manifest_of(4), "sha512")
    )
    store.put_blob("other", Digest.of(b"x"), b"x")
    assert store.mount("demo/app", Digest.of(b"x"), "other")
    store.delete_manifest("demo/app", gone)
    store.delete_tag("demo/app", "z")
    again = reopened(store)
    try:
        assert again.repositories() == ["demo/app"]
        assert again.has_repository("other")
        assert again.tags("demo/app") == ["a"]
        assert again.manifest("demo/app", "a").content == manifest_of(1)
        assert again.manifest("demo/app", large).digest == large
        assert again.manifest("demo/app", gone) is None
        assert [found.digest for found in again.referrers("demo/app", subject)] == [referrer]
        assert again.has_blob("demo/app", Digest.of(b"x"))
    finally:
        again.close()


def test_what_was_half_done_is_swept_away(store):
    (store.root / ".uploads" / "half").write_bytes(b"half a blob")
    again = reopened(store)
    assert list((store.root / ".uploads").iterdir()) == []
    again.close()


def test_one_process_at_a_time(store):
    with pytest.raises(BlockingIOError):
        LayoutStore(store.root)


@pytest.mark.parametrize("make", [lambda path: MemoryStore(), LayoutStore], ids=["memory", "disk"])
def test_stores_check_what_they_are_given(make, tmp_path):
    store = make(tmp_path / "store")
    with pytest.raises(MismatchedDigestError):
        store.put_blob("demo/app", Digest.of(b"x"), b"y")
    with pytest.raises(MismatchedDigestError):
        store.put_manifest("demo/app", MANIFEST, b"{}", digest=Digest.of(b"x"))
    file = tmp_path / "blob"
    file.write_bytes(b"x" * (3 << 20))
    digest = Digest.of(file.read_bytes())
    store.put_blob("demo/app", digest, file)
    blob = store.blob("demo/app", digest)
    assert (blob.size, blob.read((3 << 20) - 2, 10)) == (3 << 20, b"xx")
    blob.close()
    assert file.exists()
    assert not store.delete_blob("demo/app", Digest.of(b"other"))
    assert not store.mount("demo/app", Digest.of(b"other"), None)
    if isinstance(store, LayoutStore):
        store.close()


def test_a_blob_that_is_a_manifest_is_not_deleted_under_it(store):
    digest = store.put_manifest("demo/app", MANIFEST, manifest_of(1))
    assert not store.delete_blob("demo/app", digest)
    assert store.manifest("demo/app", digest) is not None


def push_one(wire, n):
    """Push a blob and a tagged manifest of its own; return both digests when both are acknowledged."""
    content = f"blob {n} ".encode() * 200
    blob = wire.push_blob("demo/app", content)
    body = manifest_of(n)
    answer = wire("PUT", f"demo/app/manifests/t{n}", data=body, headers={"Content-Type": MANIFEST})
    assert answer.status_code == 201
    return n, blob, sha(body)


def test_kill_9_during_200_concurrent_pushes_loses_nothing_acknowledged(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SERVE, str(tmp_path / "store")]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    acknowledged, enough = [], threading.Event()
    try:
        url = f"http://{process.stdout.readline().strip()}"
        Wire(url).push_blob("demo/app", CONFIG)

        def push(n):
            acknowledged.append(push_one(Wire(url), n))
            if len(acknowledged) >= PUSHES // 4:
                enough.set()

        with ThreadPoolExecutor(PUSHES) as pool:
            done = [pool.submit(push, n) for n in range(PUSHES)]
            assert enough.wait(60)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        failed = [future.exception() for future in done if future.exception() is not None]
        assert all(isinstance(error, requests.exceptions.RequestException) for error in failed)
    finally:
        process.kill()
        process.communicate()
    assert len(acknowledged) >= PUSHES // 4
    with SandboxServer(storage=tmp_path / "store") as server:
        wire = Wire(server.url)
        for n, blob, manifest in acknowledged:
            assert sha(wire("GET", f"demo/app/blobs/{blob}").content) == blob
            assert sha(wire("GET", f"demo/app/manifests/t{n}").content) == manifest
        for tag in wire.tags("demo/app").json()["tags"]:
            got = wire("GET", f"demo/app/manifests/{tag}")
            assert sha(got.content) == got.headers["Docker-Content-Digest"]


def test_concurrent_pushes_all_arrive_in_one_index(tmp_path):
    with SandboxServer(storage=tmp_path / "store") as server:
        Wire(server.url).push_blob("demo/app", CONFIG)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda n: push_one(Wire(server.url), n), range(64)))
    entries = json.loads((tmp_path / "store/demo+app/index.json").read_bytes())["manifests"]
    names = {entry["annotations"]["org.opencontainers.image.ref.name"] for entry in entries}
    assert names == {f"t{n}" for n in range(64)}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.interop
def test_skopeo_and_umoci_open_the_layouts(tmp_path):
    missing = [name for name in ("skopeo", "umoci") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    source = tmp_path / "source"
    assert run("umoci", "init", "--layout", str(source)).returncode == 0
    assert run("umoci", "new", "--image", f"{source}:base").returncode == 0
    with SandboxServer(storage=tmp_path / "store") as server:
        target = f"docker://{server.host}/demo/app"
        for tag in ("v1", "v2"):
            pushed = run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{source}:base", f"{target}:{tag}")
            assert (pushed.returncode, pushed.stderr) == (0, "")
    layout = tmp_path / "store" / "demo+app"
    listed = run("umoci", "ls", "--layout", str(layout))
    assert (listed.returncode, sorted(listed.stdout.split())) == (0, ["v1", "v2"])
    inspected = run("skopeo", "inspect", f"oci:{layout}:v2")
    assert (inspected.returncode, inspected.stderr) == (0, "")
    stat = run("umoci", "stat", "--image", f"{layout}:v1")
    assert stat.returncode == 0, stat.stderr
