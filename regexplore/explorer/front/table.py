"""A table that sends the browser one window of its rows; filter, order and paging happen in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from regexplore.explorer.front.part import Part, script
from regexplore.explorer.pane import Row, Sheet
from regexplore.explorer.place import Place

PAGE = 100
# Short tables need no search box.
FILTER_ABOVE = 12


class TableView(Part):
    """A sheet on the screen.

    Parameters
    ----------
    on_open
        Called with the place that a clicked row leads to.
    on_action
        Called with the id of a clicked action.
    filter_words
        What stands in the empty search box.
    """

    _esm = script("table")

    def __init__(
        self,
        on_open: Callable[[Place], None],
        on_action: Callable[[str], None] = lambda _: None,
        *,
        filter_words: str = "filter",
        sortable: bool = True,
    ) -> None:
        super().__init__(self._heard)
        self._on_open = on_open
        self._on_action = on_action
        self._filter_words = filter_words
        self._sortable = sortable
        self._sheet: Sheet | None = None
        self._order: Sequence[int] = ()
        self._marked: Place | None = None
        self._told: dict[str, Any] = {"busy": "", "actions": [], "problem": []}
        self._wanted, self._sort, self._descending, self._start = "", "", False, 0

    def show_sheet(self, sheet: Sheet, *, marked: Place | None = None, **told: Any) -> None:
        """Show rows; ``told`` may have ``busy``, ``actions`` and ``problem``."""
        self._sheet, self._marked = sheet, marked
        self._told |= told
        self._arrange()

    def forget(self) -> None:
        """Begin anew with other rows: no filter, the first page."""
        self._wanted, self._sort, self._descending, self._start = "", "", False, 0

    def _arrange(self) -> None:
        if self._sheet is not None:
            self._order = self._sheet.order(self._wanted, self._sort, descending=self._descending)
            self._draw()

    def _draw(self) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        self._start = max(0, min(self._start, len(self._order) - 1)) // PAGE * PAGE
        stop = min(self._start + PAGE, len(self._order))
        searchable = len(sheet) > FILTER_ABOVE
        self.show(
            title=sheet.title,
            note=sheet.note,
            columns=[{"name": name, "numeric": name in sheet.numeric} for name in sheet.columns],
            rows=[self._line(n, sheet.row(n)) for n in self._order[self._start : stop]],
            start=self._start,
            stop=stop,
            page=PAGE,
            total=len(self._order),
            all=len(sheet),
            wanted=self._wanted,
            filter=self._filter_words if searchable or self._wanted else "",
            sort=self._sort,
            descending=self._descending,
            sortable=self._sortable,
            **self._told,
        )

    def _line(self, number: int, row: Row) -> dict[str, Any]:
        return {
            "n": number,
            "cells": [[cell.text, cell.title, cell.look] for cell in row.cells],
            "open": row.place is not None,
            "marked": self._marked is not None
            and row.place is not None
            and row.place.key == self._marked.key,
        }

    def _heard(self, message: Mapping[str, Any]) -> None:
        match message:
            case {"kind": "open", "row": int(number)} if self._sheet and 0 <= number < len(self._sheet):
                place = self._sheet.row(number).place
                if place is not None:
                    self._on_open(place)
            case {"kind": "filter", "text": str(text)}:
                self._wanted, self._start = text[:200], 0
                self._arrange()
            case {"kind": "sort", "column": str(column)}:
                self._descending = column == self._sort and not self._descending
                self._sort = column
                self._arrange()
            case {"kind": "page", "start": int(start)}:
                self._start = start
                self._draw()
            case {"kind": "action", "id": str(action)}:
                self._on_action(action)
