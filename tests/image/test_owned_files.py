"""Which files package managers say are theirs, and what a broken database says: nothing, and no error."""

from __future__ import annotations

import sqlite3
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore import errors
from regexplore.image.packages import rpm
from regexplore.image.packages.os_release import OsRelease
from regexplore.image.packages.owned_files import is_file_list, owned_files
from regexplore.image.packages.rpm import read_rpm, read_rpm_files

PATH = "/usr/lib/sysimage/rpm/rpmdb.sqlite"
FEDORA = OsRelease("fedora", "40")
INT32, STRING, ARRAY = 4, 6, 8
NUMBERS, BASES, FOLDERS = 1116, 1117, 1118


def database(
    *headers: bytes, schema: str = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)"
) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute(schema)
    if headers:
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(header,) for header in headers])
    connection.commit()
    return connection.serialize()


def header(*tags: tuple[int, int, list[int] | list[str]]) -> bytes:
    """Return a package header of rpm: an index of tags, and the data that it points into."""
    index, data = b"", b""
    for tag, kind, values in tags:
        data += bytes(-len(data) % 4)
        index += struct.pack(">IIII", tag, kind, len(data), len(values))
        for value in values:
            data += struct.pack(">I", value) if isinstance(value, int) else value.encode() + b"\0"
    return struct.pack(">II", len(tags), len(data)) + index + data


BASH = header(
    (1000, STRING, ["bash"]),
    (NUMBERS, INT32, [0, 1, 1, 9]),
    (BASES, ARRAY, ["bash", "README", "NEWS", "nowhere"]),
    (FOLDERS, ARRAY, ["/usr/bin/", "/usr/share/doc/"]),
)


def test_rpm_names_its_files_by_folder() -> None:
    found = list(read_rpm_files(database(BASH, header((1000, STRING, ["no files"]))), PATH))
    assert found == ["/usr/bin/bash", "/usr/share/doc/README", "/usr/share/doc/NEWS"]
    assert list(read_rpm_files(b"\0\0\0\0an older format", PATH)) == []


def test_every_manager_is_asked_and_the_merged_usr_is_known() -> None:
    found = owned_files(
        {
            "/var/lib/dpkg/info/coreutils.list": b"/.\n/bin/ls\n/usr/share/doc\n",
            "/var/lib/dpkg/status.d/base.md5sums": b"d41d8cd98f00b204e9800998ecf8427e  etc/os-release\n",
            "/lib/apk/db/installed": b"P:musl\nF:\nR:top\nF:lib\nR:ld-musl.so\nZ:Q1\n\nF:etc\n",
            PATH: database(BASH),
            "/var/lib/rpm/broken/rpmdb.sqlite": b"SQLite format 3\0rest",
            "/etc/passwd": b"/not/a/list\n",
        }
    )
    assert found >= {
        "/bin/ls",
        "/usr/bin/ls",
        "/etc/os-release",
        "/top",
        "/lib/ld-musl.so",
        "/usr/lib/ld-musl.so",
    }
    assert found >= {"/usr/bin/bash", "/usr/share/doc/NEWS"}
    assert "/not/a/list" not in found
    assert owned_files({}) == frozenset()


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("/var/lib/dpkg/info/bash.list", True),
        ("/var/lib/dpkg/status.d/bash.md5sums", True),
        ("/var/lib/dpkg/info/bash.postinst", False),
        ("/etc/apt/sources.list", False),
        ("/home/x.md5sums", False),
    ],
)
def test_which_files_are_lists(name: str, is_one: bool) -> None:
    assert is_file_list(name) is is_one


# ---- databases that nobody should have made ----------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [b"", b"\0\0", struct.pack(">II", 3, 0), struct.pack(">IIIIII", 1, 0, NUMBERS, INT32, 0, 50)],
    ids=["nothing", "half a number", "no index", "more numbers than data"],
)
def test_t25_a_broken_header_has_a_name(broken: bytes) -> None:
    with pytest.raises(errors.LayerError, match="broken package header"):
        list(read_rpm_files(database(BASH, broken), PATH))


def test_t25_lists_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpm, "_MAX_FILES", 3)
    assert list(read_rpm_files(database(BASH), PATH)) == []
    monkeypatch.setattr(rpm, "_MAX_TAGS", 2)
    with pytest.raises(errors.LayerError, match="a package with 4 tags"):
        list(read_rpm(database(BASH), PATH, FEDORA))
    monkeypatch.setattr(rpm, "_MAX_BYTES", len(BASH))
    with pytest.raises(errors.SizeExceedsLimitError, match="bytes of headers"):
        list(read_rpm_files(database(BASH, BASH), PATH))


def test_t25_only_a_plain_table_is_asked() -> None:
    """A view may go on for ever, and so may a query that a computed column begins."""
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS hnum, i AS blob FROM n"
    )
    for schema in (f"CREATE VIEW Packages AS {endless}", "CREATE TABLE Other (blob BLOB)"):
        with pytest.raises(errors.LayerError, match="no table of packages"):
            list(read_rpm(database(schema=schema), PATH, FEDORA))


def test_t25_a_database_that_costs_too_many_steps_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpm, "_MAX_STEPS", 10)
    monkeypatch.setattr(rpm, "_STEPS_BETWEEN_LOOKS", 5)
    with pytest.raises(errors.LayerError, match="is broken: interrupted"):
        list(read_rpm(database(*[BASH] * 100), PATH, FEDORA))


def test_values_that_are_no_headers_are_passed_over() -> None:
    content = database(BASH, "text", 7, None)  # type: ignore[arg-type]  # what SQLite takes all the same
    assert [package.name for package in read_rpm(content, PATH, FEDORA)] == ["bash"]


@given(st.integers(0, len(BASH)), st.binary(min_size=1, max_size=8))
def test_t25_a_damaged_header_gives_files_or_a_named_error(at: int, damage: bytes) -> None:
    content = BASH[:at] + damage + BASH[at + len(damage) :]
    for read in (
        lambda: read_rpm_files(database(content), PATH),
        lambda: read_rpm(database(content), PATH, FEDORA),
    ):
        try:
            list(read())
        except errors.RegexploreError as error:
            assert error.hint
