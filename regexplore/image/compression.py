"""Layers unpacked: gzip, zstd and plain tar, told apart by their bytes, and never more of them than was allowed.

The media type is only asked about encryption: many a registry serves gzip as something else.

Source: image-spec "layer.md" (media types); RFC 1952 (members); RFC 8878 (frames).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from regexplore.content.layer_limits import DEFAULT_LIMITS, LayerLimits
from regexplore.errors import LayerError, SizeExceedsLimitError, UnsupportedError


def _fastest() -> Any:
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib
    return isal_zlib


# The interface of zlib; isal's is twice as fast where it is installed (extra ``fast``).
_inflate: Any = _fastest()

PACKED_CHUNK = 256 << 10
UNPACKED_CHUNK = 1 << 20

GZIP, ZSTD, PLAIN = "gzip", "zstd", "none"
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Frames that hold no data, as zstd:chunked puts them in front and at the end.
_ZSTD_SKIPPABLE = tuple(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16))
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x04\x22\x4d\x18": "lz4"}
_GZIP_WINDOW = 31
_BROKEN: tuple[type[Exception], ...] = (zlib.error, _inflate.error)


def compression_of(start: bytes, media_type: str = "") -> str:
    """Return ``gzip``, ``zstd`` or ``none`` for the first bytes of a layer.

    Raises
    ------
    UnsupportedError
        The layer is encrypted, or packed in a way that is not read.
    """
    if media_type.endswith("+encrypted"):
        raise UnsupportedError(
            "the layer is encrypted; its content cannot be looked at",
            hint="Decrypt the image first, with the tool that holds the key.",
        )
    if start.startswith(_GZIP_MAGIC):
        return GZIP
    if start.startswith((_ZSTD_MAGIC, *_ZSTD_SKIPPABLE)):
        return ZSTD
    other = next((name for magic, name in _OTHERS.items() if start.startswith(magic)), "")
    if other:
        raise UnsupportedError(f"the layer is packed with {other}, which no OCI media type allows")
    return PLAIN


def unpacked(packed: BinaryIO, media_type: str = "", limits: LayerLimits = DEFAULT_LIMITS) -> Iterator[bytes]:
    """Yield the tar stream of a layer in chunks, reading ``packed`` to its end.

    Raises
    ------
    UnsupportedError
        Encrypted, or an unknown packing.
    LayerError
        The bytes are not what their first ones promise, or end too early.
    SizeExceedsLimitError
        There is more than the limits allow.
    """
    start = packed.read(PACKED_CHUNK)
    kind = compression_of(start, media_type)
    source = _Source(packed, start)
    chunks = {GZIP: _gunzip, ZSTD: _unzstd, PLAIN: _plain}[kind](source, limits)
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.unpacked_bytes:
            raise SizeExceedsLimitError(f"the layer unpacks to more than {limits.unpacked_bytes} bytes")
        if size > limits.ratio_from and size > limits.ratio * source.taken:
            raise SizeExceedsLimitError(
                f"the layer unpacks to more than {limits.ratio} times its size ({size} bytes from {source.taken})"
            )
        yield chunk


class _Source:
    """Packed bytes, counted as they are taken."""

    def __init__(self, packed: BinaryIO, start: bytes) -> None:
        self._packed = packed
        self._start = start
        self.taken = 0

    def next(self) -> bytes:
        chunk, self._start = self._start or self._packed.read(PACKED_CHUNK), b""
        self.taken += len(chunk)
        return chunk


def _plain(source: _Source, _limits: LayerLimits) -> Iterator[bytes]:
    while chunk := source.next():
        yield chunk


def _gunzip(source: _Source, _limits: LayerLimits) -> Iterator[bytes]:
    """Unpack member after member; zeros behind the last are padding, anything else is not."""
    data = source.next()
    while data:
        decoder = _inflate.decompressobj(wbits=_GZIP_WINDOW)
        while not decoder.eof:
            if not data:
                raise LayerError("the gzip stream ends in the middle")
            try:
                yield decoder.decompress(data, UNPACKED_CHUNK)
            except _BROKEN as error:
                raise LayerError(f"the gzip stream is broken: {error}") from None
            data = decoder.unconsumed_tail or (b"" if decoder.eof else source.next())
        data = decoder.unused_data or source.next()
        if not data.startswith(_GZIP_MAGIC[:1]):
            _require_padding(data, source)
            return


def _unzstd(source: _Source, limits: LayerLimits) -> Iterator[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from backports import zstd
    options = {zstd.DecompressionParameter.window_log_max: limits.window_log}
    data = source.next()
    while data:
        decoder = zstd.ZstdDecompressor(options=options)
        while not decoder.eof:
            if decoder.needs_input and not data:
                raise LayerError("the zstd stream ends in the middle")
            try:
                yield decoder.decompress(data, UNPACKED_CHUNK)
            except zstd.ZstdError as error:
                raise LayerError(f"the zstd stream is broken: {error}") from None
            data = source.next() if decoder.needs_input and not decoder.eof else b""
        data = decoder.unused_data or source.next()


def _require_padding(data: bytes, source: _Source) -> None:
    while data:
        if data.strip(b"\0"):
            raise LayerError("something other than gzip follows the gzip stream")
        data = source.next()
