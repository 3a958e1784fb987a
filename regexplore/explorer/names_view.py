"""Shows names that are listed page by page: repositories, or tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from regexplore.content.reference_tags import parse_reference_tag
from regexplore.explorer.front.table import TableView
from regexplore.explorer.model import Model
from regexplore.explorer.names import Names
from regexplore.explorer.pane import Row
from regexplore.explorer.place import Place
from regexplore.show.value import Value

MORE, ALL, STOP = "more", "all", "stop"


class NamesSheet:
    """Names as rows, made when they are looked at."""

    columns = ("name",)
    numeric: frozenset[str] = frozenset()

    def __init__(self, title: str, names: Names, place: Callable[[str], Place]) -> None:
        self.title = title
        self.note = names.note
        self._names = names.shown()
        self._place = place

    def order(self, wanted: str, sort: str, *, descending: bool) -> Sequence[int]:
        """Give the numbers of the names that hold a text; a second click turns the order round."""
        needle = wanted.casefold()
        found: Sequence[int] = range(len(self._names))
        if needle:
            found = [n for n in found if needle in self._names[n].casefold()]
        return found[::-1] if sort and descending else found

    def row(self, number: int) -> Row:
        """Make the row of a name."""
        name = self._names[number]
        return Row((_short(name),), self._place(name))

    def __len__(self) -> int:
        return len(self._names)


class NamesView:
    """One list of names.

    Parameters
    ----------
    title : str
    model : Model
    place
        Gives where a name leads.
    """

    def __init__(self, title: str, model: Model, place: Callable[[str], Place]) -> None:
        self._title = title
        self._model = model
        self._place = place
        self._names: Names | None = None
        self.widget = TableView(model.go, self._act, filter_words=f"filter {title.lower()}")

    def show(self, names: Names, here: Place) -> None:
        """Show the names there are so far."""
        if names is not self._names:
            self.widget.forget()
            self._names = names
        listing = self._model.is_listing(names)
        sheet = NamesSheet(self._title, names, self._place)
        self.widget.show_sheet(
            sheet,
            marked=self._marked(here),
            busy="listing …" if listing else "",
            actions=self._actions(names, listing=listing),
            problem=_problem(names),
        )

    def _marked(self, here: Place) -> Place | None:
        """Give the name that the reader chose on the way here."""
        return next((place for place in here.trail if place.key in self._keys(place)), None)

    def _keys(self, place: Place) -> tuple[object, ...]:
        name = place.reference or place.repository
        known = self._names is not None and place.descriptor is None and name in self._names
        return (self._place(name).key,) if known else ()

    @staticmethod
    def _actions(names: Names, *, listing: bool) -> list[dict[str, str]]:
        if listing:
            return [{"id": STOP, "label": "Cancel"}]
        if names.complete:
            return []
        if names.error is not None:
            return [{"id": MORE, "label": "Try again"}]
        return [{"id": MORE, "label": "Load more"}, {"id": ALL, "label": "Load all"}]

    def _act(self, action: str) -> None:
        if self._names is None:
            return
        if action == STOP:
            self._model.stop_listing(self._names)
        elif action in (MORE, ALL):
            self._model.list_more(self._names, None if action == ALL else 1)


def _short(name: str) -> Value:
    """Give a name; of tags that speak of a digest the beginning of it and what they hold."""
    said = parse_reference_tag(name)
    if said is None:
        return Value(name)
    suffix = f".{said.suffix}" if said.suffix else ""
    return Value(f"{said.about.algorithm}-{said.about.short}…{suffix}", title=name, look="muted")


def _problem(names: Names) -> list[str]:
    if names.error is None:
        return []
    kept = f"; the {names.note} are kept" if len(names) else ""
    return [f"{type(names.error).__name__}: {names.error}{kept}", getattr(names.error, "hint", "")]
