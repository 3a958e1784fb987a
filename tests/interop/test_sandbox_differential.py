"""The sandbox beside Debian's docker-registry 2.8: what the conformance program does not look at.

The profile "distribution-2.8" must answer as that server does; where the plain profile differs, the
specification says why.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time

import pytest
import requests
from support.registry_wire import MANIFEST, Wire, sha

from regexplore.sandbox import SandboxServer

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("docker-registry") is None, reason="docker-registry is not installed"),
]
TAGS = ["latest", "v1.2", "Z9", "B", "_x", "v1.10", "a"]
ACCEPT = {"Accept": MANIFEST}
CONFIG = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: {host}}}
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Both servers with the same content."""
    root = tmp_path_factory.mktemp("distribution")
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    (root / "config.yml").write_text(CONFIG.format(root=root / "data", host=host))
    command = ["docker-registry", "serve", str(root / "config.yml")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        real = Wire(f"http://{host}")
        _wait(real)
        with SandboxServer("distribution-2.8") as server:
            ours = Wire(server.url)
            for wire in (real, ours):
                wire.push_image("demo/app", *TAGS)
                wire.push_image("another", "v1")
            yield real, ours
    finally:
        process.terminate()
        process.wait(10)


def _wait(wire):
    for _ in range(200):
        try:
            wire("GET", "/v2/")
            return
        except requests.exceptions.ConnectionError:
            time.sleep(0.05)
    pytest.fail("docker-registry does not answer")


def seen(response):
    """What a client can see of an answer, without what names a server or a session."""
    headers = response.headers
    body = response.content
    if headers.get("Content-Type", "").startswith("application/json") and response.status_code >= 400:
        body = [error["code"] for error in json.loads(body)["errors"]]
    elif "tags" in response.request.url:
        body = sorted(json.loads(body)["tags"])
    elif "_catalog" in response.request.url:
        body = json.loads(body)
    kept = ("Docker-Content-Digest", "Link", "Content-Range", "Accept-Ranges", "Etag", "Location")
    shown = {name: headers.get(name) for name in kept}
    if shown["Location"]:
        shown["Location"] = shown["Location"].partition("/v2/")[2].partition("?")[0]
    return response.status_code, shown, body


EMPTY = sha(b"{}")
REQUESTS = {
    "tags": ("GET", "demo/app/tags/list", {}),
    "tags n=0": ("GET", "demo/app/tags/list?n=0", {}),
    "tags n=2": ("GET", "demo/app/tags/list?n=2&last=a", {}),
    "tags n=-1": ("GET", "demo/app/tags/list?n=-1", {}),
    "tags n=abc": ("GET", "demo/app/tags/list?n=abc", {}),
    "catalog": ("GET", "_catalog", {}),
    "manifest": ("GET", "demo/app/manifests/latest", {"headers": ACCEPT}),
    "manifest HEAD": ("HEAD", "demo/app/manifests/latest", {"headers": ACCEPT}),
    "manifest without Accept": ("GET", "demo/app/manifests/latest", {}),
    "manifest missing": ("GET", "demo/app/manifests/none", {"headers": ACCEPT}),
    "blob part": ("GET", f"demo/app/blobs/{EMPTY}", {"headers": {"Range": "bytes=0-0"}}),
    "blob suffix": ("GET", f"demo/app/blobs/{EMPTY}", {"headers": {"Range": "bytes=-1"}}),
    "blob HEAD": ("HEAD", f"demo/app/blobs/{EMPTY}", {}),
    "blob missing": ("GET", f"demo/app/blobs/{sha(b'none')}", {}),
    "name outside the grammar": ("GET", "UPPER/manifests/v1", {}),
    "tag outside the grammar": ("GET", "demo/app/manifests/-bad", {}),
    "no endpoint": ("GET", "demo/app/other/x", {}),
    "referrers": ("GET", f"demo/app/referrers/{EMPTY}", {}),
    "tag deletion": ("DELETE", "demo/app/manifests/latest", {}),
    "upload missing": ("GET", "demo/app/blobs/uploads/00000000-0000-0000-0000-000000000000", {}),
    "manifest no JSON": (
        "PUT",
        "demo/app/manifests/x",
        {"data": b"{", "headers": {"Content-Type": MANIFEST}},
    ),
    "mount": ("POST", f"demo/new/blobs/uploads/?mount={EMPTY}&from=demo/app", {}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_profile_answers_as_the_server_does(pair, name):
    method, path, options = REQUESTS[name]
    real, ours = (seen(wire(method, path, **options)) for wire in pair)
    assert ours == real


def test_pages_of_the_catalog_are_linked_alike(pair):
    for wire in pair:
        first = wire("GET", "_catalog?n=1")
        assert first.json()["repositories"] == ["another"]
        assert wire("GET", first.links["next"]["url"]).json()["repositories"][0] == "demo/app"
