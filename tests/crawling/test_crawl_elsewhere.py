"""The same rows from processes and from a Dask cluster; nothing secret travels, and no worker is missed."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cloudpickle
import pandas as pd
import pytest
import requests
from support import crawl_work
from support.many_repositories import write_repositories
from typer.testing import CliRunner

import regexplore as rx
from regexplore.cli import app
from regexplore.crawling.access import Access, LocalAccess
from regexplore.crawling.job import Job
from regexplore.errors import CrawlError
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential, DockerConfigStore, HelperStore, MemoryStore
from regexplore.remote.transport import Transport
from regexplore.sandbox.faults import Fault

CANARY = "canary-5f1d"


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes."""
    from distributed import Client, LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 2, "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(processes=True, **options) as running,
        Client(running) as client,
    ):
        yield client


# ---- equal frames --------------------------------------------------------------------------------


@pytest.mark.parametrize("work", ["tags", "layers", crawl_work.tag_count])
def test_processes_give_what_threads_give(many: rx.Registry, processes, tmp_path: Path, work) -> None:
    here = rx.crawl(many, work, progress=None)
    there = rx.crawl(many, work, on=processes, into=tmp_path / "crawl", progress=None)
    pd.testing.assert_frame_equal(there.frame(), here.frame())
    assert there.requests == here.requests


@pytest.mark.slow
@pytest.mark.parametrize("work", ["tags", "referrers", crawl_work.tag_count])
def test_a_cluster_gives_what_threads_give(many: rx.Registry, cluster, tmp_path: Path, work) -> None:
    here = rx.crawl(many, work, into=tmp_path / "here", progress=None)
    there = rx.crawl(many, work, on=cluster, into=tmp_path / "there", progress=None)
    pd.testing.assert_frame_equal(there.frame(), here.frame())
    assert there.requests == here.requests


@pytest.mark.slow
def test_the_command_crawls_on_a_cluster(many: rx.Registry, cluster, tmp_path: Path) -> None:
    here = rx.crawl(many, progress=None).frame()
    command = ["crawl", str(many.reference), "--into", str(tmp_path / "there")]
    done = CliRunner().invoke(app, [*command, "--dask", cluster.scheduler.address, "--credentials", "none"])
    assert done.exit_code == 0, done.output
    there = pd.read_parquet(tmp_path / "there").sort_values(["repository", "tag"], ignore_index=True)
    assert list(there["digest"]) == list(here["digest"])


@pytest.mark.slow
def test_a_lazy_frame_gives_what_threads_give(many: rx.Registry, cluster) -> None:
    here = rx.crawl(many, progress=None).frame()
    lazy = rx.crawl_lazily(many, partition_size=5)
    assert lazy.npartitions == 3
    assert dict(lazy.dtypes) == dict(here.dtypes)
    there = lazy.compute()
    assert list(there["digest"]) == list(here["digest"])
    large = lazy[lazy["size"] > 100]["repository"].nunique().compute()
    assert large == 12


def test_a_lazy_frame_asks_nothing_before_it_is_computed(own: rx.Sandbox) -> None:
    lazy = rx.crawl_lazily(own.registry, repositories=["many/r00001"])
    assert len(own.log) == 0
    assert len(lazy.compute(scheduler="synchronous")) == 3


def test_a_lazy_frame_of_nothing_has_the_columns(own: rx.Sandbox) -> None:
    empty = rx.crawl_lazily(own.registry, repositories=[]).compute(scheduler="synchronous")
    assert list(empty.columns)[:3] == ["repository", "tag", "digest"]
    with pytest.raises(ValueError, match="needs meta"):
        rx.crawl_lazily(own.registry, crawl_work.tag_count)


@pytest.mark.slow
def test_files_are_read_back_as_a_lazy_frame(own: rx.Sandbox, cluster, tmp_path: Path) -> None:
    own.faults.add(Fault.status(403), path="/v2/many/r00005/*")
    done = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None)
    lazy = done.dask_frame()
    assert lazy["tag"].count().compute() == 33
    assert lazy["error"].count().compute() == 1
    assert dict(lazy.dtypes) == dict(done.frame().dtypes)


def test_without_files_there_is_no_lazy_frame(many: rx.Registry) -> None:
    with pytest.raises(CrawlError, match="no files"):
        rx.crawl(many, limit=1, progress=None).dask_frame()


# ---- workers that die ----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_worker_killed_half_way_loses_nothing(own: rx.Sandbox, cluster, tmp_path: Path) -> None:
    work = partial(crawl_work.tag_count_or_death, marker=str(tmp_path / "died"), victim="many/r00006")
    done = rx.crawl(own.registry, work, on=cluster, into=tmp_path / "crawl", progress=None)
    assert (tmp_path / "died").exists()
    assert done.complete
    assert list(done.frame()["tags"]) == [3] * 12


