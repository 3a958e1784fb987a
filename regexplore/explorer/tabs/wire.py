"""The requests that were made for what is looked at, secrets replaced."""

from __future__ import annotations

from regexplore.explorer.pane import FrameSheet, Lines, Pane, Piece
from regexplore.explorer.subject import Subject
from regexplore.explorer.visit import Visit
from regexplore.frames.origin import Origin
from regexplore.knowledge.curl import curl
from regexplore.knowledge.steps import Step, steps

TITLE = "Wire"
SHOWN = ("n", "method", "url", "status", "ms", "received", "attempt", "note")
MOST_IN_FULL = 40


def applies(subject: Subject) -> bool:
    """Whatever is looked at was asked for."""
    del subject
    return True


def load(visit: Visit) -> Pane:
    """Give the requests so far; costs none."""
    from regexplore.frames.wire import wire_frame

    events = visit.recorder.events
    frame = wire_frame(events, Origin("wire"))
    python = f"with rx.trace() as wire: {visit.python}"
    if not events:
        return Pane((), frame, python, ("no request was needed for this: it was known, or is on disk",))
    exchanges = Lines(tuple(line for step in steps(events[:MOST_IN_FULL]) for line in _exchange(step)))
    return Pane((FrameSheet(frame, SHOWN, title="Requests"), exchanges), frame, python, lasting=False)


def _exchange(step: Step) -> list[tuple[Piece, ...]]:
    """Give a request and its answer as they went over the wire, but for bodies and secrets, and in words."""
    event = step.event
    status = "no answer" if event.status is None else str(event.status)
    asked = [(Piece(f"> {name}: {text}"),) for name, text in event.request_headers.items()]
    told = [(Piece(f"< {name}: {text}", "text"),) for name, text in event.response_headers.items()]
    return [
        (Piece(f"{event.method} {event.url}", "key"),),
        (Piece(f"$ {curl(event)}", "note"),),
        (Piece(f"  {step.asked}", "note"),),
        *asked,
        (Piece(f"< {status}", "number"), Piece(f"  {event.note}" if event.note else "", "note")),
        *told,
        (Piece(f"  {step.told} ({step.citation})", "note"),),
        (Piece(""),),
    ]
