"""Which tags of the repository hold a layer. All of them are read for this, and nothing twice."""

from __future__ import annotations

from regexplore.explorer.pane import FrameSheet, Pane
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Layer, Subject
from regexplore.explorer.target import reference_place
from regexplore.explorer.visit import Visit
from regexplore.objects import Graph
from regexplore.objects.remembered import RememberedStore

TITLE = "Shared by"
SHOWN = ("name", "kind", "digest", "platform", "artifact_type")


def applies(subject: Subject) -> bool:
    """Layers and blobs can be shared."""
    return isinstance(subject, Layer)


def load(visit: Visit) -> Pane:
    """Walk over the repository, referrers left out; a stop keeps what was found."""
    layer = visit.subject
    if not isinstance(layer, Layer):
        return Pane(())
    store = RememberedStore(visit.collection._source)
    graph = Graph.of(
        store, name=visit.name, referrers=False, cancel=visit.job.cancel, progress=visit.job.tell
    )
    digest = str(layer.descriptor.digest)
    notes = tuple(f"partial: {reason}" for reason in graph.reasons)
    python = f"{visit.target.python(_repository(visit))}.graph(referrers=False).roots({digest!r})"
    if digest not in graph:
        return Pane((), None, python, (*notes, "no tag that was read holds this layer"))
    frame = graph.roots(digest)
    names = frame["name"].tolist()

    def place(row: int) -> Place | None:
        return reference_place(_repository(visit), names[row]) if isinstance(names[row], str) else None

    sheet = FrameSheet(
        frame,
        SHOWN,
        place,
        "What holds this layer",
        "among all tags of the repository" if graph.complete else "among those read so far",
    )
    return Pane((sheet,), frame, python, notes)


def _repository(visit: Visit) -> Place:
    """Give the place of the repository or layout."""
    return next(place for place in visit.place.trail if place.repository == visit.place.repository)
