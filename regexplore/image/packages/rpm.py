"""Packages of Fedora, SUSE and their kin: the rpm database in SQLite.

The older formats (Berkeley DB, ndb) are recognised and not read.

Source: rpm's "Package format", header structure; tags of ``rpmtag.h``.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator

from regexplore.errors import LayerError, SizeExceedsLimitError, UnsupportedError
from regexplore.image.packages.os_release import OsRelease
from regexplore.image.packages.package import Package

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_VENDOR, _LICENCE, _ARCHITECTURE = 1011, 1014, 1022
_DIRECTORY_NUMBERS, _BASE_NAMES, _DIRECTORIES = 1116, 1117, 1118
_INT32, _STRING, _ARRAY, _I18N = 4, 6, 8, 9
_MAX_TAGS = 10_000
_MAX_FILES = 1_000_000
_MAX_TEXT = 10_000
_MAX_BYTES = 256 << 20
_MAX_HEADER_BYTES = 32 << 20
# A sound database takes some ten steps a package.
_MAX_STEPS = 20_000_000
_STEPS_BETWEEN_LOOKS = 10_000
_SQLITE = b"SQLite format 3\0"
_IS_PLAIN = "SELECT 1 FROM sqlite_master WHERE name = 'Packages' AND type = 'table' AND rootpage > 0"


def read_rpm(content: bytes, path: str, system: OsRelease) -> Iterator[Package]:
    """Yield the packages of a database.

    Raises
    ------
    UnsupportedError
        It is in one of the older formats.
    LayerError
        It is broken.
    """
    if not content.startswith(_SQLITE):
        raise UnsupportedError(f"{path} is an rpm database in a format that is not read")
    for header in _headers(content, path):
        tags = _tags(header, path)
        name = _text(tags, _NAME)
        if not name or name == "gpg-pubkey":
            continue
        epoch = tags.get(_EPOCH)
        version = f"{_text(tags, _VERSION)}-{_text(tags, _RELEASE)}".rstrip("-")
        yield Package(
            name,
            f"{epoch}:{version}" if isinstance(epoch, int) and epoch else version,
            "rpm",
            path,
            _text(tags, _ARCHITECTURE),
            _text(tags, _LICENCE),
            _text(tags, _VENDOR),
            namespace=system.id,
            distro=system.distro,
        )


def read_rpm_files(content: bytes, path: str) -> Iterator[str]:
    """Yield the paths of all files that packages of a database own; none for the older formats.

    Raises
    ------
    LayerError
        It is broken.
    """
    if not content.startswith(_SQLITE):
        return
    for header in _headers(content, path):
        lists = _lists(header, path)
        folders = lists.get(_DIRECTORIES, [])
        for name, number in zip(lists.get(_BASE_NAMES, []), lists.get(_DIRECTORY_NUMBERS, []), strict=False):
            if isinstance(number, int) and number < len(folders):
                yield f"{folders[number]}{name}"


def _lists(header: bytes, path: str) -> dict[int, list[str] | list[int]]:
    """Return the lists of a header that say which files a package has."""
    wanted = (_DIRECTORY_NUMBERS, _BASE_NAMES, _DIRECTORIES)
    try:
        count, size = struct.unpack_from(">II", header)
        data = header[8 + 16 * min(count, _MAX_TAGS) :][:size]
        found: dict[int, list[str] | list[int]] = {}
        for n in range(min(count, _MAX_TAGS)):
            tag, kind, offset, length = struct.unpack_from(">IIII", header, 8 + 16 * n)
            if tag not in wanted or tag in found or length > _MAX_FILES:
                continue
            if kind == _INT32:
                found[tag] = list(struct.unpack_from(f">{length}I", data, offset))
            else:
                texts = data[offset:].split(b"\0", length)[:length]
                found[tag] = [text.decode("utf-8", "replace") for text in texts]
    except struct.error:
        raise LayerError(f"{path} has a broken package header") from None
    return found


def _headers(content: bytes, path: str) -> Iterator[bytes]:
    """Yield the blobs of the table.

    A database holds programs too: a view or a computed column may go on for ever, so only a plain table is asked, and
    the steps and bytes that it may take are counted.
    """
    steps = bytes_read = 0

    def look() -> bool:
        nonlocal steps
        steps += _STEPS_BETWEEN_LOOKS
        return steps > _MAX_STEPS

    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(content)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_HEADER_BYTES)
        connection.set_progress_handler(look, _STEPS_BETWEEN_LOOKS)
        if connection.execute(_IS_PLAIN).fetchone() is None:
            raise LayerError(f"{path} has no table of packages")
        for (blob,) in connection.execute("SELECT blob FROM Packages"):
            if isinstance(blob, bytes):
                bytes_read += len(blob)
                if bytes_read > _MAX_BYTES:
                    raise SizeExceedsLimitError(f"{path} holds more than {_MAX_BYTES:,} bytes of headers")
                yield blob
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise LayerError(f"{path} is broken: {error}") from None
    finally:
        connection.close()


def _tags(header: bytes, path: str) -> dict[int, str | int]:
    """Return the single values of a header: its index first, then the data that it points into."""
    try:
        count, size = struct.unpack_from(">II", header)
        if count > _MAX_TAGS:
            raise LayerError(f"{path} has a package with {count} tags")
        data = header[8 + 16 * count :][:size]
        found: dict[int, str | int] = {}
        for n in range(count):
            tag, kind, offset, _ = struct.unpack_from(">IIII", header, 8 + 16 * n)
            if kind == _INT32:
                found[tag] = struct.unpack_from(">I", data, offset)[0]
            elif kind in (_STRING, _ARRAY, _I18N):
                end = data.find(b"\0", offset, offset + _MAX_TEXT)
                text = data[offset : end if end >= 0 else offset + _MAX_TEXT]
                found[tag] = text.decode("utf-8", "replace")
    except struct.error:
        raise LayerError(f"{path} has a broken package header") from None
    return found


def _text(tags: dict[int, str | int], tag: int) -> str:
    value = tags.get(tag, "")
    return value if isinstance(value, str) else ""
