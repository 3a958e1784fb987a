"""The embedded registry beside Debian's docker-registry, in one run: small requests, one large blob, memory.

Both servers meet the same client, one after the other, each with its disk store.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench import harness
from bench.harness import Size
from bench.section import Goal, Section
from bench.serve import Running, sandbox
from support.registries import distribution_process
from support.tools import tool

CONNECTIONS = 8
REPOSITORY = "bench/app"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@contextmanager
def docker_registry(folder: Path) -> Iterator[Running]:
    """Run docker-registry."""
    with distribution_process(tool("docker-registry"), folder) as (host, pid):
        yield Running(host, pid)


def _request(
    host: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(host, timeout=120)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    response.body = response.read()
    connection.close()
    return response


def push_image(host: str) -> str:
    """Push an image of one small layer under the tag v1; return the digest of its config."""
    config = b"{}"
    digest = "sha256:" + hashlib.sha256(config).hexdigest()
    start = _request(host, "POST", f"/v2/{REPOSITORY}/blobs/uploads/", b"")
    location = start.headers["Location"]
    path = location[location.index("/v2/") :]
    joint = "&" if "?" in path else "?"
    _request(host, "PUT", f"{path}{joint}digest={digest}", config)
    part = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": len(config)}
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": part, "layers": [part]}
    ).encode()
    done = _request(host, "PUT", f"/v2/{REPOSITORY}/manifests/v1", manifest, {"Content-Type": MANIFEST_TYPE})
    if done.status != 201:
        raise RuntimeError(f"push failed: {done.status} {done.body!r}")
    return digest


def small_requests(host: str, method: str, path: str, seconds: float) -> float:
    """Return requests a second over a few connections that are kept open."""
    request = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: {MANIFEST_TYPE}\r\n\r\n".encode()
    address = host.split(":")
    sockets = [socket.create_connection((address[0], int(address[1]))) for _ in range(CONNECTIONS)]
    for one in sockets:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    size = _response_size(sockets[0], request, has_body=method != "HEAD")
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for one in sockets:
            one.sendall(request)
        for one in sockets:
            left = size
            while left > 0:
                left -= len(one.recv(65536))
        count += len(sockets)
    rate = count / (time.perf_counter() - started)
    for one in sockets:
        one.close()
    return rate


def _response_size(connection: socket.socket, request: bytes, *, has_body: bool) -> int:
    connection.sendall(request)
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += connection.recv(65536)
    head, _, _body = seen.partition(b"\r\n\r\n")
    if b" 200 " not in head[:20]:
        raise RuntimeError(head.decode())
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    expected = len(head) + 4 + (length if has_body else 0)
    while len(seen) < expected:
        seen += connection.recv(65536)
    return expected


def push_blob(host: str, chunk: bytes, chunks: int, digest: str) -> float:
    """Return seconds for pushing a blob in one PUT."""
    start = _request(host, "POST", f"/v2/{REPOSITORY}/blobs/uploads/", b"")
    location = start.headers["Location"]
    path = location[location.index("/v2/") :]
    joint = "&" if "?" in path else "?"
    connection = http.client.HTTPConnection(host, timeout=600)
    started = time.perf_counter()
    connection.putrequest("PUT", f"{path}{joint}digest={digest}")
    connection.putheader("Content-Length", str(len(chunk) * chunks))
    connection.endheaders()
    for _ in range(chunks):
        connection.send(chunk)
    response = connection.getresponse()
    response.read()
    if response.status != 201:
        raise RuntimeError(f"blob push failed: {response.status}")
    return time.perf_counter() - started


def pull_blob(host: str, digest: str, size: int) -> float:
    """Return seconds for reading a blob."""
    connection = http.client.HTTPConnection(host, timeout=600)
    started = time.perf_counter()
    connection.request("GET", f"/v2/{REPOSITORY}/blobs/{digest}")
    response = connection.getresponse()
    buffer = memoryview(bytearray(1 << 20))
    got = 0
    while count := response.readinto(buffer):
        got += count
    if got != size:
        raise RuntimeError(f"got {got} of {size} bytes")
    return time.perf_counter() - started


def measure(running: Running, blob_mib: int, seconds: float) -> dict[str, float]:
    """Return all figures of one server."""
    config = push_image(running.host)
    base = f"/v2/{REPOSITORY}"
    figures = {
        "GET manifest by tag, 1/s": small_requests(running.host, "GET", f"{base}/manifests/v1", seconds),
        "HEAD manifest by tag, 1/s": small_requests(running.host, "HEAD", f"{base}/manifests/v1", seconds),
        "GET small blob, 1/s": small_requests(running.host, "GET", f"{base}/blobs/{config}", seconds),
        "GET tags, 1/s": small_requests(running.host, "GET", f"{base}/tags/list", seconds),
    }
    before = running.peak_mib()
    chunk = b"\x5a\xa5" * (1 << 19)
    hasher = hashlib.sha256()
    for _ in range(blob_mib):
        hasher.update(chunk)
    digest = "sha256:" + hasher.hexdigest()
    figures["push blob, MiB/s"] = blob_mib / push_blob(running.host, chunk, blob_mib, digest)
    figures["pull blob, MiB/s"] = blob_mib / pull_blob(running.host, digest, blob_mib << 20)
    figures["memory grown, MiB"] = running.peak_mib() - before
    return figures


def sections(size: Size) -> Iterator[Section]:
    """Measure both servers."""
    blob_mib, seconds = size.of(1024, 128, 4), size.of(3.0, 1.0, 0.1)
    servers: dict[str, Callable[[Path], AbstractContextManager[Running]]] = {
        "sandbox": lambda folder: sandbox("disk", folder / "sandbox")
    }
    if tool("docker-registry"):
        servers["docker-registry"] = docker_registry
    figures: dict[str, dict[str, float]] = {}
    for name, server in servers.items():
        with tempfile.TemporaryDirectory() as root, server(Path(root)) as running:
            figures[name] = measure(running, blob_mib, seconds)
    rows, goals = [], []
    for key, ours in figures["sandbox"].items():
        values = [held[key] for held in figures.values()]
        rows.append([key, *(f"{value:,.1f}" for value in values)])
        if len(values) == 2:
            # A small blob may leave no trace in the peak.
            ratio = ours / values[1] if values[1] else 0.0
            rows[-1].append(f"{ratio:.2f}")
            goals.append(Goal(f"sandbox over docker-registry, {key}", ratio))
    yield Section(
        "sandbox",
        "The embedded registry beside docker-registry",
        f"One client, {CONNECTIONS} connections; a blob of {blob_mib:,} MiB pushed and pulled.",
        ["", *figures, *(["ratio"] if len(figures) == 2 else [])],
        rows,
        goals,
        harness.left_out(),
    )


if __name__ == "__main__":
    harness.main(sections)
