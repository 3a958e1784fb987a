"""SOCI: an index beside the image that tells what is in its gzip layers, and where unpacking may begin inside them.

The index is an artifact; it holds one table (ztoc) for each layer, with the state of the decompressor at points of the
stream and the digest of every span between them. Each span is checked, so what is unpacked is what the index was made
of.

Source: awslabs/soci-snapshotter, "SOCI index manifest", ``ztoc.fbs``.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from regexplore.content.referrers import list_referrers
from regexplore.content.store import Fetcher, ReadOnlyStore, fetch_all, read_range
from regexplore.content.tar_entries import FILE, HARDLINK, SYMLINK, TarEntry
from regexplore.errors import LayerError, MismatchedDigestError, SizeExceedsLimitError
from regexplore.image.flatbuffer import FlatTable
from regexplore.image.layer import LayerListing
from regexplore.image.listed_entries import entry_seconds, entry_type
from regexplore.oci import Descriptor, Digest, Document, Manifest
from regexplore.oci.digest import is_digest

SOCI = "SOCI"
INDEX_TYPES = ("application/vnd.amazon.soci.index.v1+json", "application/vnd.amazon.soci.index.v2+json")
INDEX_ANNOTATION = "com.amazon.soci.index-digest"
LAYER_ANNOTATION = "com.amazon.soci.image-layer-digest"
MAX_ZTOC_BYTES = 256 << 20
MAX_FILE_BYTES = 256 << 20
"""Of one file; of the packed spans that it is in; and of what is before it in them."""

_WINDOW = 32768
_CHECKPOINT = struct.Struct("<qqB")
_GZIP = 1
_GZIP_HEADER = 10
_TRAILER = 8
_PIECE = 16 << 20


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A point of the stream where unpacking may begin.

    ``packed`` and ``unpacked`` are offsets; ``bits`` of the byte before belong to what follows.
    """

    packed: int
    unpacked: int
    bits: int
    window: bytes

    @property
    def start(self) -> int:
        """The first byte that is needed."""
        return self.packed - (1 if self.bits else 0)


@dataclass(slots=True)
class SociTable:
    """What a SOCI index says of one layer.

    Attributes
    ----------
    listing : LayerListing
        As if the layer had been read; its bytes were not checked.
    read_bytes : int
        Size of the table.
    """

    listing: LayerListing
    read_bytes: int
    checkpoints: list[Checkpoint]
    span_digests: list[str]
    kind: str = SOCI

    def content(self, store: Fetcher, row: int) -> bytes:
        """Read one file with one range request, every span of it checked.

        Raises
        ------
        MismatchedDigestError
            A span is not what the index says.
        LayerError, SizeExceedsLimitError, RegexploreError
        """
        size, offset = self.listing.sizes[row], self.listing.offsets[row]
        if size > MAX_FILE_BYTES:
            raise SizeExceedsLimitError(f"the file has {size} bytes, the limit is {MAX_FILE_BYTES}")
        if not size:
            return b""
        starts = [point.unpacked for point in self.checkpoints]
        first = max(bisect_right(starts, offset) - 1, 0)
        last = max(bisect_right(starts, offset + size - 1) - 1, first)
        packed = self._spans(store, first, last)
        content = _unpack_from(
            self.checkpoints[first], packed, offset - self.checkpoints[first].unpacked, size
        )
        if len(content) != size:
            raise LayerError(f"{self.listing.names[row]!a} ends after {len(content)} of {size} bytes")
        return content

    def _spans(self, store: Fetcher, first: int, last: int) -> bytes:
        """Return the packed bytes of some spans, each checked; neighbours share a byte where bits do."""
        layer = self.listing.descriptor
        start = self.checkpoints[first].start
        end = self._end(last)
        if not 0 <= start <= end <= layer.size:
            raise LayerError(f"the layer has {layer.size} bytes; its SOCI table names {start} to {end}")
        if end - start > MAX_FILE_BYTES:
            raise SizeExceedsLimitError(
                f"the file is in {end - start} packed bytes, the limit is {MAX_FILE_BYTES}"
            )
        packed = read_range(store, layer, start, end)
        for span in range(first, last + 1):
            part = packed[self.checkpoints[span].start - start : self._end(span) - start]
            if f"sha256:{sha256(part).hexdigest()}" != self.span_digests[span]:
                raise MismatchedDigestError(f"span {span} of {layer.digest} is not what its SOCI index says")
        return packed

    def _end(self, span: int) -> int:
        if span == len(self.checkpoints) - 1:
            return self.listing.descriptor.size
        return self.checkpoints[span + 1].packed


def find_tables(store: ReadOnlyStore, manifest: Manifest) -> dict[Digest, Descriptor]:
    """Return the tables of an image's SOCI indexes, by digest of the layer they are of.

    Asked are the image's own annotation and its referrers: one request for these, one for each index.

    Raises
    ------
    RegexploreError
        The referrers could not be listed.
    """
    found: dict[Digest, Descriptor] = {}
    for index in _indexes(store, manifest):
        document = Document.examine(fetch_all(store, index), index)
        for layer in document.layers if isinstance(document, Manifest) else ():
            of = (layer.annotations or {}).get(LAYER_ANNOTATION, "")
            if is_digest(of):
                found.setdefault(Digest(of), layer)
    return found


