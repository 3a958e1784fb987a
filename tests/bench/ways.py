"""The ways in Python, ours and the peers': each run in a process of its own, ``python -m bench.ways NAME ARGUMENTS``.

A way is a generator. What it does before its first ``yield`` is making ready, imports above all; what it does between
the first and the second is timed, and the second says how many things were read.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CHUNK = 1 << 20
Way = Callable[..., Iterator[Any]]
WAYS: dict[str, Way] = {}


def way(function: Way) -> Way:
    """Give a function the name that it has on the command line."""
    WAYS[function.__name__] = function
    return function


# ---- ours -----------------------------------------------------------------------------------------


@way
def ours_names(host: str, repository: str, page: str = "0") -> Iterator[Any]:
    """The tags, page by page: what other clients give. Page 0 is as many as the registry likes."""
    from regexplore.objects import Registry

    yield
    target = Registry(host, tag_list_page_size=int(page)).repository(repository)
    yield len([tag for page in target.tag_pages() for tag in page])


@way
def ours_tags(host: str, repository: str, page: str = "0") -> Iterator[Any]:
    """``repository.tags()``, a frame."""
    import regexplore.frames.tags  # noqa: F401
    from regexplore.objects import Registry

    yield
    target = Registry(host, tag_list_page_size=int(page)).repository(repository)
    yield len(target.tags(progress=None))


@way
def ours_detail(host: str, repository: str, connections: str, cache: str = "") -> Iterator[Any]:
    """``repository.tags(detail=True)``, a frame; with or without a cache on disk."""
    frame = _detail_of(host, repository, int(connections), cache)
    yield
    yield len(frame())


@way
def ours_detail_again(host: str, repository: str, connections: str) -> Iterator[Any]:
    """The second look of the same object."""
    frame = _detail_of(host, repository, int(connections))
    frame()
    yield
    yield len(frame())


def _detail_of(host: str, repository: str, connections: int, cache: str = "") -> Callable[[], Any]:
    import regexplore.frames.tags  # noqa: F401
    from regexplore.objects import Registry
    from regexplore.remote.auth.client import AuthClient
    from regexplore.remote.transport import Transport

    client = AuthClient(Transport(connections=connections), credentials=None)
    options: dict[str, Any] = {"cache_dir": cache} if cache else {}
    target = Registry(host, client=client, **options).repository(repository)
    executor = ThreadPoolExecutor(connections)

    def look() -> Any:
        frame = target.tags(detail=True, executor=executor, progress=None)
        assert frame["error"].isna().all(), frame["error"].dropna().iloc[0]
        return frame

    return look


@way
def ours_blob(host: str, repository: str, digest: str, size: str) -> Iterator[Any]:
    """A blob read through, its digest checked."""
    from regexplore.oci import Descriptor, Digest
    from regexplore.remote.repository import RemoteRepository

    target = Descriptor("application/octet-stream", Digest(digest), int(size))
    yield
    with RemoteRepository(f"{host}/{repository}").fetch(target) as stream:
        while stream.read(CHUNK):
            pass
        assert stream.verified
    yield 1


@way
def ours_push(host: str, repository: str, digest: str, path: str) -> Iterator[Any]:
    """A blob pushed from a file."""
    from regexplore.oci import Descriptor, Digest
    from regexplore.remote.repository import RemoteRepository

    target = Descriptor("application/octet-stream", Digest(digest), Path(path).stat().st_size)
    yield
    with Path(path).open("rb") as content:
        RemoteRepository(f"{host}/{repository}").push(target, content)
    yield 1


@way
def ours_files(host: str, repository: str, tag: str, cache: str = "") -> Iterator[Any]:
    """``image.files()``, every digest and diff_id checked; with or without a cache on disk, layers included."""
    look = _files_of(host, repository, tag, cache)
    yield
    yield look()


@way
def ours_files_again(host: str, repository: str, tag: str) -> Iterator[Any]:
    """The second look of the same object."""
    look = _files_of(host, repository, tag)
    look()
    yield
    yield look()


def _files_of(host: str, repository: str, tag: str, cache: str = "") -> Callable[[], int]:
    import regexplore.frames.files  # noqa: F401
    from regexplore.objects import Repository

    options: dict[str, Any] = {"cache_dir": cache, "cache_layers": True} if cache else {}
    target = Repository(f"{host}/{repository}", **options)

    def look() -> int:
        frame = target.get(tag).files(progress=None)
        assert frame.attrs["complete"], frame.attrs
        return len(frame)

    return look


@way
def ours_many_entries(path: str) -> Iterator[Any]:
    """A layer of very many entries, listed and merged into a file system."""
    from regexplore.image.file_system import FileSystem
    from regexplore.image.layer import list_layer
    from regexplore.oci import Descriptor

    class Store:
        def fetch(self, _target: Descriptor) -> Any:
            return Path(path).open("rb")

    yield
    media_type = "application/vnd.oci.image.layer.v1.tar"
    listing = list_layer(Store(), Descriptor(media_type, "sha256:" + "0" * 64, 1))
    FileSystem([listing])
    yield len(listing)


@way
def ours_crawl(host: str, folder: str, most: str, dask: str, batch: str) -> Iterator[Any]:
    """A crawl into a folder, on threads or on a Dask cluster of so many processes; an interrupt ends it early."""
    import regexplore as rx
    from regexplore.crawling import crawl, gathering

    gathering.BATCH_REPOSITORIES = int(batch)
    # What a shell starts in the background ignores interrupts, and so would this.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def run(client: Any = None) -> Any:
        return crawl(
            rx.Registry(host),
            on=client,
            into=folder,
            limit=int(most) or None,
            credentials="none",
            progress=None,
        )

    if dask == "0":
        yield
        done, workers, scheduler = run(), [], 0.0
    else:
        from distributed import Client
        from distributed.deploy.subprocess import SubprocessCluster

        # As on a cluster, the scheduler is a process of its own: what it keeps is Dask's, not the crawl's.
        options = {"n_workers": int(dask), "threads_per_worker": 8, "dashboard_address": "127.0.0.1:0"}
        with SubprocessCluster(host="127.0.0.1", **options) as cluster, Client(cluster) as client:
            yield
            done = run(client)
            workers = list(client.run(peak_mib).values())
            scheduler = client.run_on_scheduler(peak_mib)
    yield {
        "done": done.done,
        "earlier": done.earlier,
        "left": done.left,
        "rows": done.rows,
        "requests": done.requests,
        "peak_mib": peak_mib(),
        "workers_mib": workers,
        "scheduler_mib": scheduler,
    }


def peak_mib() -> float:
    """Give the largest resident size of this process so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


