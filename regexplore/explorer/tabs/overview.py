"""The card of whatever is looked at."""

from __future__ import annotations

from regexplore.explorer.pane import Page, Pane
from regexplore.explorer.place import OVERVIEW
from regexplore.explorer.subject import File, Layer, Subject
from regexplore.explorer.visit import Visit
from regexplore.objects.collection import Collection
from regexplore.objects.value_cards import descriptor_card
from regexplore.show.bundle import mimebundle
from regexplore.show.escape import Markup

TITLE = OVERVIEW


def applies(subject: Subject) -> bool:
    """Everything has a card, but for files."""
    return not isinstance(subject, File)


def load(visit: Visit) -> Pane:
    """Give the card; costs no request."""
    subject = visit.subject
    if isinstance(subject, Layer):
        descriptor = subject.descriptor
        page = mimebundle(lambda: descriptor_card(descriptor))["text/html"]
        return Pane((Page(Markup(page)),), subject.artifact.layers(), f"{visit.python}.layers()")
    if isinstance(subject, File):
        return Pane(())
    page = subject._repr_mimebundle_()["text/html"]
    frame = None
    if isinstance(subject, Collection):
        from regexplore.frames.origin import Origin
        from regexplore.frames.tags import tags_frame

        origin = Origin(visit.name)
        if not visit.tags.complete:
            origin.partial(visit.tags.note or "not listed yet")
        frame = tags_frame(visit.tags.shown(), origin)
    return Pane((Page(Markup(page)),), frame, visit.python, lasting=False)