def _indexes(store: ReadOnlyStore, manifest: Manifest) -> Iterator[Descriptor]:
    named = manifest.annotations.get(INDEX_ANNOTATION, "")
    if is_digest(named):
        yield store.resolve(named)
    for referrer in list_referrers(store, manifest.descriptor):
        if referrer.artifact_type in INDEX_TYPES:
            yield referrer


def read_ztoc(store: Fetcher, ztoc: Descriptor, layer: Descriptor) -> SociTable:
    """Read the table of a layer; it is checked against the index that names it.

    Raises
    ------
    LayerError
        It cannot be read, or is of another layer.
    SizeExceedsLimitError, ContentError, RegexploreError
    """
    content = fetch_all(store, ztoc, MAX_ZTOC_BYTES)
    root = FlatTable.root(content)
    compression, contents = root.table(5), root.table(4)
    if compression is None or contents is None:
        raise LayerError("the SOCI table lacks its contents")
    if root.number(2) != layer.size:
        raise LayerError(f"the SOCI table is of a layer of {root.number(2)} bytes, this one has {layer.size}")
    if compression.number(0, "<b", _GZIP) != _GZIP:
        raise LayerError("the SOCI table is of a layer that is not gzip")
    points = _checkpoints(compression.data(3))
    digests = compression.texts(2)
    if len(points) != len(digests) or not points:
        raise LayerError(f"the SOCI table has {len(digests)} digests for {len(points)} spans")
    listing = LayerListing(layer)
    for entry in contents.tables(0):
        listing.append(_entry(entry))
    return SociTable(listing, len(content), points, digests)


def _entry(entry: FlatTable) -> TarEntry:
    kind = entry_type(entry.text(1))
    size, offset = entry.number(3), entry.number(2)
    if not 0 <= size < 1 << 62 or not 0 <= offset < 1 << 62:
        raise LayerError(f"an entry of the SOCI table has {size} bytes at {offset}")
    return TarEntry(
        entry.text(0),
        kind,
        entry.number(5) & 0o7777,
        entry.number(6, "<I"),
        entry.number(7, "<I"),
        size if kind == FILE else 0,
        entry_seconds(entry.text(10)),
        entry.text(4) if kind in (SYMLINK, HARDLINK) else "",
        offset,
    )


def _checkpoints(blob: bytes) -> list[Checkpoint]:
    """Read the states of the decompressor; the first version left out that of the beginning."""
    if len(blob) < 12:
        raise LayerError("the SOCI table has no checkpoints")
    count = int.from_bytes(blob[:4], "little", signed=True)
    step = _CHECKPOINT.size + _WINDOW
    held = (len(blob) - 12) // step
    if (len(blob) - 12) % step or held not in (count, count - 1) or count < 1:
        raise LayerError(f"the SOCI table says {count} checkpoints in {len(blob)} bytes")
    points = [] if held == count else [Checkpoint(_GZIP_HEADER, 0, 0, bytes(_WINDOW))]
    for n in range(held):
        packed, unpacked, bits = _CHECKPOINT.unpack_from(blob, 12 + n * step)
        window = blob[12 + n * step + _CHECKPOINT.size :][:_WINDOW]
        points.append(Checkpoint(packed, unpacked, bits, window))
    ordered = all(a.unpacked <= b.unpacked and a.packed <= b.packed for a, b in pairwise(points))
    if not ordered or points[0].packed < 0 or any(not 0 <= point.bits <= 7 for point in points):
        raise LayerError("the checkpoints of the SOCI table are out of order")
    return points


def _unpack_from(point: Checkpoint, packed: bytes, skip: int, size: int) -> bytes:
    """Unpack ``size`` bytes, ``skip`` bytes behind a checkpoint; what is before them is not kept."""
    if skip > MAX_FILE_BYTES:
        raise SizeExceedsLimitError(f"{skip} bytes are before the file, the limit is {MAX_FILE_BYTES}")
    if point.bits:
        # What follows begins inside a byte: shift the whole span, so that it begins with one.
        shifted = int.from_bytes(packed, "little") >> (8 - point.bits)
        packed = shifted.to_bytes(len(packed), "little")
    decoder = zlib.decompressobj(wbits=-15, zdict=point.window)
    content, raw = bytearray(), True
    try:
        while len(content) < size and packed:
            part = decoder.decompress(packed, min(skip + size - len(content), _PIECE))
            content += part[skip:]
            skip -= min(skip, len(part))
            packed = decoder.unconsumed_tail
            if decoder.eof and len(content) < size:
                # Another member follows: behind the trailer, which only raw streams leave in place.
                packed = decoder.unused_data[_TRAILER if raw else 0 :]
                decoder, raw = zlib.decompressobj(wbits=31), False
    except zlib.error as error:
        raise LayerError(f"a span of the layer is broken: {error}") from None
    return bytes(content)
