"""The content graph of a document, or of everything in a repository."""

from __future__ import annotations

from regexplore.explorer.pane import Block, Live, Page, Pane
from regexplore.explorer.subject import Subject
from regexplore.explorer.visit import Visit
from regexplore.objects import Artifact, Graph
from regexplore.objects.collection import Collection
from regexplore.objects.remembered import RememberedStore
from regexplore.show.escape import Markup

TITLE = "Graph"


def applies(subject: Subject) -> bool:
    """Documents and repositories have a graph."""
    return isinstance(subject, Collection) or (isinstance(subject, Artifact) and subject.kind != "config")


def load(visit: Visit) -> Pane:
    """Walk over what it points at and over what refers to it; a stop keeps what was found."""
    roots = None
    pinned = {}
    if isinstance(visit.subject, Artifact):
        roots = [visit.place.reference]
        pinned = {visit.place.reference: visit.subject.document}
    store = RememberedStore(visit.collection._source, pinned)
    graph = Graph.of(
        store,
        roots,
        name=visit.name,
        cancel=visit.job.cancel,
        progress=visit.job.tell,
        opener=visit.collection.get,
    )
    notes = tuple(f"partial: {reason}" for reason in graph.reasons)
    return Pane((_block(graph),), graph.nodes, f"{visit.python}.graph()", notes)


def _block(graph: Graph) -> Block:
    make = getattr(graph, "widget", None)
    return Live(make) if make is not None else Page(Markup(graph._repr_mimebundle_()["text/html"]))
