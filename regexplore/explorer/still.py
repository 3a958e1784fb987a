"""The still form of an explorer: what is on the screen as a card, for wherever no widget lives.

A saved notebook holds this card beside the widget. While the widget lives, its style sheet hides the card;
without it the card is what a reader sees.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from regexplore.explorer.model import Model
from regexplore.explorer.pane import Choice, Lines, Live, Page, Pane
from regexplore.objects.sections import facts_of
from regexplore.show.bundle import line, mimebundle
from regexplore.show.card import Card, Facts, Section
from regexplore.show.progress import in_notebook
from regexplore.show.shown import Shown
from regexplore.show.table import Table
from regexplore.show.value import Value

MOST_ROWS = 20
HIDDEN_WHILE_ALIVE = "rx-explorer-still"


class Still:
    """The card of an explorer, kept up to date where it was displayed."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._handles: list[Any] = []

    def line(self) -> str:
        """Give the card in one line."""
        return line(self._card)

    def display(self, widget: Any) -> None:
        """Display the card and, in a notebook, the widget below it."""
        from IPython.display import display

        publish: Any = display
        if not in_notebook():
            print(mimebundle(self._card)["text/plain"])  # noqa: T201  # a terminal has no other form
            return
        self._handles.append(publish(self._bundle(), raw=True, display_id=True))
        # No text/html of its own: the card above is what pages without widgets show.
        publish({**widget._repr_mimebundle_(), "text/html": "", "text/plain": ""}, raw=True)

    def update(self) -> None:
        """Bring the displayed cards up to date."""
        for handle in self._handles:
            handle.update(self._bundle(), raw=True)

    def finish(self) -> None:
        """Leave the cards as they are, for good."""
        self.update()
        self._handles.clear()

    def _bundle(self) -> dict[str, str]:
        bundle = mimebundle(self._card)
        return bundle | {"text/html": f'<div class="{HIDDEN_WHILE_ALIVE}">{bundle["text/html"]}</div>'}

    def _card(self) -> Card:
        model = self._model
        pane = model.pane
        trail = " / ".join(place.label for place in model.here.trail[1:])
        error = f"{type(model.error).__name__}: {model.error}" if model.error is not None else ""
        facts = facts_of(
            ("looked at", trail),
            ("tab", model.tab),
            ("in a cell", Value(pane.python, look="code") if pane is not None and pane.python else None),
            ("state", "loading" if model.busy else error),
        )
        notes = pane.notes if pane is not None else ()
        sections = tuple(_sections(pane)) if pane is not None else ()
        if not sections and isinstance(model.subject, Shown):
            shown = model.subject._card()
            facts, sections = Facts((*facts.items, *shown.facts.items)), shown.sections
        return Card("explorer", model.target.title, (model.tab,), facts, notes=notes, sections=sections)


def _sections(pane: Pane) -> list[Section]:
    sheets = [block for block in pane.blocks if not isinstance(block, Choice | Page | Lines | Live)]
    sections = []
    for sheet in sheets:
        order = sheet.order("", "", descending=False)
        rows = [sheet.row(n).cells for n in islice(order, MOST_ROWS)]
        table = Table.of(sheet.columns, rows, total=len(sheet), numeric=sheet.numeric)
        sections.append(Section(sheet.title or "Rows", table, note=sheet.note))
    return sections
