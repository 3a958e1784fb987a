"""What a repository was seen to hold: torn lines, hostile lines, many processes, and a file that does not grow for ever."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.content import cache_journal as module
from regexplore.content.cache_journal import Journal
from regexplore.oci import Descriptor


def described(text: str) -> Descriptor:
    return Descriptor.from_bytes("text/plain", text.encode())


def test_another_session_knows_tags_and_content(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "seen")
    assert journal.add(described("one"), "v1")
    assert not journal.add(described("one"), "v1")
    assert not journal.add(described("one"))
    assert journal.add(described("two"), "v1")
    again = Journal(tmp_path / "seen")
    assert again.tag("v1") == described("two")
    assert again.content(described("one").digest) == described("one")
    assert again.content(described("three").digest) is None
    assert again.tag("v2") is None


@pytest.mark.parametrize("torn", range(1, 60, 7))
def test_a_line_torn_by_a_crash_takes_no_other_along(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "seen"
    Journal(path).add(described("one"), "v1")
    Journal(path).add(described("two"), "v2")
    path.write_bytes(path.read_bytes()[:-torn])
    Journal(path).add(described("three"), "v3")
    again = Journal(path)
    assert again.tag("v1") == described("one")
    assert again.tag("v3") == described("three")
    assert again.tag("v2") is None


@given(st.binary(max_size=300))
def test_t36_whatever_stands_in_the_file_is_read_without_harm(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.mktemp("journal") / "seen"
    path.write_bytes(raw)
    journal = Journal(path)
    journal.add(described("one"), "v1")
    assert Journal(path).tag("v1") == described("one")


@pytest.mark.parametrize(
    "line",
    [
        b'{"tag":"v1","mediaType":"x","digest":"../../etc/passwd","size":1}',
        b'{"tag":["v1"],"mediaType":"x","digest":"sha256:%s","size":1}' % (b"a" * 64),
        b'{"tag":"v1","mediaType":7,"digest":"sha256:%s","size":1}' % (b"a" * 64),
        b'{"tag":"v1","mediaType":"x","digest":"sha256:%s","size":-1}' % (b"a" * 64),
        b'{"tag":"v1","mediaType":"x","digest":"sha256:%s"}' % (b"a" * 64),
        b"[1]",
        b"[" * 100_000,
    ],
)
def test_t37_lines_that_say_what_cannot_be_are_skipped(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "seen"
    path.write_bytes(line + b"\n")
    assert Journal(path).tag("v1") is None


def test_the_file_is_written_anew_when_most_of_it_is_old_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SPARE_LINES", 10)
    path = tmp_path / "seen"
    journal = Journal(path)
    for n in range(40):
        journal.add(described(str(n % 2)), "v1")
    assert len(path.read_bytes().splitlines()) > 40
    assert Journal(path).tag("v1") == described("1")
    assert len(path.read_bytes().splitlines()) <= 3
    assert Journal(path).content(described("0").digest) == described("0")


def test_what_was_seen_first_is_forgotten_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TAGS", 3)
    journal = Journal(tmp_path / "seen")
    for n in range(5):
        journal.add(described(str(n)), f"v{n}")
    assert [journal.tag(f"v{n}") is None for n in range(5)] == [True, True, False, False, False]


def test_writers_side_by_side_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "seen"

    def write(start: int) -> None:
        journal = Journal(path)
        for n in range(start, start + 200):
            journal.add(described(str(n)), f"v{n}")

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 200, 400, 600)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Journal(path)
    assert all(again.tag(f"v{n}") == described(str(n)) for n in range(800))


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "missing" / "seen")
    assert journal.add(described("one"), "v1")
    assert journal.tag("v1") == described("one")
