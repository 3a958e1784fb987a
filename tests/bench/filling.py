"""What the registries are filled with: written into docker-registry's own store, or pushed over HTTP."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from regexplore.oci import Descriptor, media_types

MIB = 1 << 20
PUSHERS = 8


def write_tags(data: Path, repository: str, count: int) -> None:
    """Write the names of tags into docker-registry's store, which lists folders."""
    folder = data / "docker/registry/v2/repositories" / repository / "_manifests/tags"
    folder.mkdir(parents=True)
    for n in range(count):
        (folder / f"v{n:06}").mkdir()


def write_blob(data: Path, repository: str, mib: int) -> tuple[str, Path]:
    """Write a random blob into docker-registry's store; returns its digest and its file."""
    root = data / "docker/registry/v2"
    root.mkdir(parents=True, exist_ok=True)
    hasher, written = hashlib.sha256(), root / "writing"
    with written.open("wb") as content:
        for _ in range(mib):
            part = os.urandom(MIB)
            hasher.update(part)
            content.write(part)
    name = hasher.hexdigest()
    blob = root / "blobs/sha256" / name[:2] / name / "data"
    link = root / "repositories" / repository / "_layers/sha256" / name / "link"
    blob.parent.mkdir(parents=True)
    link.parent.mkdir(parents=True)
    written.rename(blob)
    link.write_text(f"sha256:{name}")
    return f"sha256:{name}", blob


def push_tags(host: str, repository: str, count: int) -> list[str]:
    """Push so many tags of images with a config of their own, about 2.6 kB each; returns the configs' digests."""
    connections = threading.local()

    def send(method: str, path: str, body: bytes, media_type: str) -> None:
        if not hasattr(connections, "own"):
            connections.own = http.client.HTTPConnection(host)
        connections.own.request(method, f"/v2/{repository}/{path}", body, {"Content-Type": media_type})
        answer = connections.own.getresponse()
        answer.read()
        assert answer.status == 201, (answer.status, path)

    def push(n: int) -> str:
        config = config_of(n)
        described = Descriptor.from_bytes(media_types.OCI_CONFIG, config)
        # One request for each: go-containerregistry's registry takes it, and keeps no count of layers.
        send("POST", f"blobs/uploads/?digest={described.digest}", config, "application/octet-stream")
        send("PUT", f"manifests/v{n:06}", manifest_of(described), media_types.OCI_MANIFEST)
        return str(described.digest)

    with ThreadPoolExecutor(PUSHERS) as pool:
        return list(pool.map(push, range(count)))


def config_of(n: int) -> bytes:
    """Give a config as builders write them, one for each number."""
    history = [
        {"created": "2026-01-01T00:00:00Z", "created_by": f"RUN step {step} of build {n}"}
        for step in range(24)
    ]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "author": str(n),
        "config": {"Env": ["PATH=/usr/bin"], "Cmd": ["/bin/app"]},
        "history": history,
    }
    return json.dumps(config).encode()


def manifest_of(config: Descriptor) -> bytes:
    """Give the manifest of an image with one layer."""
    layer = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, b"layer")
    held = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": config.to_json(),
        "layers": [layer.to_json()],
    }
    return json.dumps(held).encode()
