"""Snapshots of tags on disk, and what changed from one to the next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regexplore as rx
from regexplore.auditing.tag_changes import tag_changes
from regexplore.auditing.tag_snapshots import SeenTag, SnapshotFolder, TagSnapshot
from regexplore.errors import MissingExtraError, SnapshotError
from regexplore.frames.tag_history import SNAPSHOT, TAG_HISTORY

START = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def look(day: int, complete: bool = True, **tags: str) -> TagSnapshot:
    seen = {tag: SeenTag(digest, "image", START) for tag, digest in tags.items()}
    return TagSnapshot("registry.example/app", START + timedelta(days=day), seen, complete)


def told(*looks: TagSnapshot) -> list[tuple[str, str, str | None]]:
    return [(one.tag, one.change, one.digest) for one in tag_changes(looks)]


def test_a_tag_appears_moves_goes_back_and_goes_away() -> None:
    assert told(
        look(0, v1=ONE),
        look(1, v1=ONE, v2=ONE),
        look(2, v1=TWO, v2=ONE),
        look(3, v1=ONE, v2=ONE),
        look(4, v1=ONE),
    ) == [
        ("v1", "first seen", ONE),
        ("v2", "appeared", ONE),
        ("v1", "moved", TWO),
        ("v1", "moved back", ONE),
        ("v2", "removed", None),
    ]


def test_a_change_lies_between_two_looks() -> None:
    [_, moved] = tag_changes([look(0, v1=ONE), look(3, v1=ONE), look(7, v1=TWO)])
    assert (moved.after, moved.seen) == (START + timedelta(days=3), START + timedelta(days=7))
    assert moved.previous == ONE


def test_a_tag_that_an_incomplete_look_lacks_is_not_called_removed() -> None:
    assert told(look(0, v1=ONE, v2=ONE), look(1, False, v1=ONE), look(2, v1=ONE, v2=ONE)) == [
        ("v1", "first seen", ONE),
        ("v2", "first seen", ONE),
    ]


def test_a_tag_that_comes_back_after_removal_is_told_of() -> None:
    changes = told(look(0, v1=ONE), look(1), look(2, v1=ONE))
    assert [change for _, change, _ in changes] == ["first seen", "removed", "moved back"]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path / "history")
    looks = [look(1, v1=TWO), look(0, v1=ONE), look(2)]
    for one in looks:
        folder.add(one)
    found, reasons = folder.read("registry.example/app")
    assert found == sorted(looks, key=lambda one: one.taken)
    assert not reasons
    assert folder.read("registry.example/other") == ([], [])


def test_the_folder_is_private_and_others_can_read_its_files(tmp_path: Path) -> None:
    file = SnapshotFolder(tmp_path / "history").add(look(0, v1=ONE, v2=TWO))
    assert file.parent.stat().st_mode & 0o077 == 0
    assert file.stat().st_mode & 0o077 == 0
    frame = pd.read_parquet(tmp_path / "history")
    assert list(frame.columns) == SNAPSHOT.names
    assert dict(zip(frame["tag"], frame["digest"], strict=True)) == {"v1": ONE, "v2": TWO}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path)
    folder.add(look(0, v1=ONE))
    with pytest.raises(SnapshotError, match="exists"):
        folder.add(look(0, v1=TWO))
    [kept], _ = folder.read("registry.example/app")
    assert kept.tags["v1"].digest == ONE
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["20260101T000000000000Z.parquet"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", os.urandom(500)])
def test_a_broken_file_is_left_out_and_named(tmp_path: Path, content: bytes) -> None:
    folder = SnapshotFolder(tmp_path)
    good = folder.add(look(0, v1=ONE))
    (good.parent / "20260102T000000000000Z.parquet").write_bytes(content)
    found, [reason] = folder.read("registry.example/app")
    assert len(found) == 1
    assert "20260102T000000000000Z.parquet is not a snapshot" in reason


def test_another_parquet_file_a_link_and_a_file_of_another_repository_are_left_out(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path)
    good = folder.add(look(0, v1=ONE))
    pd.DataFrame({"tag": ["v1"], "digest": [ONE]}).to_parquet(good.parent / "a.parquet")
    (good.parent / "b.parquet").symlink_to(good)
    stray = TagSnapshot("registry.example/other", START, {})
    (good.parent / "c.parquet").write_bytes(folder.add(stray).read_bytes())
    found, reasons = folder.read("registry.example/app")
    assert len(found) == 1
    assert len(reasons) == 3


@settings(max_examples=30)
@given(
    repository=st.text(min_size=1, max_size=40).map(lambda text: f"registry.example/{text}"),
    tag=st.text(max_size=40),
)
def test_t37_names_never_leave_the_folder(
    tmp_path_factory: pytest.TempPathFactory, repository: str, tag: str
) -> None:
    if "\udcff" > repository > "\ud7ff" or any("\ud800" <= c <= "\udfff" for c in repository + tag):
        return
    folder = tmp_path_factory.mktemp("history")
    snapshot = TagSnapshot(repository, START, {tag: SeenTag(ONE)})
    file = SnapshotFolder(folder).add(snapshot)
    assert file.resolve().parent.parent == folder.resolve()
    assert SnapshotFolder(folder).read(repository) == ([snapshot], [])


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from regexplore.auditing.tag_snapshots import SeenTag, SnapshotFolder, TagSnapshot
tags = {f"v{n}": SeenTag("sha256:" + "1" * 64) for n in range(20_000)}
print("ready", flush=True)
while True:
    SnapshotFolder(Path(sys.argv[1])).add(TagSnapshot("registry.example/app", datetime.now(UTC), tags))
    print("written", flush=True)
"""


def test_a_killed_writer_leaves_whole_files_only(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(3):
            writer.stdout.readline()
        writer.kill()
    found, reasons = SnapshotFolder(tmp_path).read("registry.example/app")
    assert len(found) >= 2
    assert not reasons
    assert all(len(one.tags) == 20_000 for one in found)


@pytest.fixture(scope="module")
def demo() -> Iterator[rx.Sandbox]:
    with rx.Sandbox.demo() as running:
        yield running


def test_history_of_a_repository(tmp_path: Path, demo: rx.Sandbox) -> None:
    app = demo.registry.repository("demo/app")
    first = rx.snapshot(app, tmp_path)
    assert list(first.columns) == SNAPSHOT.names
    assert set(first["tag"]) == set(app.tags()["tag"])
    assert first.attrs["complete"]
    changes = rx.history(app, tmp_path)
    assert list(changes.columns) == TAG_HISTORY.names
    assert changes.attrs["snapshots"] == 1
    assert set(changes["change"]) == {"first seen"}


def test_history_without_a_snapshot_is_empty_with_the_same_columns(tmp_path: Path, demo: rx.Sandbox) -> None:
    changes = rx.history(demo.registry.repository("demo/app"), tmp_path)
    assert changes.empty
    assert dict(changes.dtypes.astype(str)) == TAG_HISTORY.dtypes


def test_a_moved_tag_is_seen(tmp_path: Path) -> None:
    with rx.Sandbox.demo() as sandbox:
        app = sandbox.registry.repository("demo/app")
        rx.snapshot(app, tmp_path)
        app.tag(app.resolve("v1.1"), "v1.0")
        rx.snapshot(app, tmp_path)
        changes = rx.history(app, tmp_path)
        moved = changes[changes["change"] == "moved"]
        assert list(moved["tag"]) == ["v1.0"]
        assert moved["digest"].iloc[0] == app.resolve("v1.1").digest


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"regexplore\[parquet\]"):
        SnapshotFolder(tmp_path).read("registry.example/app")
