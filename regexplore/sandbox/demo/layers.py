"""Layers: small file systems as tar files, the same bytes on every machine.

Compression libraries differ in their output from build to build. So the gzip files here hold stored blocks only:
valid gzip, and deterministic by construction.

Source: image-spec v1.1 ``layer.md`` (whiteouts, opaque directories); RFC 1951 section 3.2.4; RFC 1952.
"""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from regexplore.oci import Digest

EPOCH = 1_767_225_600  # 2026-01-01T00:00:00Z
_BLOCK = 65_535


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a layer; a directory when it has neither content nor target."""

    path: str
    content: bytes | None = None
    mode: int = 0o644
    link: str = ""
    hard: bool = False
    uid: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its tar file, and the same in gzip."""

    tar: bytes
    created_by: str

    @property
    def gzip(self) -> bytes:
        """The bytes that a registry holds."""
        return _stored(self.tar)

    @property
    def diff_id(self) -> Digest:
        """Digest of the tar file."""
        return Digest.of(self.tar)


def layer(created_by: str, *entries: Entry) -> Layer:
    """Make a layer of some entries; folders above them are added."""
    return Layer(tar_of(_with_folders(entries)), created_by)


def text(path: str, content: str, mode: int = 0o644) -> Entry:
    """Return a text file."""
    return Entry(path, content.encode(), mode)


def binary(path: str, size: int, seed: str, mode: int = 0o755) -> Entry:
    """Return a file that looks like a program: a head, and bytes that do not compress."""
    blocks = (bytes.fromhex(Digest.of(f"{seed} {n}".encode()).encoded) for n in range(size // 32 + 1))
    return Entry(path, (b"\x7fELF\x02\x01\x01" + b"".join(blocks))[:size], mode)


def whiteout(path: str) -> Entry:
    """Return the entry that deletes a path of a layer below."""
    folder, slash, name = path.rpartition("/")
    return Entry(f"{folder}{slash}.wh.{name}", b"")


def opaque(folder: str) -> Entry:
    """Return the entry that hides everything that layers below have in a folder."""
    return Entry(f"{folder}/.wh..wh..opq", b"")


def tar_of(entries: Sequence[Entry]) -> bytes:
    """Return a tar file of entries, in their order."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            archive.addfile(_info(entry), io.BytesIO(entry.content or b""))
    return file.getvalue()


def stored_gzip(content: bytes) -> bytes:
    """Return content as gzip without compression.

    Examples
    --------
    >>> import gzip
    >>> gzip.decompress(stored_gzip(b"hello"))
    b'hello'
    """
    blocks = [content[at : at + _BLOCK] for at in range(0, len(content), _BLOCK)] or [b""]
    parts = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    for n, block in enumerate(blocks):
        last = n == len(blocks) - 1
        parts.append(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    parts.append(struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))
    return b"".join(parts)


@lru_cache(maxsize=64)
def _stored(content: bytes) -> bytes:
    return stored_gzip(content)


def _with_folders(entries: Sequence[Entry]) -> list[Entry]:
    folders = {
        "/".join(parts[:depth])
        for entry in entries
        for parts in [entry.path.split("/")]
        for depth in range(1, len(parts))
    }
    named = {entry.path for entry in entries}
    return [*(Entry(folder, mode=0o755) for folder in sorted(folders - named)), *entries]


def _info(entry: Entry) -> tarfile.TarInfo:
    info = tarfile.TarInfo(entry.path)
    info.mtime, info.mode, info.uid, info.gid = EPOCH, entry.mode, entry.uid, entry.uid
    if entry.link:
        info.type, info.linkname = (tarfile.LNKTYPE if entry.hard else tarfile.SYMTYPE), entry.link
    elif entry.content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(entry.content)
    return info
