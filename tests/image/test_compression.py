"""Packed layers: what is unpacked, what is refused, and how much."""

import bz2
import gzip
import io
import lzma
import zlib

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from regexplore.content.layer_limits import LayerLimits
from regexplore.errors import LayerError, RegexploreError, SizeExceedsLimitError, UnsupportedError
from regexplore.image.compression import compression_of, unpacked
from regexplore.oci import media_types

CONTENT = bytes(range(256)) * 5000


def unpack(packed, media_type="", **limits):
    return b"".join(unpacked(io.BytesIO(packed), media_type, LayerLimits(**limits)))


PACKED = {
    "none": CONTENT,
    "gzip": gzip.compress(CONTENT),
    "gzip in members": gzip.compress(CONTENT[:1000]) + gzip.compress(b"") + gzip.compress(CONTENT[1000:]),
    "gzip with padding": gzip.compress(CONTENT) + bytes(5000),
    "zstd": zstd.compress(CONTENT),
    "zstd in frames": zstd.compress(CONTENT[:1000]) + zstd.compress(CONTENT[1000:]),
    "zstd with a skippable frame": b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zstd.compress(CONTENT),
}


@pytest.mark.parametrize("name", PACKED)
def test_t28_unpacked_by_its_bytes_whatever_the_media_type_says(name):
    for media_type in (
        "",
        media_types.OCI_LAYER_TAR,
        media_types.OCI_LAYER_GZIP,
        media_types.OCI_LAYER_ZSTD,
        media_types.DOCKER_LAYER_GZIP,
    ):
        assert unpack(PACKED[name], media_type) == CONTENT


@given(st.binary(max_size=5000), st.sampled_from([gzip.compress, zstd.compress]))
def test_whatever_was_packed_comes_out(content, pack):
    assert unpack(pack(content)) == content


@given(st.binary(max_size=400), st.sampled_from([b"", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"]))
def test_any_bytes_come_out_or_a_named_error(content, start):
    try:
        unpack(start + content)
    except RegexploreError as error:
        assert error.hint


@pytest.mark.parametrize("name", ["gzip", "zstd", "gzip in members"])
def test_truncated(name):
    with pytest.raises(LayerError, match="ends in the middle"):
        unpack(PACKED[name][:-7])


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_damaged(name):
    packed = bytearray(PACKED[name])
    packed[len(packed) // 2] ^= 0xFF
    packed[-6] ^= 0xFF
    with pytest.raises(LayerError, match="broken|middle"):
        unpack(bytes(packed))


def test_something_behind_gzip():
    with pytest.raises(LayerError, match="follows"):
        unpack(gzip.compress(CONTENT) + b"evil")


@pytest.mark.parametrize("packed", [bz2.compress(CONTENT), lzma.compress(CONTENT), b"\x04\x22\x4d\x18rest"])
def test_packings_that_no_media_type_allows(packed):
    with pytest.raises(UnsupportedError) as caught:
        unpack(packed)
    assert caught.value.hint


def test_encrypted_layers_are_said_to_be():
    with pytest.raises(UnsupportedError, match="encrypted"):
        compression_of(b"", "application/vnd.oci.image.layer.v1.tar+gzip+encrypted")


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_t28_a_bomb_is_stopped_at_the_absolute_limit(pack):
    bomb = pack(bytes(50 << 20))
    assert len(bomb) < 100_000
    with pytest.raises(SizeExceedsLimitError, match="more than 1048576 bytes"):
        unpack(bomb, unpacked_bytes=1 << 20)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_t28_a_bomb_is_stopped_at_the_ratio(pack):
    with pytest.raises(SizeExceedsLimitError, match="times its size"):
        unpack(pack(bytes(50 << 20)), ratio=20, ratio_from=1 << 20)


def test_t28_ten_members_count_together():
    with pytest.raises(SizeExceedsLimitError):
        unpack(gzip.compress(bytes(1 << 20)) * 10, unpacked_bytes=5 << 20)


def test_t28_a_window_beyond_the_limit():
    options = {zstd.CompressionParameter.window_log: 25, zstd.CompressionParameter.content_size_flag: False}
    compressor = zstd.ZstdCompressor(options=options)
    packed = compressor.compress(CONTENT * 40) + compressor.flush()
    with pytest.raises(LayerError):
        unpack(packed, window_log=20)


def test_an_endless_stream_is_stopped():
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return bytes(size)

    compressor = zlib.compressobj(wbits=31)
    start = compressor.compress(bytes(1000)) + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert start
    with pytest.raises(SizeExceedsLimitError):
        for _ in unpacked(Endless(), "", LayerLimits(unpacked_bytes=10 << 20)):
            pass
