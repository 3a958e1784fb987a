"""The layers of an image, or the blobs of an artifact."""

from __future__ import annotations

from regexplore.explorer.leads import layer_place, platform_choice
from regexplore.explorer.pane import FrameSheet, Pane, frame_notes
from regexplore.explorer.subject import Subject
from regexplore.explorer.visit import Visit
from regexplore.objects import Artifact, Image, Index
from regexplore.show import text as words

TITLE = "Layers"
OF_IMAGE = ("n", "created_by", "size", "digest", "compression", "empty", "shared_with")
OF_ARTIFACT = ("n", "title", "media_type", "size", "digest", "shared_with")


def applies(subject: Subject) -> bool:
    """Whatever has layers or blobs; those of an index are its images'."""
    return isinstance(subject, Artifact) and subject.kind != "config"


def load(visit: Visit) -> Pane:
    """Give the layers; costs no request."""
    artifact = visit.subject
    if isinstance(artifact, Index):
        return Pane((platform_choice(artifact, visit.place, TITLE),))
    if not isinstance(artifact, Artifact):
        return Pane(())
    frame = artifact.layers()
    size = words.human_bytes(sum(layer.size for layer in artifact.layer_descriptors))
    sheet = FrameSheet(
        frame,
        OF_IMAGE if isinstance(artifact, Image) else OF_ARTIFACT,
        lambda row: layer_place(visit.place, row + 1),
        "Layers",
        f"{size} in all, base first; shared with what was read so far",
    )
    return Pane((sheet,), frame, f"{visit.python}.layers()", frame_notes(frame))
