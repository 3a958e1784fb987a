"""1,000 tags with detail: regexplore beside loops over requests, all in one run.

Each way does the same work: list the tags, read each manifest and its config, check both digests. Rounds are
interleaved, medians are shown; ratios count, absolute times are of this machine.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

import regexplore as rx
from regexplore.oci import Descriptor, media_types
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.faults import Fault

TAGS = 1_000
ROUNDS = 3
WORKERS = 16
ACCEPT = {"Accept": ", ".join(media_types.DEFAULT_MANIFEST_TYPES), "Accept-Encoding": "identity"}


def fill(server: SandboxServer, count: int = TAGS) -> None:
    """Put images with a config of their own under so many tags."""
    layer = b"layer"
    described = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, layer)
    server.store.put_blob("bench/many", described.digest, layer)
    for n in range(count):
        config = json.dumps(
            {"architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z", "author": str(n)}
        ).encode()
        config_descriptor = Descriptor.from_bytes(media_types.OCI_CONFIG, config)
        server.store.put_blob("bench/many", config_descriptor.digest, config)
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": media_types.OCI_MANIFEST,
                "config": config_descriptor.to_json(),
                "layers": [described.to_json()],
            }
        ).encode()
        server.store.put_manifest("bench/many", media_types.OCI_MANIFEST, manifest, tags=[f"v{n}"])


def with_regexplore(host: str) -> int:
    """``tags(detail=True)``."""
    frame = rx.Registry(host).repository("bench/many").tags(detail=True, progress=None)
    assert frame["error"].isna().all()
    return len(frame)


def one_after_the_other(host: str) -> int:
    """A plain loop over one session."""
    session = requests.Session()
    return sum(_detail(session, host, tag) for tag in _tags(session, host))


def thread_pool(host: str) -> int:
    """A plain thread pool over one session with a pool of the same size."""
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=WORKERS))
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(lambda tag: _detail(session, host, tag), _tags(session, host)))


def _tags(session: requests.Session, host: str) -> list[str]:
    return session.get(f"http://{host}/v2/bench/many/tags/list").json()["tags"]


def _detail(session: requests.Session, host: str, tag: str) -> int:
    answer = session.get(f"http://{host}/v2/bench/many/manifests/{tag}", headers=ACCEPT)
    assert f"sha256:{hashlib.sha256(answer.content).hexdigest()}" == answer.headers["Docker-Content-Digest"]
    digest = answer.json()["config"]["digest"]
    config = session.get(
        f"http://{host}/v2/bench/many/blobs/{digest}", headers={"Accept-Encoding": "identity"}
    )
    assert f"sha256:{hashlib.sha256(config.content).hexdigest()}" == digest
    return 1


WAYS: dict[str, Callable[[str], int]] = {
    "regexplore": with_regexplore,
    "requests, 16 threads": thread_pool,
    "requests, one by one": one_after_the_other,
}


def main() -> None:
    for delay in (0.0, 0.02):
        with SandboxServer() as server:
            fill(server)
            if delay:
                server.faults.add(Fault.delay(delay))
            measure(server, delay)


def measure(server: SandboxServer, delay: float) -> None:
    ways = dict(WAYS)
    if delay:
        # 2,001 requests one by one take 40 s a round and teach nothing new.
        del ways["requests, one by one"]
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    requests_sent: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            before = server.log[-1].n if len(server.log) else 0
            started = time.perf_counter()
            assert way(server.host) == TAGS
            seconds[name].append(time.perf_counter() - started)
            requests_sent[name] = server.log[-1].n - before
    print(f"\n{TAGS} tags with detail, {delay * 1000:.0f} ms of delay, median of {ROUNDS} rounds")
    print(f"{'way':24}{'seconds':>9}{'spread':>16}{'requests':>10}{'ratio to ours':>15}")
    ours = statistics.median(seconds["regexplore"])
    for name, times in seconds.items():
        median = statistics.median(times)
        spread = f"{min(times):.2f} to {max(times):.2f}"
        print(f"{name:24}{median:9.2f}{spread:>16}{requests_sent[name]:10}{median / ours:15.2f}")
    if delay:
        floor = requests_sent["regexplore"] * delay / WORKERS
        print(f"{'the delay alone':24}{floor:9.2f}{'':>16}{'':>10}{floor / ours:15.2f}")


if __name__ == "__main__":
    main()
