"""An OCI image layout in a tar archive: its members are found once and read where they are, never unpacked.

Source: image-spec v1.1 ``image-layout.md``; ``docker save``, ``skopeo copy oci-archive:``.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple, cast

from regexplore.content.layout_files import OpenedFile
from regexplore.content.tar_entries import FILE, HARDLINK, SYMLINK, TarReader
from regexplore.errors import LayerError, NotFoundError, SizeExceedsLimitError, UnsupportedError
from regexplore.oci import Digest

CHUNK = 1 << 20
MAX_LINKS = 10
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")


class Member(NamedTuple):
    """Where a member's bytes are in the archive; ``link`` is the other name of a link."""

    offset: int
    size: int
    link: str = ""


class Archive:
    """A tar archive on disk, by member.

    Raises
    ------
    NotFoundError
        There is no such file.
    UnsupportedError
        It is compressed, so that nothing in it can be found without reading what is before.
    LayerError
        It is not a tar archive, or a damaged one.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.members = _members(path)

    def read(self, name: str, limit: int) -> bytes:
        """Return a small member.

        Raises
        ------
        NotFoundError, SizeExceedsLimitError
        """
        opened = self.open(name)
        with opened.file:
            if opened.size > limit:
                raise SizeExceedsLimitError(f"{name} in {self.path} has more than {limit} bytes")
            return opened.file.read()

    def open(self, name: str) -> OpenedFile:
        """Open a member; links inside the archive are followed.

        Raises
        ------
        NotFoundError
        """
        return self.section(self.member(name))

    def section(self, member: Member) -> OpenedFile:
        """Open what a member holds."""
        return OpenedFile(cast("BinaryIO", _Section(self.path, member.offset, member.size)), member.size)

    def member(self, name: str) -> Member:
        """Return where a member is, links followed.

        Raises
        ------
        NotFoundError
        """
        wanted = name
        for _ in range(MAX_LINKS):
            found = self.members.get(_plain(wanted))
            if found is None:
                break
            if not found.link:
                return found
            wanted = found.link
        raise NotFoundError(f"{name[:200]!a} is not in the archive {self.path}")


class ArchiveFiles:
    """The files of a layout in an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def read_top(self, name: str, limit: int) -> bytes:
        """Return a file of the layout itself."""
        return self._archive.read(name, limit)

    def open_blob(self, digest: Digest) -> OpenedFile:
        """Open a member below ``blobs``."""
        return self._archive.open(f"blobs/{digest.algorithm}/{digest.encoded}")


class _Section(io.RawIOBase):
    """A part of a file, as a file of its own."""

    def __init__(self, path: str, offset: int, size: int) -> None:
        super().__init__()
        self._file = _open(path)
        self._offset = offset
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        self._file.seek(self._offset + self._position)
        count = self._file.readinto(view[: max(0, self._size - self._position)])
        self._position += count or 0
        return count or 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"position {start + offset} is before the start")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        self._file.close()
        super().close()


def _members(path: str) -> Mapping[str, Member]:
    found: dict[str, Member] = {}
    with _open(path) as file:
        start = file.read(6)
        if start.startswith(_PACKED):
            raise UnsupportedError(
                f"{path} is compressed; a layout is read where it is", hint="Unpack it to a plain .tar first."
            )
        file.seek(0)
        for entry in TarReader(_chunks(file)):
            if entry.type == FILE:
                found[_plain(entry.name)] = Member(entry.offset, entry.size)
            elif entry.type == HARDLINK:
                found[_plain(entry.name)] = Member(0, 0, entry.link)
            elif entry.type == SYMLINK:
                found[_plain(entry.name)] = Member(0, 0, _beside(entry.name, entry.link))
    if not found:
        raise LayerError(f"{path} is an archive without any file")
    return found


def _chunks(file: io.FileIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _plain(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _beside(name: str, target: str) -> str:
    """Return the member that a symbolic link means; it cannot lead out of the archive."""
    parts = [] if target.startswith("/") else _plain(name).split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _open(path: str) -> io.FileIO:
    try:
        return open(path, "rb", buffering=0)  # noqa: PTH123 - closed by its owner
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from None
