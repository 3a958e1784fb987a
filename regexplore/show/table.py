"""Tables inside cards: one set of rows, cut once, as text and as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from regexplore.show.element import element, joined
from regexplore.show.escape import Markup, terminal
from regexplore.show.value import Value, value

MAX_ROWS = 60
MAX_CELL = 160


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; ``total`` counts those that are not shown as well.

    Make one with `Table.of`, which cuts rows and cells.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: int
    numeric: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        total: int | None = None,
        numeric: Iterable[str] = (),
        sparse: Iterable[str] = (),
    ) -> Table:
        """Make a table of the first rows.

        Parameters
        ----------
        columns
            Their names, in order.
        rows
            Values or plain objects; no more are read than are shown.
        total
            How many rows there are; needed when ``rows`` has no length.
        numeric
            Names of the columns that are set to the right.
        sparse
            Names of columns that are left out when no row has anything in them.
        """
        shown = [[value(cell).cut(MAX_CELL) for cell in row] for row in islice(rows, MAX_ROWS)]
        if total is None:
            total = len(rows) if isinstance(rows, Sequence) else len(shown)
        empty = {
            n for n, name in enumerate(columns) if name in sparse and all(row[n].is_missing for row in shown)
        }
        kept = [n for n in range(len(columns)) if n not in empty]
        return cls(
            tuple(columns[n] for n in kept),
            tuple(tuple(row[n] for n in kept) for row in shown),
            total,
            frozenset(numeric),
        )

    def cut(self, rows: int, width: int) -> Table:
        """Give the table with fewer rows and narrower cells."""
        kept = tuple(tuple(cell.cut(width) for cell in row) for row in self.rows[:rows])
        return replace(self, rows=kept)

    @property
    def rest(self) -> str:
        """What is said about the rows that are not shown; empty when all are."""
        left = self.total - len(self.rows)
        return f"… {left:,} more, {self.total:,} in all" if left > 0 else ""

    def to_text(self) -> list[str]:
        """Give the lines of the table, columns aligned."""
        cells = [list(map(terminal, self.columns)), *([cell.to_text() for cell in row] for row in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [self._line(row, widths) for row in cells]
        return [*lines, self.rest] if self.rest else lines

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        padded = (
            cell.rjust(width) if name in self.numeric else cell.ljust(width)
            for name, cell, width in zip(self.columns, cells, widths, strict=True)
        )
        return "  ".join(padded).rstrip()

    def to_html(self) -> Markup:
        """Give the table as markup."""
        heads = [element("th", name, scope="col", class_=self._class(name)) for name in self.columns]
        rows = [
            element("tr", *(
                element("td", cell.to_html(), class_=self._class(name))
                for name, cell in zip(self.columns, row, strict=True)
            ))
            for row in self.rows
        ]  # fmt: skip
        table = element(
            "table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="rx-table"
        )
        return joined([table, element("p", element("small", self.rest))]) if self.rest else table

    def _class(self, column: str) -> str:
        return "rx-right" if column in self.numeric else ""
