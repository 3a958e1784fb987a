"""The newest tags of a repository, each fetched: digest, kind, size, platforms, age."""

from __future__ import annotations

from functools import partial

from regexplore.content.pool import map_bounded
from regexplore.explorer.pane import FrameSheet, Pane, frame_notes
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Subject
from regexplore.explorer.target import reference_place
from regexplore.explorer.visit import Visit
from regexplore.frames.origin import Origin
from regexplore.objects.collection import Collection
from regexplore.show.progress import Progress

TITLE = "Tags"
MOST = 100
SHOWN = ("tag", "kind", "platforms", "total_size", "layers", "created", "digest", "artifact_type", "error")


def applies(subject: Subject) -> bool:
    """Repositories and layouts have tags."""
    return isinstance(subject, Collection)


def load(visit: Visit) -> Pane:
    """Fetch the newest tags, a request for each; a stop keeps the rows that arrived."""
    from regexplore.frames.tags import tag_details_frame, tag_row

    source = visit.collection._source
    origin = Origin(visit.name, source.requests)
    if not visit.tags and not visit.tags.complete:
        visit.tags.load(visit.job)
    names = visit.tags.shown()[:MOST]
    if len(visit.tags) > MOST or not visit.tags.complete:
        origin.partial(f"the newest {len(names)} of {visit.tags.note}")
    with Progress("tag", len(names), show=visit.job.tell) as shown:
        outcomes = map_bounded(
            partial(tag_row, reader=source),
            names,
            on_result=lambda _: shown.advance(note=origin.spent),
            cancel=visit.job.cancel,
        )
    if outcomes.interrupted:
        origin.partial(f"stopped at {len(outcomes)} of {len(names)} tags")
    source.settle()
    frame = tag_details_frame((outcome.result() for outcome in outcomes), origin)
    listed = frame["tag"].tolist()

    def place(row: int) -> Place:
        return reference_place(visit.place, listed[row])

    python = f"{visit.python}.tags(detail=True, limit={MOST})"
    return Pane((FrameSheet(frame, SHOWN, place, "Tags"),), frame, python, frame_notes(frame))
