"""The merged file system: whiteouts, replacements, links, names that try to lead out."""

import io
import tarfile

import pytest

from regexplore.content.memory import MemoryStore
from regexplore.errors import NotFoundError, UnsupportedError
from regexplore.image.file_system import FileSystem, normal
from regexplore.image.layer import list_layer
from regexplore.image.path_pattern import path_pattern
from regexplore.image.waste import waste_of
from regexplore.oci import Digest, media_types

DIR, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def packed(*members):
    """Pack members: a name, and its content, or a kind and a target."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, *rest in members:
            info = tarfile.TarInfo(name)
            content = b""
            if rest and isinstance(rest[0], str):
                content = rest[0].encode()
            elif rest:
                info.type = rest[0]
                info.linkname = rest[1] if len(rest) > 1 else ""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def merged(*layers):
    store = MemoryStore()
    listings = []
    for members in layers:
        content = packed(*members)
        listings.append(list_layer(store, store.add(media_types.OCI_LAYER_TAR, content), Digest.of(content)))
    assert all(listing.verified for listing in listings)
    return FileSystem(listings)


def states(files):
    return {(path, state) for path, _, state in files.hidden}


def test_later_layers_add_and_overwrite():
    files = merged([("etc", DIR), ("etc/a", "one"), ("etc/b", "b")], [("etc/a", "two!")])
    assert {path: (entry.size, entry.layer) for path, entry in files.entries.items()} == {
        "/etc": (0, 1),
        "/etc/a": (4, 2),
        "/etc/b": (1, 1),
    }
    assert states(files) == {("/etc/a", "overwritten")}


def test_a_whiteout_removes_a_file_and_everything_below_a_directory():
    files = merged(
        [("a", DIR), ("a/b", DIR), ("a/b/c", "c"), ("a/x", "x"), ("ab", "ab")],
        [("a/.wh.b", ""), (".wh.ab", ""), (".wh.never-there", "")],
    )
    assert sorted(files.entries) == ["/a", "/a/x"]
    assert states(files) == {("/a/b", "deleted"), ("/a/b/c", "deleted"), ("/ab", "deleted")}


def test_an_opaque_directory_hides_what_was_below_and_keeps_what_its_own_layer_adds():
    files = merged(
        [("a", DIR), ("a/old", "old"), ("a/sub", DIR), ("a/sub/x", "x"), ("b", "b")],
        [("a", DIR), ("a/new", "new"), ("a/.wh..wh..opq", "")],
    )
    assert sorted(files.entries) == ["/a", "/a/new", "/b"]
    assert ("/a/sub/x", "deleted") in states(files)


def test_a_whiteout_does_not_touch_its_own_layer():
    files = merged([("a", "old")], [("a", "new"), (".wh.a", "")])
    assert files.entries["/a"].layer == 2


def test_an_opaque_root():
    files = merged([("a", "a"), ("b", DIR), ("b/c", "c")], [(".wh..wh..opq", ""), ("d", "d")])
    assert sorted(files.entries) == ["/d"]


def test_a_directory_that_becomes_a_file_and_a_file_that_becomes_a_directory():
    files = merged([("a", DIR), ("a/b", "b"), ("c", "c")], [("a", "file now"), ("c", DIR), ("c/d", "d")])
    assert {path: entry.type for path, entry in files.entries.items()} == {
        "/a": "file",
        "/c": "directory",
        "/c/d": "file",
    }
    assert ("/a/b", "overwritten") in states(files)


def test_a_directory_over_a_directory_keeps_what_is_in_it():
    files = merged([("a", DIR), ("a/b", "b")], [("a", DIR)])
    assert sorted(files.entries) == ["/a", "/a/b"]
    assert files.entries["/a"].layer == 2


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("etc/passwd", "/etc/passwd"),
        ("./etc/passwd", "/etc/passwd"),
        ("/etc/passwd", "/etc/passwd"),
        ("//etc//passwd", "/etc/passwd"),
        ("../../etc/passwd", "/etc/passwd"),
        ("a/../../../b", "/b"),
        ("a/./b/", "/a/b"),
        ("", "/"),
        (".", "/"),
        ("..", "/"),
        ("a..b/.c", "/a..b/.c"),
        ("./", "/"),
    ],
)
def test_t30_names_cannot_leave_the_root(name, path):
    assert normal(name) == path


def test_t30_names_that_try_are_told():
    files = merged([("../../etc/passwd", "evil"), ("fine", "")])
    assert sorted(files.entries) == ["/etc/passwd", "/fine"]
    (problem,) = files.problems
    assert "../../etc/passwd" in problem


def test_t30_devices_are_entries_and_nothing_more():
    files = merged([("dev/null", tarfile.CHRTYPE), ("dev/sda", tarfile.BLKTYPE), ("pipe", tarfile.FIFOTYPE)])
    assert [entry.type for entry in files.entries.values()] == ["character device", "block device", "fifo"]
    with pytest.raises(UnsupportedError, match="character device"):
        files.content("/dev/null")


def test_symbolic_links_are_followed_inside_the_image():
    files = merged(
        [
            ("usr", DIR),
            ("usr/bin", DIR),
            ("usr/bin/sh", "shell"),
            ("bin", LINK, "usr/bin"),
            ("absolute", LINK, "/usr/bin/sh"),
            ("out", LINK, "../../../../usr/bin/sh"),
            ("usr/up", LINK, "../usr/bin"),
            ("nowhere", LINK, "missing"),
        ]
    )
    for path in ("/bin/sh", "/absolute", "/out", "/usr/up/sh", "bin/sh"):
        assert files.resolve(path) == "/usr/bin/sh"
        assert files.exists(path)
    assert files.entry("/bin").type == "symlink"
    assert files.entry("/bin/sh").path == "/usr/bin/sh"
    assert not files.exists("/nowhere")
    with pytest.raises(NotFoundError):
        files.resolve("/nowhere")


def test_t30_links_in_a_circle():
    files = merged(
        [("a", LINK, "b"), ("b", LINK, "a"), ("h", HARD, "i"), ("i", HARD, "h"), ("self", HARD, "self")]
    )
    with pytest.raises(UnsupportedError, match="links"):
        files.resolve("/a")
    for path in ("/h", "/self"):
        with pytest.raises(UnsupportedError, match="hard link"):
            files.content(path)


def test_a_hard_link_has_the_content_of_its_layer_even_where_its_other_name_was_removed():
    files = merged([("a", "content"), ("b", HARD, "a")], [(".wh.a", "")])
    layer, row = files.content("/b")
    assert files.layers[layer].names[row] == "/a"
    assert files.entries["/b"].link == "/a"


def test_a_hard_link_to_nothing():
    files = merged([("b", HARD, "missing")])
    with pytest.raises(NotFoundError, match="hard link"):
        files.content("/b")


def test_directories_that_no_layer_names_are_there_all_the_same():
    files = merged([("deep/down/file", "x")])
    assert files.resolve("/deep/down/file") == "/deep/down/file"
    assert files.exists("/deep/down")
    assert sorted(files.entries) == ["/deep/down/file"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/etc/*", ["/etc/a.conf", "/etc/b.txt"]),
        ("etc/*.conf", ["/etc/a.conf"]),
        ("/**/*.conf", ["/etc/a.conf", "/etc/sub/c.conf"]),
        ("/etc/**", ["/etc/a.conf", "/etc/b.txt", "/etc/sub/c.conf"]),
        ("/etc/?.txt", ["/etc/b.txt"]),
        ("/etc/[ab].*", ["/etc/a.conf", "/etc/b.txt"]),
        ("/etc/[!a].*", ["/etc/b.txt"]),
        ("/etc/a.con", []),
    ],
)
def test_globs(pattern, found):
    files = merged([("etc/a.conf", ""), ("etc/b.txt", ""), ("etc/sub/c.conf", "")])
    assert files.glob(pattern) == found


@pytest.mark.parametrize("pattern", ["*" * 500, "[" * 500, "a**" * 100, "\\" * 100])
def test_t33_patterns_that_mean_harm_end(pattern):
    path_pattern(pattern).fullmatch("/a" * 50)


def test_waste_as_dive_counts_it():
    files = merged([("a", "12345678"), ("b", "1234"), ("c", "1")], [("a", "1234"), (".wh.b", "")])
    waste = waste_of(files)
    assert waste.paths == (("/a", 2, 12), ("/b", 2, 8))
    assert waste.wasted_bytes == 20
    assert waste.efficiency == pytest.approx((4 + 4 + 1) / (12 + 8 + 1))
    assert waste.carried_bytes == 17


def test_no_files_waste_nothing():
    assert waste_of(merged([])).efficiency == 1.0
    assert waste_of(FileSystem([])).efficiency == 1.0
