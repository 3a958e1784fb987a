"""The entries of a tar stream, read forward only, in one pass, without ever going back or writing anything.

Bodies are stepped over inside the chunks as they come, so listing a layer costs little more than unpacking it.

Source: POSIX.1-2017 pax interchange format; GNU tar manual "Basic Tar Format"; image-spec "layer.md".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from regexplore.content.layer_limits import DEFAULT_LIMITS, LayerLimits
from regexplore.errors import LayerError, SizeExceedsLimitError

BLOCK: Final = 512
FILE, DIRECTORY, SYMLINK, HARDLINK = "file", "directory", "symlink", "hardlink"
CHARACTER, BLOCKDEVICE, FIFO, OTHER = "character device", "block device", "fifo", "other"

_TYPES = {
    b"0": FILE,
    b"\0": FILE,
    b"7": FILE,
    b"S": FILE,
    b"1": HARDLINK,
    b"2": SYMLINK,
    b"3": CHARACTER,
    b"4": BLOCKDEVICE,
    b"5": DIRECTORY,
    b"6": FIFO,
}
# Whatever their size field says, these have no body.
_BODILESS = frozenset({HARDLINK, SYMLINK, CHARACTER, BLOCKDEVICE, DIRECTORY, FIFO})
_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL = b"L", b"K", b"x", b"g"
_ZEROS = bytes(BLOCK)
_MAX_NUMBER = 1 << 62


class TarEntry(NamedTuple):
    """One entry, its name as it stands in the archive.

    ``offset`` is where its body begins in the unpacked stream, in bytes.
    """

    name: str
    type: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    link: str
    offset: int


class TarReader:
    """Reads a tar stream entry by entry; the body of an entry can be read until the next one is asked for.

    Parameters
    ----------
    chunks : iterator of bytes
        The unpacked stream; it is read to its end, padding included.
    limits : LayerLimits

    Examples
    --------
    >>> import io, tarfile
    >>> packed = io.BytesIO()
    >>> with tarfile.open(fileobj=packed, mode="w") as archive:
    ...     archive.addfile(tarfile.TarInfo("etc/hostname"))
    >>> [entry.name for entry in TarReader(iter([packed.getvalue()]))]
    ['etc/hostname']
    """

    def __init__(self, chunks: Iterator[bytes], limits: LayerLimits = DEFAULT_LIMITS) -> None:
        self._chunks = chunks
        self._limits = limits
        self._chunk = b""
        self._at = 0
        self._before = 0
        self._body = 0
        self._padding = 0
        self._count = 0
        self._globals: dict[str, str] = {}

    def __iter__(self) -> Iterator[TarEntry]:
        """Yield the entries.

        Raises
        ------
        LayerError
            The stream is no tar archive, or ends in the middle.
        SizeExceedsLimitError
            There are more entries, or longer names, than the limits allow.
        """
        extended: dict[str, str] = {}
        while (header := self._header()) is not None:
            self._count += 1
            if self._count > self._limits.entries:
                raise SizeExceedsLimitError(f"the layer has more than {self._limits.entries} entries")
            flag = header[156:157]
            size = _number(header[124:136], "size")
            if flag in (_PAX, _PAX_GLOBAL, _LONG_NAME, _LONG_LINK):
                self._extend(flag, size, extended)
                continue
            yield self._entry(header, flag, size, extended)
            extended = {}
        self._drain()

    def body(self) -> Iterator[bytes]:
        """Yield the body of the entry that was given last."""
        while self._body:
            if self._at >= len(self._chunk):
                self._next_chunk()
            part = self._chunk[self._at : self._at + self._body]
            self._at += len(part)
            self._body -= len(part)
            yield part

    # ---- headers ---------------------------------------------------------------------------------

    def _header(self) -> bytes | None:
        """Return the next header; None at the end of the archive."""
        self._skip(self._body + self._padding)
        self._body = self._padding = 0
        at = self._at
        if at + BLOCK <= len(self._chunk):
            header = self._chunk[at : at + BLOCK]
            self._at = at + BLOCK
        else:
            header = self._take(BLOCK, allow_end=True)
            if not header:
                # Some writers leave out the two blocks of zeros.
                return None
        if header == _ZEROS:
            return None
        _check_sum(header, self._count + 1)
        return header

    def _entry(self, header: bytes, flag: bytes, size: int, extended: dict[str, str]) -> TarEntry:
        if flag == b"S":
            self._skip_sparse_map(header)
        said = {**self._globals, **extended} if self._globals else extended
        name = said.get("path") or said.get("GNU.sparse.name") or _name(header)
        link = said.get("linkpath") or _text(header[157:257])
        mtime = _seconds(said["mtime"]) if "mtime" in said else _number(header[136:148], "mtime", signed=True)
        if "size" in said:
            size = _decimal(said["size"], "size")
        kind = _TYPES.get(flag, OTHER)
        if kind == FILE and name.endswith("/"):
            kind = DIRECTORY
        self._check_length(name, link)
        offset = self._before + self._at
        if kind not in _BODILESS:
            self._body, self._padding = size, -size % BLOCK
        shown = _decimal(said["GNU.sparse.realsize"], "size") if "GNU.sparse.realsize" in said else size
        return TarEntry(
            name,
            kind,
            _number(header[100:108], "mode") & 0o7777,
            _decimal(said["uid"], "uid") if "uid" in said else _number(header[108:116], "uid"),
            _decimal(said["gid"], "gid") if "gid" in said else _number(header[116:124], "gid"),
            0 if kind in _BODILESS else shown,
            mtime,
            link if kind in (SYMLINK, HARDLINK) else "",
            offset,
        )

    def _extend(self, flag: bytes, size: int, extended: dict[str, str]) -> None:
        """Read an extended header into what is said about the next entry, or about all that follow."""
        if size > self._limits.extended_bytes:
            raise SizeExceedsLimitError(
                f"an extended header has {size} bytes, the limit is {self._limits.extended_bytes}"
            )
        content = self._take(size)
        self._skip(-size % BLOCK)
        if flag == _LONG_NAME:
            extended["path"] = _text(content)
        elif flag == _LONG_LINK:
            extended["linkpath"] = _text(content)
        else:
            (self._globals if flag == _PAX_GLOBAL else extended).update(_pax_records(content))

    def _skip_sparse_map(self, header: bytes) -> None:
        """Step over the blocks that tell where the holes of an old GNU sparse file are."""
        more = header[482:483]
        while more not in (b"", b"\0", b"0"):
            more = self._take(BLOCK)[504:505]

    def _check_length(self, name: str, link: str) -> None:
        longest = max(len(name), len(link))
        if longest > self._limits.name_bytes:
            raise SizeExceedsLimitError(
                f"entry {self._count} has a name of {longest} characters, the limit is {self._limits.name_bytes}"
            )

    # ---- moving through the chunks ---------------------------------------------------------------

    def _next_chunk(self) -> None:
        self._before += len(self._chunk)
        self._at = 0
        self._chunk = b""
        while not self._chunk:
            try:
                self._chunk = next(self._chunks)
            except StopIteration:
                raise LayerError(
                    f"the archive ends in the middle, after {self._before} bytes and {self._count} entries"
                ) from None

    def _skip(self, count: int) -> None:
        left = len(self._chunk) - self._at
        while count > left:
            count -= left
            self._next_chunk()
            left = len(self._chunk)
        self._at += count

    def _take(self, count: int, *, allow_end: bool = False) -> bytes:
        parts: list[bytes] = []
        while count:
            if self._at >= len(self._chunk):
                try:
                    self._next_chunk()
                except LayerError:
                    if allow_end and not parts:
                        return b""
                    raise
            part = self._chunk[self._at : self._at + count]
            self._at += len(part)
            count -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _drain(self) -> None:
        """Read what follows the archive: it belongs to the layer, and to its diff_id."""
        for chunk in self._chunks:
            self._before += len(self._chunk)
            self._chunk = chunk


def _check_sum(header: bytes, count: int) -> None:
    said = _number(header[148:156], "checksum")
    plain = sum(header) - sum(header[148:156]) + 8 * 0x20
    if said == plain:
        return
    # Ancient writers took bytes as signed.
    signed = plain - 256 * sum(byte > 127 for byte in header[:148] + header[156:])
    if said != signed:
        raise LayerError(
            f"the header of entry {count} is broken: this is not a tar archive, or a damaged one"
        )


def _number(field: bytes, what: str, *, signed: bool = False) -> int:
    """Read a number: octal digits, or base 256 where it is too large for them."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=True) if field[0] == 0xFF else _base_256(field)
    else:
        digits = field.strip(b" \0").partition(b"\0")[0]
        try:
            value = int(digits, 8) if digits else 0
        except ValueError:
            raise LayerError(f"the {what} of an entry is no number: {field!r}") from None
    return _checked(value, what, signed=signed)