def test_a_pool_that_breaks_keeps_what_arrived_and_goes_on(own: rx.Sandbox, tmp_path: Path) -> None:
    work = partial(crawl_work.tag_count_or_death, marker=str(tmp_path / "died"), victim="many/r00009")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        broken = rx.crawl(own.registry, work, on=pool, into=tmp_path / "crawl", progress=None)
    assert 0 < broken.done < 12
    assert "BrokenProcessPool" in broken.reasons[0]
    whole = rx.crawl(own.registry, work, into=tmp_path / "crawl", progress=None)
    assert (whole.complete, whole.earlier) == (True, broken.done)


def test_a_function_that_cannot_travel_is_told(many: rx.Registry, processes) -> None:
    with pytest.raises(CrawlError, match="could not be run") as caught:
        rx.crawl(many, lambda _: pd.DataFrame(), on=processes, progress=None)
    assert "importable" in caught.value.hint


# ---- secrets -------------------------------------------------------------------------------------


def _pickles(registry: rx.Registry, credentials: str | None = None) -> bytes:
    job = Job(Access.of(registry, credentials), "many/r00001", "tags")
    return pickle.dumps(job) + cloudpickle.dumps(job)


def test_t37_credentials_in_memory_do_not_travel(processes) -> None:
    registry = rx.Registry("localhost:1", credential=Credential("ada", CANARY))
    with pytest.raises(CrawlError, match="do not travel") as caught:
        rx.crawl(registry, on=processes, repositories=["a/b"])
    assert CANARY not in f"{caught.value} {caught.value.hint}"
    assert CANARY.encode() not in _pickles(registry, "default")


@pytest.mark.parametrize("name", ["headers", "proxies", "session", "callable"])
def test_t37_clients_with_secrets_do_not_travel(name: str) -> None:
    session = requests.Session()
    session.auth = ("ada", CANARY)
    clients = {
        "headers": AuthClient(Transport(), headers={"X-Secret": CANARY}),
        "proxies": AuthClient(Transport(proxies={"http": f"http://ada:{CANARY}@proxy"})),
        "session": session,
        "callable": AuthClient(Transport(), credentials=lambda host: Credential("ada", CANARY)),
    }
    registry = rx.Registry("localhost:1", client=clients[name])
    try:
        assert CANARY.encode() not in _pickles(registry)
    except CrawlError as error:
        assert CANARY not in f"{error} {error.hint}"
    for protocol in (pickle, cloudpickle):
        with pytest.raises(CrawlError, match="stays in its process"):
            protocol.dumps(Job(LocalAccess(registry), "a/b", "tags"))


def test_places_of_credentials_travel_by_name(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(f'{{"auths": {{"localhost:1": {{"identitytoken": "{CANARY}"}}}}}}')
    for store, place in [
        (DockerConfigStore(config), f"file:{config}"),
        (HelperStore("pass"), "helper:pass"),
        (None, "none"),
    ]:
        registry = rx.Registry("localhost:1", client=AuthClient(Transport(), credentials=store))
        access = Access.of(registry)
        assert access.credentials == place
        assert CANARY.encode() not in _pickles(registry)
    assert Access.of(rx.Registry("localhost:1")).credentials == "default"
    with pytest.raises(CrawlError, match="no place"):
        Access.of(rx.Registry("localhost:1"), credentials=CANARY)
    with pytest.raises(CrawlError, match="MemoryStore"):
        Access.of(rx.Registry("localhost:1", client=AuthClient(Transport(), credentials=MemoryStore())))


def _crawled_with_a_password(tmp_path: Path, on: Any) -> None:
    write_repositories(tmp_path / "store", range(3), 2)
    config = tmp_path / "config.json"
    with rx.Sandbox(storage=tmp_path / "store", auth="token", users={"ada": CANARY}) as sandbox:
        DockerConfigStore(config, allow_plaintext_put=True).put(sandbox.host, Credential("ada", CANARY))
        place = f"file:{config}"
        done = rx.crawl(sandbox.registry, on=on, credentials=place, into=tmp_path / "crawl", progress=None)
        refused = rx.crawl(sandbox.registry, on=on, credentials="none", progress=None)
    assert (done.complete, done.rows) == (True, 6)
    assert len(refused.failed) == 3
    written = b"".join(file.read_bytes() for file in (tmp_path / "crawl").iterdir())
    assert CANARY.encode() not in written


def test_workers_resolve_credentials_themselves(processes, tmp_path: Path) -> None:
    _crawled_with_a_password(tmp_path, processes)


@pytest.mark.slow
def test_workers_of_a_cluster_resolve_credentials_themselves(cluster, tmp_path: Path) -> None:
    _crawled_with_a_password(tmp_path, cluster)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_shares_no_connection(many: rx.Registry) -> None:
    rx.crawl(many, limit=1, progress=None)
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        done = rx.crawl(many, on=pool, credentials="none", progress=None)
    assert (done.complete, done.rows) == (True, 36)


def test_no_error_of_a_job_is_lost_on_the_way(own: rx.Sandbox, processes) -> None:
    done = rx.crawl(own.registry, crawl_work.failing, on=processes, progress=None)
    assert done.failed == {"many/r00007": "ZeroDivisionError: seven"}
