"""Tables of contents that some layers carry, so that one file can be had without the rest: eStargz and zstd:chunked.

Both are ordinary layers for everybody else. The table is checked against the digest that the manifest gives for it;
each file against the digest that the table gives.

Source: stargz-snapshotter "eStargz: Standard-Compatible Extensions to Tar.gz Layers"; containers/storage
``pkg/chunked`` (zstd:chunked).
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from regexplore.content.layer_limits import LayerLimits
from regexplore.content.store import Fetcher, read_range
from regexplore.content.tar_entries import FILE, HARDLINK, SYMLINK, TarEntry
from regexplore.errors import LayerError, MismatchedDigestError, SizeExceedsLimitError
from regexplore.image.compression import unpacked
from regexplore.image.layer import LayerListing
from regexplore.image.listed_entries import entry_seconds, entry_type
from regexplore.oci import Descriptor, Digest, strict_json
from regexplore.oci.digest import is_digest

STARGZ_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
CHUNKED_POSITION = "io.github.containers.zstd-chunked.manifest-position"
CHUNKED_DIGEST = "io.github.containers.zstd-chunked.manifest-checksum"
STARGZ, CHUNKED = "eStargz", "zstd:chunked"
FOOTER_BYTES = 51
MAX_TABLE_BYTES = 64 << 20
MAX_FILE_BYTES = 256 << 20

_FOOTER = re.compile(rb"\x1f\x8b.{8}\x1a\x00SG\x16\x00([0-9a-f]{16})STARGZ.*", re.DOTALL)
_POSITION = re.compile(r"([0-9]{1,18}):([0-9]{1,18}):([0-9]{1,18}):([0-9]+)")
# Members that are there for the format alone.
_FORMAT_ONLY = frozenset({"stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a file: where its packed bytes begin in the layer, and what comes out of them."""

    offset: int
    end: int
    size: int
    digest: str


@dataclass(slots=True)
class TableOfContents:
    """A layer's entries, and where the parts of its files are.

    Attributes
    ----------
    kind : str
        ``eStargz`` or ``zstd:chunked``.
    listing : LayerListing
        As if the layer had been read; its bytes were not checked.
    chunks : dict of int to list of Chunk
        By row of the listing.
    read_bytes : int
        What was read to get the table.
    """

    kind: str
    listing: LayerListing
    chunks: dict[int, list[Chunk]] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)
    read_bytes: int = 0

    def content(self, store: Fetcher, row: int) -> bytes:
        """Read one file, one range request for each of its chunks; what comes out is checked.

        Raises
        ------
        MismatchedDigestError
            The bytes are not what the table says.
        SizeExceedsLimitError, LayerError, RegexploreError
        """
        size = self.listing.sizes[row]
        if size > MAX_FILE_BYTES:
            raise SizeExceedsLimitError(f"the file has {size} bytes, the limit is {MAX_FILE_BYTES}")
        parts = []
        for chunk in self.chunks.get(row, ()):
            packed = _range(store, self.listing.descriptor, chunk.offset, chunk.end)
            parts.append(_unpack(packed, MAX_FILE_BYTES)[: chunk.size])
        content = b"".join(parts)
        digest = self.digests.get(row, "")
        if len(content) != size or (is_digest(digest) and not Digest(digest).matches(content)):
            raise MismatchedDigestError(
                f"{self.listing.names[row]!a} is not what the table of contents says: {digest or size}"
            )
        return content


def table_kind(descriptor: Descriptor) -> str:
    """Return which kind of table a layer says that it has; "" for none."""
    annotations = descriptor.annotations or {}
    if is_digest(annotations.get(STARGZ_DIGEST, "")):
        return STARGZ
    if CHUNKED_POSITION in annotations and is_digest(annotations.get(CHUNKED_DIGEST, "")):
        return CHUNKED
    return ""


def read_table(store: Fetcher, descriptor: Descriptor) -> TableOfContents:
    """Read the table of a layer with range requests, and check it.

    Raises
    ------
    LayerError
        The layer has no table where it says, or one that cannot be read.
    MismatchedDigestError
        The table is not what the manifest says.
    NotSeekableError
        The store serves no ranges.
    """
    annotations = descriptor.annotations or {}
    kind = table_kind(descriptor)
    if kind == STARGZ:
        packed = _stargz_table(store, descriptor)
        content = checked = _member(packed)
        wanted = Digest(annotations[STARGZ_DIGEST])
    else:
        packed = checked = _chunked_table(store, descriptor, annotations[CHUNKED_POSITION])
        wanted = Digest(annotations[CHUNKED_DIGEST])
        content = b""
    if not wanted.matches(checked):
        raise MismatchedDigestError(f"the table of contents of {descriptor.digest} is not {wanted}")
    table = _parsed(content or _unpack(packed), descriptor, kind)
    table.read_bytes = len(packed) + (FOOTER_BYTES if kind == STARGZ else 0)
    return table


