"""Draws panes: a widget for each block, those of the pane before closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from regexplore.errors import RegexploreError
from regexplore.explorer.front.part import clean
from regexplore.explorer.front.parts import ChoiceList, LinesView
from regexplore.explorer.front.table import TableView
from regexplore.explorer.pane import Block, Choice, Lines, Live, Page, Pane
from regexplore.explorer.place import Place
from regexplore.objects.value_cards import error_card
from regexplore.show.bundle import mimebundle
from regexplore.show.card import Card

Go = Callable[[Place], None]


class PaneView:
    """Where the open tab is shown.

    Parameters
    ----------
    go
        Called with the place that was clicked.
    """

    def __init__(self, go: Go) -> None:
        self._go = go
        self.box = ipywidgets.VBox()
        self.box.add_class("rx-content")

    def show(self, pane: Pane | None, error: Exception | None) -> None:
        """Show a pane, or what went wrong, or nothing while it is loaded."""
        before = self.box.children
        widgets = [self._widget(block) for block in (pane.blocks if pane is not None else ())]
        if error is not None:
            widgets.insert(0, page(error_page(error)))
        self.box.children = tuple(widgets)
        for widget in before:
            widget.close()

    def close(self) -> None:
        """Close what is shown."""
        for widget in (*self.box.children, self.box):
            widget.close()

    def _widget(self, block: Block) -> Any:
        if isinstance(block, Page):
            return page(block.markup)
        if isinstance(block, Lines):
            return _lines(block, self._go)
        if isinstance(block, Choice):
            return _choice(block, self._go)
        if isinstance(block, Live):
            return block.make()
        table = TableView(self._go, filter_words="filter these rows")
        table.show_sheet(block)
        return table


def page(markup: str) -> Any:
    """Give markup that this package built as a widget."""
    shown = ipywidgets.HTML(value=markup)
    shown.add_class("rx-page")
    return shown


def error_page(error: Exception) -> str:
    """Give what went wrong and what to do, as a card."""
    if isinstance(error, RegexploreError):
        return mimebundle(lambda: error_card(error))["text/html"]
    card = Card("error", type(error).__name__, notes=(str(error), "this is a fault of the explorer"))
    return mimebundle(lambda: card)["text/html"]


def _lines(block: Lines, go: Go) -> LinesView:
    places: list[Place] = []
    lines = []
    for line in block.lines:
        pieces: list[list[Any]] = []
        for piece in line:
            pieces.append([clean(piece.text), piece.look, None if piece.place is None else len(places)])
            if piece.place is not None:
                places.append(piece.place)
        lines.append(pieces)

    def heard(message: Mapping[str, Any]) -> None:
        match message:
            case {"kind": "link", "n": int(n)} if 0 <= n < len(places):
                go(places[n])

    return LinesView(heard, lines=lines)


def _choice(block: Choice, go: Go) -> ChoiceList:
    def heard(message: Mapping[str, Any]) -> None:
        match message:
            case {"kind": "choose", "n": int(n)} if 0 <= n < len(block.options):
                go(block.options[n][1])

    shown = ChoiceList(heard)
    shown.show(title=block.label, options=[text for text, _ in block.options], current=block.current)
    return shown
