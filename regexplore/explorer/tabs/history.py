"""How an image was built, as its config tells it, and a Dockerfile like the one it may have been built with."""

from __future__ import annotations

from regexplore.explorer.leads import layer_place, platform_choice
from regexplore.explorer.pane import FrameSheet, Lines, Pane, Piece, frame_notes
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Subject
from regexplore.explorer.visit import Visit
from regexplore.objects import Image, Index

TITLE = "History"
SHOWN = ("n", "created", "command", "comment", "empty", "layer", "size")


def applies(subject: Subject) -> bool:
    """Images have a history; that of an index is its images'."""
    return isinstance(subject, Image | Index)


def load(visit: Visit) -> Pane:
    """Give the steps; costs no request."""
    image = visit.subject
    if isinstance(image, Index):
        return Pane((platform_choice(image, visit.place, TITLE),))
    if not isinstance(image, Image):
        return Pane(())
    frame = image.history
    numbers = {str(layer.digest): n for n, layer in enumerate(image.layer_descriptors, 1)}
    digests = frame["layer"].tolist()

    def place(row: int) -> Place | None:
        number = numbers.get(str(digests[row]))
        return None if number is None else layer_place(visit.place, number)

    sheet = FrameSheet(frame, SHOWN, place, "Build steps")
    written = Lines(tuple((Piece(line, "text"),) for line in image.dockerfile().splitlines()))
    return Pane((sheet, written), frame, f"{visit.python}.history", frame_notes(frame))
