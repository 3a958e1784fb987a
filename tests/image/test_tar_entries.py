"""The tar reader beside Python's own, and on archives that nobody should have made."""

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regexplore.content.layer_limits import DEFAULT_LIMITS, LayerLimits
from regexplore.content.tar_entries import TarReader
from regexplore.errors import LayerError, RegexploreError, SizeExceedsLimitError

KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "character device",
    tarfile.BLKTYPE: "block device",
    tarfile.FIFOTYPE: "fifo",
}


def archive(members, kind=tarfile.PAX_FORMAT):
    """Pack members, each a TarInfo with its content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=kind) as out:
        for info, content in members:
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def member(name, content=b"", kind=tarfile.REGTYPE, **fields):
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def read(packed, size=1 << 20, limits=DEFAULT_LIMITS):
    chunks = (packed[at : at + size] for at in range(0, len(packed), size))
    reader = TarReader(chunks, limits)
    return [(entry, b"".join(reader.body())) for entry in reader]


def listed(packed, **options):
    return [entry for entry, _ in read(packed, **options)]


names = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=140).filter(
    lambda name: name.strip() and name not in (".", "..")
)
members = st.lists(
    st.tuples(
        names,
        st.binary(max_size=1500),
        st.sampled_from([*KINDS]),
        st.integers(0, 0o7777),
        st.integers(0, 2**40),
        st.integers(0, 2**40),
        st.integers(0, 2**33),
        names,
    ),
    max_size=6,
)


@settings(max_examples=150)
@given(members, st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]), st.integers(1, 2000))
def test_t29_as_the_standard_library_reads_it(found, written_as, size):
    made = [
        member(
            name,
            content if kind == tarfile.REGTYPE else b"",
            kind,
            mode=mode,
            uid=uid,
            gid=gid,
            mtime=mtime,
            linkname=link,
        )
        for name, content, kind, mode, uid, gid, mtime, link in found
    ]
    packed = archive(made, written_as)
    ours = read(packed, size)
    with tarfile.open(fileobj=io.BytesIO(packed)) as theirs:
        expected = theirs.getmembers()
        assert [entry.name.rstrip("/") for entry, _ in ours] == [info.name for info in expected]
        for (entry, body), info in zip(ours, expected, strict=True):
            assert (entry.type, entry.mode, entry.uid, entry.gid, entry.size, entry.mtime) == (
                KINDS[info.type],
                info.mode,
                info.uid,
                info.gid,
                info.size,
                info.mtime,
            )
            assert entry.link == (info.linkname if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else "")
            if info.isreg():
                assert body == theirs.extractfile(info).read()
                assert entry.offset == info.offset_data


@settings(max_examples=200)
@given(st.binary(max_size=3000), st.integers(1, 700))
def test_t29_any_bytes_give_entries_or_a_named_error(content, size):
    try:
        listed(content, size=size)
    except RegexploreError as error:
        assert error.hint


@settings(max_examples=150)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_t29_a_damaged_archive_gives_entries_or_a_named_error(at, damage):
    packed = bytearray(
        archive([member("a" * 150, b"x" * 600), member("b/c", b"y"), member("d", kind=tarfile.DIRTYPE)])
    )
    packed[at : at + len(damage)] = damage
    try:
        listed(bytes(packed))
    except RegexploreError as error:
        assert error.hint


def with_field(at, field):
    """Give an archive of one file with a field of its header replaced, its checksum right."""
    packed = bytearray(archive([member("file", b"x" * 600)], tarfile.USTAR_FORMAT))
    packed[at : at + len(field)] = field
    packed[148:156] = b"        "
    packed[148:156] = b"%06o\0 " % sum(packed[:512])
    return bytes(packed)


@pytest.mark.parametrize(
    "size", [b"\xff" * 12, b"\xff" * 11 + b"\x00", b"-0000000010\0", b"0x1000000000", b"\x80" + b"\xff" * 11]
)
def test_t29_a_size_that_cannot_be_is_refused(size):
    with pytest.raises(LayerError, match="size"):
        listed(with_field(124, size))


def test_t29_a_size_in_base_256():
    size = b"\x80" + (600).to_bytes(11, "big")
    assert listed(with_field(124, size))[0].size == 600


def test_a_checksum_that_is_wrong():
    packed = bytearray(archive([member("file")]))
    packed[0] ^= 1
    with pytest.raises(LayerError, match="header of entry 1"):
        listed(bytes(packed))


@pytest.mark.parametrize("cut", [100, 512, 700, 1024, 1500])
def test_an_archive_that_ends_in_the_middle_gives_what_came_before(cut):
    packed = archive([member("first", b"x" * 600), member("second", b"y" * 600)], tarfile.USTAR_FORMAT)
    found = []
    with pytest.raises(LayerError, match="ends in the middle"):
        for entry in TarReader(iter([packed[:cut]])):
            found.append(entry.name)
    assert found == ["first"] * (cut >= 512)


def test_an_archive_without_its_last_blocks_is_whole():
    packed = archive([member("first", b"x" * 512)], tarfile.USTAR_FORMAT)[:1024]
    assert [entry.name for entry in listed(packed)] == ["first"]


def test_t29_limits():
    many = archive([member(f"file{n}") for n in range(20)])
    with pytest.raises(SizeExceedsLimitError, match="entries"):
        listed(many, limits=LayerLimits(entries=10))
    with pytest.raises(SizeExceedsLimitError, match="extended header"):
        listed(archive([member("x" * 5000)]), limits=LayerLimits(extended_bytes=1000))
    with pytest.raises(SizeExceedsLimitError, match="name of"):
        listed(archive([member("x" * 5000)]))


def test_global_extended_headers_hold_for_all_that_follow():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"uid": "7"}) as out:
        out.addfile(*member("a")[:1])
    assert [entry.uid for entry in listed(packed.getvalue())] == [7]


def test_a_broken_extended_header():
    packed = archive([member("ü" * 60)])
    at = packed.index(b"path=") - 4
    with pytest.raises(LayerError, match="extended header"):
        listed(packed[:at] + b"9999" + packed[at + 4 :])


def test_a_directory_of_old_writers_ends_in_a_slash():
    packed = archive([member("old/", kind=tarfile.AREGTYPE)], tarfile.USTAR_FORMAT)
    assert listed(packed)[0].type == "directory"
