"""Panes: what a tab shows, as plain values. No widget is in them; the views draw them.

Texts in tables and documents are shown by the browser as text. Markup comes from `regexplore.show` alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from regexplore.explorer.place import Place
from regexplore.oci.digest import is_digest
from regexplore.show import value as values
from regexplore.show.escape import Markup
from regexplore.show.value import Value

if TYPE_CHECKING:
    import pandas as pd

SIZES = frozenset({"size", "total_size", "sent", "received", "bytes", "size_a", "size_b", "total", "unique"})
CODE = frozenset({"path", "created_by", "command", "url", "key", "a", "b", "link"})
WIDEST = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells, and where a click on it leads."""

    cells: tuple[Value, ...]
    place: Place | None = None


class Sheet(Protocol):
    """Rows that are made when they are looked at; there may be very many."""

    title: str
    note: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings."""

    @property
    def numeric(self) -> frozenset[str]:
        """The headings of columns that are set to the right."""

    def order(self, wanted: str, sort: str, *, descending: bool) -> Sequence[int]:
        """Give the numbers of the rows that hold a text, in the order of a column; "" for as they are."""

    def row(self, number: int) -> Row:
        """Make a row."""

    def __len__(self) -> int: ...


@dataclass
class Rows:
    """A few rows, made beforehand."""

    columns: tuple[str, ...]
    rows: Sequence[Row]
    title: str = ""
    note: str = ""
    numeric: frozenset[str] = frozenset()

    def order(self, wanted: str, sort: str, *, descending: bool) -> Sequence[int]:
        """Give the numbers of the rows that hold a text, in the order of a column."""
        found = [n for n, row in enumerate(self.rows) if _holds(row, wanted.casefold())]
        if sort in self.columns:
            column = self.columns.index(sort)
            found.sort(key=lambda n: self.rows[n].cells[column].text, reverse=descending)
        return found

    def row(self, number: int) -> Row:
        """Give a row."""
        return self.rows[number]

    def __len__(self) -> int:
        return len(self.rows)


def _holds(row: Row, wanted: str) -> bool:
    return not wanted or any(wanted in cell.text.casefold() for cell in row.cells)


@dataclass
class FrameSheet:
    """The rows of a frame, some of its columns.

    Parameters
    ----------
    frame
        Stays as it is.
    shown
        Names of the columns; those without a single value are left out.
    place
        Gives where a row leads, by its number in the frame.
    title, note
        What stands above and beside it.
    """

    frame: pd.DataFrame
    shown: tuple[str, ...]
    place: Callable[[int], Place | None] = lambda _: None
    title: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        self.shown = tuple(
            name for name in self.shown if not len(self.frame) or bool(self.frame[name].notna().any())
        )
        self._columns: dict[str, Sequence[Any]] = {name: self.frame[name].tolist() for name in self.shown}

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings: names of columns, as people read them."""
        return tuple(heading(name) for name in self.shown)

    @property
    def numeric(self) -> frozenset[str]:
        """The headings of numbers."""
        return frozenset(
            heading(name) for name in self.shown if str(self.frame[name].dtype) in ("Int64", "Float64")
        )

    def order(self, wanted: str, sort: str, *, descending: bool) -> Sequence[int]:
        """Give the numbers of the rows that hold a text, in the order of a column; missing values last."""
        by_heading = dict(zip(self.columns, self.shown, strict=True))
        numbers: list[int] = list(range(len(self.frame)))
        if wanted:
            needle = wanted.casefold()
            texts = [
                cells for cells in self._columns.values() if any(isinstance(cell, str) for cell in cells)
            ]
            numbers = [n for n in numbers if any(needle in str(cells[n]).casefold() for cells in texts)]
        if sort in by_heading:
            cells = self._columns[by_heading[sort]]
            known = [n for n in numbers if not missing(cells[n])]
            known.sort(key=lambda n: cells[n], reverse=descending)
            numbers = known + [n for n in numbers if missing(cells[n])]
        return numbers

    def row(self, number: int) -> Row:
        """Make a row."""
        cells = tuple(cell(name, column[number]) for name, column in self._columns.items())
        return Row(cells, self.place(number))

    def __len__(self) -> int:
        return len(self.frame)


def heading(column: str) -> str:
    """Give the words of a column's name.

    Examples
    --------
    >>> heading("media_type"), heading("n")
    ('media type', '#')
    """
    return "#" if column == "n" else column.replace("_", " ")


def cell(column: str, content: Any) -> Value:
    """Give a value of a frame as people read it."""
    if missing(content):
        return values.value(None)
    if column in SIZES and isinstance(content, int):
        return values.size(content)
    if isinstance(content, str) and is_digest(content):
        return values.digest(content, short=True)
    if isinstance(content, datetime):
        return replace(values.day(content), look="number")
    if isinstance(content, bool):
        return values.value(content)
    if isinstance(content, int):
        return Value(f"{content:,}", look="number")
    if isinstance(content, float):
        return Value(f"{content:,.1f}", look="number")
    return Value(str(content), look="code" if column in CODE else "").cut(WIDEST)


def missing(content: Any) -> bool:
    """Tell whether a value of a frame is not there: None, NA, NaT or NaN."""
    if content is None or (isinstance(content, float) and math.isnan(content)):
        return True
    return type(content).__name__ in ("NAType", "NaTType")


@dataclass(frozen=True, slots=True)
class Choice:
    """Several places, one of which is shown: what to compare with, which layer."""

    label: str
    options: tuple[tuple[str, Place], ...]
    current: str


@dataclass(frozen=True, slots=True)
class Page:
    """Markup, made by `regexplore.show`."""

    markup: Markup


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a line; ``place`` makes it a link, ``look`` says what it is."""

    text: str
    look: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """A document, line by line."""

    lines: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True, slots=True)
class Live:
    """A widget of another floor, such as a graph's; made when it is shown."""

    make: Callable[[], Any]


Block = Sheet | Choice | Page | Lines | Live


@dataclass(frozen=True, eq=False)
class Pane:
    """What a tab shows.

    Attributes
    ----------
    blocks : tuple of Block
        One below the other.
    frame : pandas.DataFrame or None
        The same as a frame, for Python.
    python : str
        The line that gives the same in a cell; "" if there is none.
    notes : tuple of str
        What a reader must not miss, such as that something is missing.
    lasting : bool
        Whether it stays as it is: false for what tells of this very moment.
    """

    blocks: tuple[Block, ...]
    frame: pd.DataFrame | None = None
    python: str = ""
    notes: tuple[str, ...] = ()
    lasting: bool = True

    @property
    def partial(self) -> bool:
        """Whether it says itself that something is missing."""
        return bool(self.notes)


def frame_notes(frame: pd.DataFrame) -> tuple[str, ...]:
    """Give why a frame is partial; nothing when it is not."""
    return tuple(f"partial: {reason}" for reason in frame.attrs.get("reasons", ()))