def _base_256(field: bytes) -> int:
    return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")


def _decimal(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise LayerError(f"the {what} of an entry is no number: {text[:40]!a}")
    return _checked(int(text), what)


def _checked(value: int, what: str, *, signed: bool = False) -> int:
    # A negative size is how other readers are made to go round for ever.
    if (value < 0 and not signed) or abs(value) > _MAX_NUMBER:
        raise LayerError(f"the {what} of an entry cannot be {value}")
    return value


def _seconds(text: str) -> int:
    whole = text.partition(".")[0]
    digits = whole.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise LayerError(f"the mtime of an entry is no time: {text[:40]!a}")
    return int(whole)


def _name(header: bytes) -> str:
    name = _text(header[:100])
    # The prefix is POSIX's; GNU keeps other things in that place.
    if header[257:263] == b"ustar\0" and header[345:346] != b"\0":
        return f"{_text(header[345:500])}/{name}"
    return name


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _pax_records(content: bytes) -> dict[str, str]:
    """Read ``length key=value`` lines, moving on in place: there may be very many of them."""
    found: dict[str, str] = {}
    content, at = content.rstrip(b"\0"), 0
    while at < len(content):
        digits, space, _ = content[at : at + 20].partition(b" ")
        end = at + int(digits) if space and digits.isdigit() else at
        key, equals, value = content[at + len(digits) + 1 : end - 1].partition(b"=")
        if not equals or not at < end <= len(content) or content[end - 1] != ord("\n"):
            raise LayerError("an extended header is broken")
        found[key.decode("utf-8", "backslashreplace")] = value.decode("utf-8", "backslashreplace")
        at = end
    return found
