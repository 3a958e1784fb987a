"""The difference between two artifacts, as a frame."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Row, Schema

DIFF = Schema.of(
    ("part", TEXT, "manifest, platforms, config, labels, layers or annotations"),
    ("key", TEXT, "what is compared: a field, a platform, the digest of a layer, a key"),
    ("change", TEXT, "only in a, only in b, changed, or same"),
    ("a", TEXT, "what the first says"),
    ("b", TEXT, "what the second says"),
)


def diff_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one row for each difference."""
    return DIFF.frame(rows, origin)
