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


# ---- headers that stand before an entry --------------------------------------------------------------


def before(content, flag=tarfile.XHDTYPE):
    """Pack an extended header of these bytes, with a good checksum, and a file after it."""
    info = tarfile.TarInfo("header")
    info.type, info.size = flag, len(content)
    packed = info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)
    return packed + archive([member("file", b"content")])


@pytest.mark.parametrize(
    "records",
    [
        b"0 a=b\n",
        b"xx a=b\n",
        b"-1 a=b\n",
        b" a=b\n",
        b"a=b\n",
        b"1 a=b\n",
        b"6 a=b\n0 a=b\n",
        b"99 a=b\n",
        b"5 a=b\n",
        b"7 a=bc",
        b"6 abc\n",
        b"12345678901234567890 a=b\n",
    ],
)
def test_t29_records_of_a_length_that_cannot_be_are_refused(records):
    """A record of no length is read again and again by whoever believes it."""
    with pytest.raises(LayerError, match="an extended header is broken"):
        read(before(records))


@given(st.binary(max_size=60) | st.from_regex(rb"([0-9x-]{0,3} ?[a=]{0,3}=?[a\n]{0,3}){0,4}", fullmatch=True))
def test_t29_any_extended_header_has_an_end(records):
    try:
        read(before(records))
    except RegexploreError:
        return


@pytest.mark.parametrize(
    ("key", "value"),
    [("mtime", "noon"), ("mtime", "1" * 30), ("mtime", ""), ("size", "-1"), ("size", "9" * 19), ("uid", "\u00b2"), ("gid", "x")],
)  # fmt: skip
def test_t29_numbers_of_an_extended_header_that_cannot_be_are_refused(key, value):
    said = f"{key}={value}\n".encode()
    record = next(line for n in range(99) if len(line := b"%d " % n + said) == n)
    with pytest.raises(LayerError, match=f"the {key} of an entry"):
        read(before(record))


def test_a_time_of_an_extended_header_is_read_to_the_second():
    for said, second in ((b"20 mtime=1234567.89\n", 1_234_567), (b"13 mtime=-12\n", -12)):
        assert listed(before(said))[0].mtime == second


def test_t29_an_extended_header_and_a_name_have_an_end():
    limits = LayerLimits(extended_bytes=1_000, name_bytes=500)
    with pytest.raises(SizeExceedsLimitError, match="an extended header has 2000 bytes"):
        read(before(b"x" * 2_000), limits=limits)
    with pytest.raises(SizeExceedsLimitError, match="a name of 600 characters"):
        read(before(b"x" * 600, tarfile.GNUTYPE_LONGNAME), limits=limits)
    assert listed(before(b"x" * 400, tarfile.GNUTYPE_LONGNAME), limits=limits)[0].name == "x" * 400


def test_the_prefix_of_posix_is_part_of_the_name():
    name = "/".join(["folder"] * 20) + "/file"
    packed = member(name)[0].tobuf(tarfile.USTAR_FORMAT) + bytes(1024)
    assert listed(packed)[0].name == name


def test_the_map_of_a_sparse_file_is_stepped_over():
    """Old GNU archives: blocks that tell of holes stand between the header and the body."""
    info, _ = member("holes", kind=b"S")
    info.size = 5
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[482:483] = b"\x01"
    head[148:156] = b"%06o\0 " % (sum(head) - sum(head[148:156]) + 8 * 0x20)
    first, last = bytearray(512), bytes(512)
    first[504:505] = b"\x01"
    after = archive([member("next", b"more")])
    found = read(bytes(head) + bytes(first) + last + b"hello" + bytes(507) + after, 100)
    assert [(entry.name, body) for entry, body in found] == [("holes", b"hello"), ("next", b"more")]


def test_checksums_of_ancient_writers_are_sums_of_signed_bytes():
    info, _ = member("caf\u00e9")
    head = bytearray(info.tobuf(tarfile.USTAR_FORMAT, "latin-1"))
    rest = head[:148] + head[156:]
    total = sum(rest) + 8 * 0x20 - 256 * sum(byte > 127 for byte in rest)
    assert total != sum(rest) + 8 * 0x20
    head[148:156] = b"%06o\0 " % total
    assert [entry.name for entry in listed(bytes(head) + bytes(1024))] == ["caf\\xe9"]


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_the_layer_is_read_to_its_end_and_so_is_its_digest(kind):
    packed = archive([member("file", b"content")], kind) + b"what follows" * 1_000
    seen = []

    def chunks():
        for at in range(0, len(packed), 700):
            seen.append(packed[at : at + 700])
            yield seen[-1]

    assert [entry.name for entry in TarReader(chunks(), DEFAULT_LIMITS)] == ["file"]
    assert b"".join(seen) == packed
