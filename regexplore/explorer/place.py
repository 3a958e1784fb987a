"""Places: what is looked at, and by which way it was reached. A value; back and forward walk over places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from regexplore.oci import Descriptor

OVERVIEW = "Overview"
# Who refers to whom can be followed for ever; the crumbs then begin further in.
LONGEST_TRAIL = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where the explorer is.

    Attributes
    ----------
    repository : str
        Name of the repository; "" for the registry itself, and for a layout.
    reference : str
        Tag or digest; "" for the repository itself.
    descriptor : Descriptor or None
        Of what a document points at; it is then fetched by this and not by name.
    layer : int
        Number of a layer, from 1; 0 for the manifest itself.
    path : str
        A file of the image; "" for none.
    label : str
        The words of its crumb.
    parent : Place or None
        From where it was reached.
    tab : str
        Title of the open tab.
    against : Place or None
        What it is compared with, where that was chosen.
    aspect : str
        What of several things a tab shows.
    """

    repository: str = ""
    reference: str = ""
    descriptor: Descriptor | None = None
    layer: int = 0
    path: str = ""
    label: str = ""
    parent: Place | None = None
    tab: str = OVERVIEW
    against: Place | None = None
    aspect: str = ""

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What two places have in common that show the same thing."""
        name = str(self.descriptor.digest) if self.descriptor else self.reference
        return (self.repository, name, self.layer, self.path)

    @property
    def view(self) -> tuple[object, ...]:
        """What two places have in common that show the same tab of the same thing in the same way."""
        return (*self.key, self.tab, self.aspect, self.against.key if self.against else None)

    @property
    def trail(self) -> list[Place]:
        """The places on the way here, this one last."""
        return list(reversed(list(self._upwards())))

    def child(self, **fields: object) -> Place:
        """Give a place below this one; where it is on the way here already, that one."""
        made = replace(self, tab=OVERVIEW, against=None, aspect="", parent=self)
        made = replace(made, **fields)  # type: ignore[arg-type]
        for place in self._upwards():
            if place.key == made.key:
                return replace(place, tab=made.tab, against=made.against, aspect=made.aspect)
        return _shortened(made)

    def on(self, tab: str, *, aspect: str = "", against: Place | None = None) -> Place:
        """Give the same place with another tab open."""
        return replace(self, tab=tab, aspect=aspect, against=against)

    def document(self, descriptor: Descriptor, label: str = "", **fields: object) -> Place:
        """Give the place of a document that this one points at."""
        shown = label or str(descriptor.digest.short)
        return self.child(
            reference=str(descriptor.digest), descriptor=descriptor, layer=0, path="", label=shown, **fields
        )

    def _upwards(self) -> Iterator[Place]:
        place: Place | None = self
        while place is not None:
            yield place
            place = place.parent


def _shortened(place: Place) -> Place:
    trail = place.trail
    if len(trail) <= LONGEST_TRAIL:
        return place
    # The two first stay: the registry and the repository.
    kept = [*trail[:2], *trail[4:]]
    parent: Place | None = None
    for one in kept:
        parent = replace(one, parent=parent)
    return parent or place
