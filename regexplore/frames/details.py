"""Frame of what an artifact says of itself."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Schema

DETAILS = Schema.of(
    ("name", TEXT, "what is said: format, name, version, source ..."),
    ("value", TEXT, "what it is said to be; claimed, not checked"),
)


def details_frame(facts: Iterable[tuple[str, str]], origin: Origin) -> pd.DataFrame:
    """Give one row for each thing that is said."""
    return DETAILS.frame([{"name": name, "value": value} for name, value in facts], origin)
