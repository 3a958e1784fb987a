"""What tags named when, as frames: one snapshot, and what changed from one to the next."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, TIME, Row, Schema

SNAPSHOT = Schema.of(
    ("repository", TEXT, "registry and repository"),
    ("tag", TEXT, "name of the tag"),
    ("digest", TEXT, "digest the tag named"),
    ("kind", TEXT, "index, image, artifact, unknown or unreadable"),
    ("created", TIME, "when what it names was made, as that says"),
    ("signers", TEXT, "who signed what it names, as found by an audit; missing when nobody looked"),
    ("taken", TIME, "when the tags were listed"),
)

TAG_HISTORY = Schema.of(
    ("repository", TEXT, "registry and repository"),
    ("tag", TEXT, "name of the tag"),
    ("change", TEXT, "first seen, appeared, moved, moved back, or removed"),
    ("digest", TEXT, "digest the tag names from here on; missing for a removed tag"),
    ("previous", TEXT, "digest it named before"),
    ("after", TIME, "last snapshot that shows the state before; missing for the first"),
    ("seen", TIME, "first snapshot that shows the change: it happened between the two"),
)


def snapshot_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one row for each tag of a snapshot."""
    return SNAPSHOT.frame(rows, origin)


def tag_history_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one row for each change, in the order in which they were seen."""
    return TAG_HISTORY.frame(rows, origin)
