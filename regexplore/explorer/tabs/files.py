"""The files of an image, or of one of its layers."""

from __future__ import annotations

from regexplore.explorer.leads import platform_choice
from regexplore.explorer.pane import FrameSheet, Pane, frame_notes
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Layer, Subject
from regexplore.explorer.visit import Visit
from regexplore.objects import Image, Index

TITLE = "Files"
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
