"""The files of an image, or of one of its layers."""

from __future__ import annotations

from regexplore.explorer.leads import layer_place, platform_choice
from regexplore.explorer.pane import FrameSheet, Pane, Row, Rows, frame_notes
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Layer, Subject
from regexplore.explorer.visit import Visit
from regexplore.objects import Image, Index
from regexplore.show import value as values
from regexplore.show.value import Value

TITLE = "Files"
# So many bytes are read without asking.
ASK_ABOVE = 128 << 20
EVERYTHING = "everything"
OF_IMAGE = ("path", "type", "size", "mode", "uid", "gid", "layer", "mtime", "link")
OF_LAYER = ("path", "type", "state", "size", "mode", "uid", "gid", "mtime", "link")


def applies(subject: Subject) -> bool:
    """Images have files, so do their layers; those of an index are its images'."""
    return isinstance(subject, Image | Index) or (
        isinstance(subject, Layer) and isinstance(subject.artifact, Image)
    )


def load(visit: Visit) -> Pane:
    """Read the layers, once for each image, and give what a container would see."""
    subject = visit.subject
    if isinstance(subject, Index):
        return Pane((platform_choice(subject, visit.place, TITLE),))
    if isinstance(subject, Layer) and isinstance(subject.artifact, Image):
        frame = subject.artifact.files(subject.number, progress=visit.job.tell_or_stop)
        python = f"{visit.python}.files(layer={subject.number})"
        image_place = visit.place.child(layer=0)
        shown = OF_LAYER
    elif isinstance(subject, Image):
        if visit.place.aspect != EVERYTHING and _size(subject) > ASK_ABOVE:
            return _question(visit, subject)
        frame = subject.files(progress=visit.job.tell_or_stop)
        python, image_place, shown = f"{visit.python}.files()", visit.place, OF_IMAGE
    else:
        return Pane(())
    paths, types = frame["path"].tolist(), frame["type"].tolist()

    def place(row: int) -> Place | None:
        if types[row] not in ("file", "symlink", "hardlink"):
            return None
        path = paths[row]
        return image_place.child(layer=0, path=path, label=path)

    return Pane((FrameSheet(frame, shown, place, "Files"),), frame, python, frame_notes(frame))


def _size(image: Image) -> int:
    return sum(layer.size for layer in image.layer_descriptors)


def _question(visit: Visit, image: Image) -> Pane:
    """Ask before very much is read: all layers, or one of them."""
    layers = enumerate(image.layer_descriptors, 1)
    ways = [("all layers", _size(image), visit.place.on(TITLE, aspect=EVERYTHING))]
    ways += [(f"layer {n}", layer.size, layer_place(visit.place, n).on(TITLE)) for n, layer in layers]
    rows = [Row((Value(name), values.size(size)), place) for name, size, place in ways]
    note = "this image is large: choose what to read"
    sheet = Rows(("read", "size"), rows, "Files", note, frozenset({"size"}))
    return Pane((sheet,), None, f"{visit.python}.files()")
