"""The embedded registry beside Debian's docker-registry, in one run: small requests, one large blob, memory.

Run: ``python tests/bench/sandbox_vs_distribution.py [--blob-mib 1024]``. Numbers mean something only as
ratios: both servers meet the same client on the same machine, one after the other, each with its disk store.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
REPOSITORY = "bench/app"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
SERVE = """
import sys, time
from regexplore.sandbox import SandboxServer
with SandboxServer(storage=sys.argv[1]) as server:
    print(server.host, flush=True)
    sys.stdin.read()
"""
CONFIG = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: {host}}}
"""


@dataclass(frozen=True)
class Running:
    """A server under measurement."""

    host: str
    pid: int

    def peak_memory_mib(self) -> float:
        """Largest resident size so far."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@contextmanager
def sandbox(root: Path) -> Iterator[Running]:
    """Run the embedded registry in a process of its own."""
    command = [sys.executable, "-c", SERVE, str(root / "sandbox")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Running(process.stdout.readline().strip(), process.pid)
        finally:
            process.stdin.close()
            process.wait(10)


@contextmanager
def distribution(root: Path) -> Iterator[Running]:
    """Run docker-registry."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    config = root / "distribution.yml"
    config.write_text(CONFIG.format(root=root / "distribution", host=host))
    command = ["docker-registry", "serve", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(host)
            yield Running(host, process.pid)
        finally:
            process.terminate()
            process.wait(10)


def _wait(host: str) -> None:
    for _ in range(200):
        try:
            _request(host, "GET", "/v2/")
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing answers on {host}")


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
    before = running.peak_memory_mib()
    chunk = b"\x5a\xa5" * (1 << 19)
    hasher = hashlib.sha256()
    for _ in range(blob_mib):
        hasher.update(chunk)
    digest = "sha256:" + hasher.hexdigest()
    figures["push blob, MiB/s"] = blob_mib / push_blob(running.host, chunk, blob_mib, digest)
    figures["pull blob, MiB/s"] = blob_mib / pull_blob(running.host, digest, blob_mib << 20)
    figures["memory grown, MiB"] = running.peak_memory_mib() - before
    return figures


def main() -> int:
    """Measure both servers and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blob-mib", type=int, default=1024)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    servers: dict[str, Callable[[Path], object]] = {"sandbox": sandbox}
    if shutil.which("docker-registry"):
        servers["docker-registry"] = distribution
    figures: dict[str, dict[str, float]] = {}
    for name, server in servers.items():
        with tempfile.TemporaryDirectory() as root, server(Path(root)) as running:
            figures[name] = measure(running, options.blob_mib, options.seconds)
    if len(figures) == 1:
        print("docker-registry is not installed: no ratios")
    print(f"{'':28}{''.join(f'{name:>18}' for name in figures)}{'ratio':>10}")
    for key, ours in figures["sandbox"].items():
        values = [held[key] for held in figures.values()]
        ratio = f"{ours / values[1]:10.2f}" if len(values) == 2 and values[1] else ""
        print(f"{key:28}{''.join(f'{value:18,.1f}' for value in values)}{ratio}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