def _stargz_table(store: Fetcher, layer: Descriptor) -> bytes:
    """Return the packed member that holds the table: the footer tells where it begins."""
    end = max(layer.size - FOOTER_BYTES, 0)
    found = _FOOTER.fullmatch(_range(store, layer, end, layer.size))
    if found is None:
        raise LayerError("the layer has no eStargz footer, though its annotation says so")
    return _range(store, layer, int(found.group(1), 16), end)


def _chunked_table(store: Fetcher, layer: Descriptor, position: str) -> bytes:
    found = _POSITION.fullmatch(position)
    if found is None:
        raise LayerError(f"the position of the table of contents cannot be read: {position[:80]!a}")
    offset, length = int(found.group(1)), int(found.group(2))
    return _range(store, layer, offset, offset + length)


def _range(store: Fetcher, layer: Descriptor, start: int, end: int) -> bytes:
    if not 0 <= start <= end <= layer.size or end - start > MAX_TABLE_BYTES:
        raise LayerError(f"the layer has {layer.size} bytes; its table of contents names {start} to {end}")
    return read_range(store, layer, start, end)


def _unpack(packed: bytes, limit: int = MAX_TABLE_BYTES) -> bytes:
    """Unpack one member or frame; what follows it in the range is not looked at."""
    if packed.startswith(b"\x1f\x8b"):
        decoder = zlib.decompressobj(wbits=31)
        try:
            content = decoder.decompress(packed, limit)
        except zlib.error as error:
            raise LayerError(f"a part of the layer is broken: {error}") from None
        return content
    return b"".join(unpacked(io.BytesIO(packed), limits=LayerLimits(unpacked_bytes=limit)))


def _member(packed: bytes) -> bytes:
    """Return ``stargz.index.json`` out of the archive that the last member is."""
    try:
        with tarfile.open(fileobj=io.BytesIO(_unpack(packed))) as archive:
            member = archive.next()
            file = archive.extractfile(member) if member is not None and member.isreg() else None
            return file.read(MAX_TABLE_BYTES) if file is not None else b""
    except (tarfile.TarError, ValueError) as error:
        raise LayerError(f"the table of contents is in no archive: {error}") from None


def _parsed(content: bytes, descriptor: Descriptor, kind: str) -> TableOfContents:
    tree = strict_json.loads(content)
    entries = tree.get("entries") if isinstance(tree, Mapping) else None
    if not isinstance(entries, list):
        raise LayerError("the table of contents has no entries")
    table = TableOfContents(kind, LayerListing(descriptor))
    row = -1
    for entry in entries:
        if not isinstance(entry, Mapping) or str(entry.get("name", "")) in _FORMAT_ONLY:
            continue
        if entry.get("type") != "chunk":
            table.listing.append(_entry(entry))
            row += 1
            if is_digest(str(entry.get("digest", ""))):
                table.digests[row] = str(entry["digest"])
        if row >= 0 and entry.get("type") in ("reg", "chunk") and _number(entry, "offset"):
            table.chunks.setdefault(row, []).append(_chunk(entry))
    _close_chunks(table, descriptor.size)
    return table


def _entry(entry: Mapping[str, Any]) -> TarEntry:
    kind = entry_type(str(entry.get("type")))
    link = str(entry.get("linkName") or "") if kind in (SYMLINK, HARDLINK) else ""
    return TarEntry(
        str(entry.get("name", "")),
        kind,
        _number(entry, "mode") & 0o7777,
        _number(entry, "uid"),
        _number(entry, "gid"),
        _number(entry, "size") if kind == FILE else 0,
        entry_seconds(entry.get("modtime")),
        link,
        0,
    )


def _chunk(entry: Mapping[str, Any]) -> Chunk:
    size = _number(entry, "chunkSize") or _number(entry, "size")
    return Chunk(
        _number(entry, "offset"), _number(entry, "endOffset"), size, str(entry.get("chunkDigest", ""))
    )


def _close_chunks(table: TableOfContents, size: int) -> None:
    """Give every chunk an end: eStargz tells only beginnings, so one ends where the next begins."""
    starts = sorted({chunk.offset for chunks in table.chunks.values() for chunk in chunks})
    following = dict(zip(starts, [*starts[1:], size], strict=False))
    for row, chunks in table.chunks.items():
        closed = []
        left = table.listing.sizes[row]
        for chunk in chunks:
            taken = min(chunk.size or left, left)
            left -= taken
            closed.append(Chunk(chunk.offset, chunk.end or following[chunk.offset], taken, chunk.digest))
        if closed and left:
            # The last chunk of a file may leave out its size.
            last = closed[-1]
            closed[-1] = Chunk(last.offset, last.end, last.size + left, last.digest)
        table.chunks[row] = closed


def _number(entry: Mapping[str, Any], key: str) -> int:
    value = entry.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 62:
        raise LayerError(f"the {key} of an entry of the table of contents is {json.dumps(value)[:40]}")
    return value