# ---- requests -------------------------------------------------------------------------------------

ACCEPT = "application/vnd.oci.image.manifest.v1+json"


@way
def requests_tags(host: str, repository: str) -> Iterator[Any]:
    """A loop over pages of 1,000."""
    import requests

    yield
    session, names = requests.Session(), []
    url: str | None = f"http://{host}/v2/{repository}/tags/list?n=1000"
    while url:
        answer = session.get(url)
        names += answer.json()["tags"]
        following = answer.links.get("next")
        url = following and requests.compat.urljoin(url, following["url"])
    yield len(names)


@way
def requests_detail(host: str, repository: str, workers: str, steps: str) -> Iterator[Any]:
    """A thread pool over one session; ``steps`` is ``get`` (GET, GET) or ``head`` (HEAD, GET, GET)."""
    import requests

    yield
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=int(workers)))
    base = f"http://{host}/v2/{repository}"

    def one(tag: str) -> int:
        name = tag
        if steps == "head":
            name = session.head(f"{base}/manifests/{tag}", headers={"Accept": ACCEPT}).headers[
                "Docker-Content-Digest"
            ]
        answer = session.get(f"{base}/manifests/{name}", headers={"Accept": ACCEPT})
        _check(answer.content, answer.headers["Docker-Content-Digest"])
        digest = json.loads(answer.content)["config"]["digest"]
        config = session.get(f"{base}/blobs/{digest}").content
        _check(config, digest)
        json.loads(config)
        return 1

    tags = session.get(f"{base}/tags/list").json()["tags"]
    with ThreadPoolExecutor(int(workers)) as pool:
        yield sum(pool.map(one, tags))


