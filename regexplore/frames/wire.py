"""The requests of a trace, as a frame; nothing secret is in it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import FLAG, NUMBER, TEXT, TIME, WHOLE, Row, Schema
from regexplore.remote.trace import WireEvent

WIRE = Schema.of(
    ("n", WHOLE, "number of the request in its trace"),
    ("started", TIME, "when it left"),
    ("method", TEXT, "HTTP method"),
    ("url", TEXT, "address, with everything secret replaced"),
    ("status", WHOLE, "HTTP status; missing when nothing came back"),
    ("ms", NUMBER, "milliseconds until the head of the answer was there"),
    ("sent", WHOLE, "bytes of the request's body"),
    ("received", WHOLE, "bytes of the answer's body read so far"),
    ("attempt", WHOLE, "1 for the first try, 2 for the second"),
    ("cached", FLAG, "the answer needed no request"),
    ("note", TEXT, "where a redirect led, why it was tried again, which error came"),
)


def wire_frame(events: Iterable[WireEvent], origin: Origin) -> pd.DataFrame:
    """Give one row for each request, in the order in which they began."""
    return WIRE.frame(map(_row, events), origin)


def _row(event: WireEvent) -> Row:
    return {
        "n": event.n,
        "started": event.started,
        "method": event.method,
        "url": event.url,
        "status": event.status,
        "ms": round(event.ms, 3),
        "sent": event.sent,
        "received": event.received,
        "attempt": event.attempt,
        "cached": event.cached,
        "note": event.note,
    }
