"""A folder of Parquet files: written whole, gone on with, and never said to be more than it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from support import crawl_work

import regexplore as rx
from regexplore.crawling import gathering
from regexplore.crawling.access import LocalAccess
from regexplore.crawling.columns import columns_of
from regexplore.crawling.job import Job, answer
from regexplore.crawling.part_files import PartFolder
from regexplore.errors import CrawlError
from regexplore.sandbox.faults import Fault


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "BATCH_REPOSITORIES", 4)


class Interrupting:
    """Presses Ctrl-C when so many repositories have arrived."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, step: object) -> None:
        if step.noun == "repository" and "requests" in step.note and step.done == self.after:
            self.after = -1
            raise KeyboardInterrupt


def test_the_folder_holds_what_memory_would(many: rx.Registry, tmp_path: Path) -> None:
    written = rx.crawl(many, into=tmp_path / "crawl", progress=None)
    kept = rx.crawl(many, progress=None)
    pd.testing.assert_frame_equal(written.frame(), kept.frame())
    assert len(list(written.folder.glob("part-*.parquet"))) == 3
    assert not list(written.folder.glob(".*"))


def test_other_programs_read_the_folder(many: rx.Registry, tmp_path: Path) -> None:
    done = rx.crawl(many, into=tmp_path / "crawl", progress=None)
    read = pd.read_parquet(tmp_path / "crawl").sort_values(["repository", "tag"], ignore_index=True)
    assert list(read["digest"]) == list(done.frame()["digest"])


def test_a_second_run_asks_nothing_but_the_catalog(own: rx.Sandbox, tmp_path: Path) -> None:
    first = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None)
    second = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None)
    assert (second.requests, second.earlier, second.done, second.rows) == (1, 12, 12, 36)
    pd.testing.assert_frame_equal(first.frame(), second.frame())


@pytest.mark.parametrize("after", [1, 4, 6])
def test_interrupted_keeps_what_arrived_and_goes_on(own: rx.Sandbox, tmp_path: Path, after: int) -> None:
    stopped = rx.crawl(own.registry, into=tmp_path / "crawl", progress=Interrupting(after), workers=2)
    assert after <= stopped.done < 12
    assert stopped.left == 12 - stopped.done
    assert not stopped.complete
    assert "stopped at" in stopped.reasons[0]
    assert set(stopped.frame()["repository"]) == set(pd.read_parquet(tmp_path / "crawl")["repository"])
    whole = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None)
    assert whole.complete
    assert whole.earlier == stopped.done
    pd.testing.assert_frame_equal(whole.frame(), rx.crawl(own.registry, progress=None).frame())


def test_what_failed_is_asked_again(own: rx.Sandbox, tmp_path: Path) -> None:
    rule = own.faults.add(Fault.status(403), path="/v2/many/r00005/*")
    first = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None)
    assert list(first.failed) == ["many/r00005"]
    assert pd.read_parquet(tmp_path / "crawl" / "failed.parquet")["repository"].tolist() == ["many/r00005"]
    own.faults.remove(rule)
    second = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None)
    assert second.complete
    assert second.frame()["error"].isna().all()
    assert not (tmp_path / "crawl" / "failed.parquet").exists()


def test_a_killed_process_loses_one_batch_at_most(own: rx.Sandbox, tmp_path: Path) -> None:
    program = f"""
import os, signal
import regexplore as rx
from regexplore.crawling import gathering
from regexplore.crawling.access import LocalAccess
from regexplore.crawling.columns import columns_of
from regexplore.crawling.job import Job, answer
from regexplore.crawling.part_files import PartFolder
gathering.BATCH_REPOSITORIES = 4
def die(step):
    if "requests" in step.note and step.done == 7:
        os.kill(os.getpid(), signal.SIGKILL)
rx.crawl({own.host!r}, into={str(tmp_path / "crawl")!r}, progress=die)
"""
    died = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert died.returncode == -9, died.stderr
    whole = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None)
    assert (whole.earlier, whole.done, whole.complete) == (4, 12, True)


def test_a_folder_holds_one_crawl(many: rx.Registry, tmp_path: Path) -> None:
    rx.crawl(many, into=tmp_path / "crawl", limit=1, progress=None)
    with pytest.raises(CrawlError, match="holds another crawl") as caught:
        rx.crawl(many, "layers", into=tmp_path / "crawl", progress=None)
    assert "folder of its own" in caught.value.hint


def test_a_broken_file_is_told_and_its_repositories_asked_again(many: rx.Registry, tmp_path: Path) -> None:
    rx.crawl(many, into=tmp_path / "crawl", progress=None)
    broken = sorted((tmp_path / "crawl").glob("part-*"))[1]
    broken.write_bytes(broken.read_bytes()[:100])
    again = rx.crawl(many, into=tmp_path / "crawl", progress=None)
    assert (again.earlier, again.done, again.rows) == (8, 12, 36)
    assert any(broken.name in reason for reason in again.reasons)
    assert len(again.frame()) == 36


def test_columns_of_ones_own_work_are_those_of_the_files(many: rx.Registry, tmp_path: Path) -> None:
    rx.crawl(many, crawl_work.tag_count, into=tmp_path / "crawl", limit=2, progress=None)
    done = rx.crawl(many, crawl_work.tag_count, into=tmp_path / "crawl", progress=None)
    assert (done.complete, list(done.frame()["tags"])) == (True, [3] * 12)


def test_two_crawls_share_a_folder(many: rx.Registry, tmp_path: Path) -> None:
    from regexplore.crawling.part_files import Done, PartFolder

    about = {"registry": "a", "work": "tags"}
    first, second = PartFolder.open(tmp_path / "crawl", about), PartFolder.open(tmp_path / "crawl", about)
    for folder, name in ((first, "x"), (second, "y"), (first, "z")):
        folder.add(pd.DataFrame({"repository": [name]}), {name: Done(1)})
    assert [file.name for file in first.parts()] == [f"part-{n:06}.parquet" for n in (1, 2, 3)]


@pytest.mark.parametrize("call", ["link", "fsync"])
def test_an_interrupt_while_a_file_is_written_writes_no_row_twice(
    own: rx.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    real, seen = getattr(os, call), []

    def interrupted(*arguments: object) -> None:
        real(*arguments)
        seen.append(call)
        if len(seen) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, call, interrupted)
    stopped = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None, workers=1)
    whole = rx.crawl(own.registry, into=tmp_path / "crawl", progress=None)
    assert not stopped.complete
    assert (whole.complete, whole.done, whole.rows) == (True, 12, 36)
    assert len(pd.read_parquet(tmp_path / "crawl")) == len(whole.frame()) == 36


@pytest.mark.parametrize("more", [0, 1, 4])
def test_what_arrives_after_an_interrupted_file_is_a_batch_of_its_own(
    many: rx.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    answers = [answer(Job(LocalAccess(many), f"many/r{n:05}", "tags")) for n in range(4 + more)]
    folder = PartFolder.open(tmp_path / "crawl", {"work": "tags"})
    gathered = gathering.Gathering(columns_of("tags", None), folder)
    real = os.link

    def interrupted(*arguments: object) -> None:
        real(*arguments)
        monkeypatch.setattr(os, "link", real)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", interrupted)
    for one in answers[:3]:
        gathered.take(one)
    with pytest.raises(KeyboardInterrupt):
        gathered.take(answers[3])
    for one in answers[4:]:
        gathered.take(one)
    gathered.finish()
    written = pd.read_parquet(tmp_path / "crawl")
    assert written["repository"].value_counts().to_dict() == {one.repository: 3 for one in answers}