def _check(content: bytes, digest: str) -> None:
    assert "sha256:" + hashlib.sha256(content).hexdigest() == digest


@way
def requests_blob(host: str, repository: str, digest: str) -> Iterator[Any]:
    """A blob in parts of 1 MiB, hashed."""
    import requests

    yield
    hasher = hashlib.sha256()
    with requests.get(f"http://{host}/v2/{repository}/blobs/{digest}", stream=True) as answer:
        for part in answer.iter_content(CHUNK):
            hasher.update(part)
    assert "sha256:" + hasher.hexdigest() == digest
    yield 1


@way
def requests_tarfile(host: str, repository: str, tag: str) -> Iterator[Any]:
    """Each layer through Python's tarfile; no digest checked."""
    import tarfile

    import requests

    yield
    base, count = f"http://{host}/v2/{repository}", 0
    manifest = requests.get(f"{base}/manifests/{tag}", headers={"Accept": ACCEPT}).json()
    for layer in manifest["layers"]:
        answer = requests.get(f"{base}/blobs/{layer['digest']}", stream=True)
        with tarfile.open(fileobj=answer.raw, mode="r|gz") as archive:
            count += sum(1 for _ in archive)
    yield count


# ---- other Python clients -------------------------------------------------------------------------


@way
def oras_tags(host: str, repository: str) -> Iterator[Any]:
    """oras-py: one page, whatever the registry gives."""
    import oras.client

    yield
    yield len(oras.client.OrasClient(hostname=host, insecure=True).get_tags(f"{host}/{repository}"))


@way
def oras_detail(host: str, repository: str, workers: str) -> Iterator[Any]:
    """oras-py in a thread pool: GET and GET, nothing checked."""
    import oras.client

    yield
    client = oras.client.OrasClient(hostname=host, insecure=True)
    place = f"{host}/{repository}"

    def one(tag: str) -> int:
        manifest = client.get_manifest(f"{place}:{tag}")
        client.get_blob(place, manifest["config"]["digest"]).json()
        return 1

    with ThreadPoolExecutor(int(workers)) as pool:
        yield sum(pool.map(one, client.get_tags(place)))


@way
def oras_blob(host: str, repository: str, digest: str, path: str) -> Iterator[Any]:
    """oras-py: to a file, nothing checked."""
    import oras.client

    client = oras.client.OrasClient(hostname=host, insecure=True)
    yield
    client.download_blob(f"{host}/{repository}:x", digest, path + ".oras")
    yield 1


@way
def dxf_blob(host: str, repository: str, digest: str) -> Iterator[Any]:
    """python-dxf: in parts of 1 MiB, hashed."""
    import dxf

    client = dxf.DXF(host, repository, insecure=True)
    yield
    for _ in client.pull_blob(digest, chunk_size=CHUNK):
        pass
    yield 1


@way
def dxf_push(host: str, repository: str, digest: str, path: str) -> Iterator[Any]:
    """python-dxf: from a file."""
    import dxf

    client = dxf.DXF(host, repository, insecure=True)
    yield
    client.push_blob(path, digest=digest, check_exists=False)
    yield 1


# ---- bounds ---------------------------------------------------------------------------------------


@way
def hash_alone(size: str) -> Iterator[Any]:
    """Hash as many bytes, in memory already."""
    part = os.urandom(CHUNK)
    hasher = hashlib.sha256()
    yield
    for _ in range(int(size) // CHUNK):
        hasher.update(part)
    yield 1


def main(name: str, *arguments: str) -> None:
    """Run one way and print what it took."""
    steps = WAYS[name](*arguments)
    next(steps)
    started = time.perf_counter()
    items = next(steps)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "items": items}))


if __name__ == "__main__":
    main(*sys.argv[1:])
