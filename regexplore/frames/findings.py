"""What the rules of an audit answered, as a frame: one row for each rule and each thing it was asked about."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Row, Schema

FINDINGS = Schema.of(
    ("rule", TEXT, "id of the rule"),
    ("severity", TEXT, "critical, high, medium, low or info"),
    ("status", TEXT, "fail, unknown, waived, pass or n.a."),
    ("reference", TEXT, "what was looked at, as a reader would name it"),
    ("digest", TEXT, "digest of the manifest that was looked at; missing for a repository or registry"),
    ("platform", TEXT, "its platform, when it is a child of an index"),
    ("message", TEXT, "what was found, or why nothing can be said"),
    ("evidence", TEXT, "what it rests on: a digest, a path, a field"),
)


def findings_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one row for each finding, in the order given."""
    return FINDINGS.frame(rows, origin)
