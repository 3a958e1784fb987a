"""The requests that an embedded registry served, as a frame; credentials are not in it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import NUMBER, TEXT, TIME, WHOLE, Row, Schema

SERVED = Schema.of(
    ("n", WHOLE, "number of the request"),
    ("time", TIME, "when it came"),
    ("origin", TEXT, "which server saw it: registry, tokens or blobs"),
    ("method", TEXT, "HTTP method"),
    ("path", TEXT, "path that was asked for"),
    ("query", TEXT, "query, secrets replaced"),
    ("status", WHOLE, "HTTP status; missing when there was no answer"),
    ("spec", TEXT, "number of the endpoint in the distribution-spec"),
    ("received", WHOLE, "bytes of the request's body"),
    ("sent", WHOLE, "bytes of the answer's body"),
    ("ms", NUMBER, "milliseconds until the answer was complete"),
)


def served_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one row for each request, oldest first."""
    return SERVED.frame(rows, origin)
