"""The platforms of an index, and apart from them its attestations and what else is in it."""

from __future__ import annotations

from regexplore.explorer.leads import about, entry_place
from regexplore.explorer.pane import FrameSheet, Pane, Row, Rows
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Subject
from regexplore.explorer.visit import Visit
from regexplore.frames.facts import is_attestation, is_platform
from regexplore.objects import Image, Index
from regexplore.show import value as values

TITLE = "Platforms"


def applies(subject: Subject) -> bool:
    """Indexes and images are for platforms."""
    return isinstance(subject, Index | Image)


def load(visit: Visit) -> Pane:
    """Give the platforms; costs no request."""
    subject = visit.subject
    if not isinstance(subject, Index | Image):
        return Pane(())
    frame = subject.platforms
    entries = subject.manifests if isinstance(subject, Index) else ()
    by_digest = {str(entry.digest): n for n, entry in enumerate(entries)}

    def place(row: int) -> Place | None:
        number = by_digest.get(str(frame["digest"].iloc[row]))
        return None if number is None else entry_place(visit.place, entries, number)

    platforms = FrameSheet(frame, ("platform", "digest", "media_type", "size"), place, "Platforms")
    others = [n for n, entry in enumerate(entries) if not is_platform(entry)]
    rows = [
        Row(
            (
                values.value(
                    f"attestation for {about(entries[n], entries)}"
                    if is_attestation(entries[n])
                    else "other manifest"
                ),
                values.digest(entries[n].digest, short=True),
                values.value(entries[n].media_type),
                values.size(entries[n].size),
            ),
            entry_place(visit.place, entries, n),
        )
        for n in others
    ]
    rest = Rows(("what", "digest", "media type", "size"), rows, "Attestations and others in the index")
    return Pane((platforms, *([rest] if rows else [])), frame, f"{visit.python}.platforms")
