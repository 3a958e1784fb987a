"""What changed since another tag: the one before in the order of versions, or any that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regexplore.content.reference_tags import parse_reference_tag
from regexplore.errors import NotFoundError
from regexplore.explorer.leads import entry_label
from regexplore.explorer.pane import Block, Choice, FrameSheet, Pane, frame_notes
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Subject, fetch_subject
from regexplore.explorer.visit import Visit
from regexplore.frames.facts import is_platform
from regexplore.objects import Artifact, Image, Index, compare, diff

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Changes"
MOST_CHOICES = 200
FILES, PACKAGES, DOCUMENTS = "files", "packages", "manifest and config"


def applies(subject: Subject) -> bool:
    """Any two documents can be compared."""
    return isinstance(subject, Artifact) and subject.kind != "config"


def load(visit: Visit) -> Pane:
    """Fetch what it is compared with, and compare."""
    subject = visit.subject
    if not isinstance(subject, Artifact):
        return Pane(())
    against = visit.place.against or _counterpart(visit)
    if against is None:
        offered = () if visit.place.descriptor else (_tag_choice(visit, ""),)
        return Pane(offered, notes=("there is no earlier version among the tags listed so far",))
    visit.job.say(f"fetching {against.label}")
    other = fetch_subject(visit.collection, against)
    if not isinstance(other, Artifact):
        raise NotFoundError(f"{against.label} is nothing that can be compared")
    frame, call = _compared(visit, other, subject)
    python = f"{call[0]}({visit.target.python(against)}, {visit.python}){call[1]}"
    choices: list[Block] = [_tag_choice(visit, against.label)]
    if isinstance(other, Image) and isinstance(subject, Image):
        choices.append(_aspect_choice(visit, against))
    sheet = FrameSheet(
        frame,
        tuple(map(str, frame.columns)),
        lambda row: _place(visit, frame, row, other),
        f"a is {against.label}, b is {_full_label(visit.place)}",
        _hint(visit.subject, frame),
    )
    return Pane((*choices, sheet), frame, python, frame_notes(frame))


def _full_label(place: Place) -> str:
    """Give the label of a place; that of a platform with the tag it was reached from."""
    above = place.parent
    return place.label if place.descriptor is None or above is None else f"{above.label} {place.label}"


def _hint(subject: Subject, frame: pd.DataFrame) -> str:
    if not len(frame):
        return "no difference"
    return "click a platform to compare its images" if isinstance(subject, Index) else ""


def _compared(visit: Visit, other: Artifact, subject: Artifact) -> tuple[pd.DataFrame, tuple[str, str]]:
    if isinstance(other, Image) and isinstance(subject, Image) and visit.place.aspect in (FILES, PACKAGES):
        # Read here first, so that the progress is told and a stop is heard.
        other.files(progress=visit.job.tell_or_stop)
        subject.files(progress=visit.job.tell_or_stop)
        both = compare(other, subject)
        frame = both.files() if visit.place.aspect == FILES else both.packages()
        return frame, ("rx.compare", f".{visit.place.aspect}()")
    return diff(other, subject), ("rx.diff", "")


def _counterpart(visit: Visit) -> Place | None:
    """Give the tag before; for what was reached from a tag, the same platform of the tag before that."""
    place = visit.place
    above = place.parent
    if place.descriptor is None or above is None:
        return _tag_before(visit, place)
    before = None if above.descriptor is not None else _tag_before(visit, above)
    if before is None:
        return None
    index = fetch_subject(visit.collection, before)
    entries = index.manifests if isinstance(index, Index) else ()
    same = [entry for entry in entries if is_platform(entry) and entry_label(entry) == place.label]
    return before.document(same[0], f"{before.label} {place.label}") if same else None


def _tag_before(visit: Visit, place: Place) -> Place | None:
    tags = [tag for tag in visit.tags.before(place.reference) if parse_reference_tag(tag) is None]
    return _sibling(place, tags[0]) if tags and place.reference in visit.tags else None


def _sibling(place: Place, tag: str) -> Place:
    above = place.parent or Place(repository=place.repository)
    return above.child(reference=tag, label=tag)


def _tag_choice(visit: Visit, against: str) -> Choice:
    """Offer the other tags; for a platform that was reached from a tag only what it is compared with."""
    if visit.place.descriptor is not None:
        return Choice("Compare with", ((against, visit.place),), against)
    tags = [tag for tag in visit.tags.shown() if parse_reference_tag(tag) is None]
    tags = [tag for tag in tags if tag != visit.place.reference][:MOST_CHOICES]
    if against and against not in tags:
        tags.insert(0, against)
    here = visit.place
    options = tuple((tag, here.on(TITLE, aspect=here.aspect, against=_sibling(here, tag))) for tag in tags)
    return Choice("Compare with", options, against)


def _aspect_choice(visit: Visit, against: Place) -> Choice:
    here = visit.place
    aspects = (DOCUMENTS, FILES, PACKAGES)
    options = tuple((aspect, here.on(TITLE, aspect=aspect, against=against)) for aspect in aspects)
    return Choice("Compare their", options, here.aspect or DOCUMENTS)


def _place(visit: Visit, frame: pd.DataFrame, row: int, other: Artifact) -> Place | None:
    """Lead from a platform that both indexes have to the comparison of its images."""
    subject = visit.subject
    if not (isinstance(subject, Index) and isinstance(other, Index)) or "part" not in frame:
        return None
    told = frame.iloc[row]
    if told["part"] != "platforms" or told["change"] != "changed":
        return None
    against = visit.place.against or _counterpart(visit)
    sides = [
        next((e for e in index.manifests if is_platform(e) and str(e.platform) == told["key"]), None)
        for index in (other, subject)
    ]
    before, after = sides
    if before is None or after is None or against is None:
        return None
    there = against.document(before, f"{against.label} {entry_label(before)}")
    return visit.place.document(after, entry_label(after), tab=TITLE, against=there)
