"""The manifest: its JSON, with what its fields mean, and every descriptor a link."""

from __future__ import annotations

from functools import partial

from regexplore.errors import DocumentError
from regexplore.explorer.annotated_json import annotated_lines
from regexplore.explorer.leads import descriptor_at
from regexplore.explorer.pane import Lines, Pane, Piece
from regexplore.explorer.subject import Subject
from regexplore.explorer.visit import Visit
from regexplore.knowledge.fields import kind_of
from regexplore.objects import Artifact

TITLE = "Manifest"


def applies(subject: Subject) -> bool:
    """Documents have one."""
    return isinstance(subject, Artifact)


def load(visit: Visit) -> Pane:
    """Give the lines of the document; costs no request."""
    artifact = visit.subject
    if not isinstance(artifact, Artifact):
        return Pane(())
    python = f"{visit.python}.json()"
    try:
        document = artifact.json()
    except DocumentError as error:
        raw = artifact.raw[:100_000].decode("utf-8", "backslashreplace")
        lines = Lines(tuple((Piece(line),) for line in raw.splitlines()))
        return Pane((lines,), python=f"{visit.python}.raw", notes=(f"not JSON that can be read: {error}",))
    leads = partial(descriptor_at, artifact, visit.place)
    return Pane((annotated_lines(document, leads, kind_of(artifact.document)),), python=python)
