"""The requests of a trace in words: what was asked, what the answer says, where it is written down."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, WHOLE, Row, Schema
from regexplore.knowledge.steps import Step

WIRE_STEPS = Schema.of(
    ("n", WHOLE, "number of the request in its trace"),
    ("step", TEXT, "what was asked, in a few words"),
    ("asked", TEXT, "what the request does"),
    ("status", WHOLE, "HTTP status; missing when nothing came back"),
    ("told", TEXT, "what the answer says, and what the client does with it"),
    ("workflow", TEXT, "pull, push, discovery, management, or authentication"),
    ("endpoint", TEXT, "as the table of endpoints in the distribution spec has it"),
    ("spec", TEXT, "document and section"),
    ("url", TEXT, "address of that section"),
)


def wire_steps_frame(steps: Iterable[Step], origin: Origin) -> pd.DataFrame:
    """Give one row for each request, in the order in which they began."""
    return WIRE_STEPS.frame(map(_row, steps), origin)


def _row(step: Step) -> Row:
    return {
        "n": step.event.n,
        "step": step.title,
        "asked": step.asked,
        "status": step.event.status,
        "told": step.told,
        "workflow": step.endpoint.workflow or None,
        "endpoint": step.endpoint.name,
        "spec": str(step.citation),
        "url": step.citation.url,
    }
