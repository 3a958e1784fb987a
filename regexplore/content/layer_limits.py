"""How much of a layer is read before it is refused.

Layers come from anybody: a few kilobytes may unpack to terabytes, and a header may promise anything. Everything that
reads one takes these limits; the defaults are far above what real images need.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerLimits:
    """Limits for one layer.

    Attributes
    ----------
    unpacked_bytes : int
        Bytes of the tar stream.
    ratio : int
        Unpacked bytes for each packed one, counted beyond the first `ratio_from` bytes.
    ratio_from : int
        Small layers may be as dense as they like.
    window_log : int
        Window of zstd, as a power of two: what its decoder may hold in memory.
    entries : int
    name_bytes : int
        Of one path or link target.
    extended_bytes : int
        Of one extended header (PAX, GNU long names).
    """

    unpacked_bytes: int = 64 << 30
    ratio: int = 250
    ratio_from: int = 256 << 20
    window_log: int = 27
    entries: int = 1_000_000
    name_bytes: int = 4096
    extended_bytes: int = 1 << 20


DEFAULT_LIMITS = LayerLimits()
