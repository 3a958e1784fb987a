"""What changed between snapshots: tags that appeared, moved, came back, went away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from regexplore.auditing.tag_snapshots import TagSnapshot

FIRST_SEEN = "first seen"
APPEARED = "appeared"
MOVED = "moved"
MOVED_BACK = "moved back"
REMOVED = "removed"
CHANGES = (FIRST_SEEN, APPEARED, MOVED, MOVED_BACK, REMOVED)


@dataclass(frozen=True, slots=True)
class TagChange:
    """A tag that names something else than before.

    Attributes
    ----------
    repository, tag : str
    change : str
        One of `CHANGES`. ``first seen``: in the first snapshot, so since when is not known.
    digest : str or None
        What it names from here on; None for a removed tag.
    previous : str or None
        What it named before.
    after : datetime or None
        The last snapshot with the state before.
    seen : datetime
        The first snapshot with the change: it happened between the two.
    """

    repository: str
    tag: str
    change: str
    digest: str | None
    previous: str | None
    after: datetime | None
    seen: datetime


def tag_changes(snapshots: Iterable[TagSnapshot]) -> Iterator[TagChange]:
    """Compare snapshots of one repository, oldest first.

    A tag that an incomplete snapshot lacks is not called removed: it may not have been looked at.
    """
    named: dict[str, tuple[str | None, datetime]] = {}
    earlier: dict[str, set[str]] = {}
    first, latest = True, None
    for snapshot in snapshots:
        for tag, one in sorted(snapshot.tags.items()):
            before, seen_at = named.get(tag, (None, latest))
            if before != one.digest:
                change = FIRST_SEEN if first else _kind_of(before, one.digest, earlier.get(tag, set()))
                yield TagChange(snapshot.repository, tag, change, one.digest, before, seen_at, snapshot.taken)
            named[tag] = one.digest, snapshot.taken
            earlier.setdefault(tag, set()).add(one.digest)
        if snapshot.complete:
            for tag in sorted(named.keys() - snapshot.tags.keys()):
                before, seen_at = named[tag]
                if before is not None:
                    yield TagChange(snapshot.repository, tag, REMOVED, None, before, seen_at, snapshot.taken)
                named[tag] = None, snapshot.taken
        first, latest = False, snapshot.taken


def _kind_of(before: str | None, now: str, earlier: set[str]) -> str:
    if now in earlier:
        return MOVED_BACK
    return APPEARED if before is None else MOVED
