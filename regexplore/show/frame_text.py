"""A frame as lines for a terminal: all rows, columns aligned, nothing in it that a terminal would obey."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from regexplore.show import value as values
from regexplore.show.table import Table
from regexplore.show.value import Value

if TYPE_CHECKING:
    import pandas as pd

_SIZES = frozenset({"size", "total_size", "sent", "received"})
_DIGESTS = frozenset({"digest", "subject", "diff_id"})
_WIDEST = 80


def frame_lines(frame: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of a frame; columns without a single value are left out, and named in the last line."""
    if frame.empty:
        yield "nothing"
        return
    empty = [str(name) for name in frame.columns if frame[name].isna().all()]
    columns = [str(name) for name in frame.columns if str(name) not in empty]
    rows = tuple(
        tuple(_cell(name, cell) for name, cell in zip(columns, row, strict=True))
        for row in frame[columns].itertuples(index=False)
    )
    yield from Table(tuple(columns), rows, len(rows), frozenset(_SIZES & set(columns))).to_text()
    if empty:
        yield f"(no values: {', '.join(empty)})"


def _cell(column: str, cell: Any) -> Value:
    if _missing(cell):
        return values.value(None)
    if column in _SIZES:
        return values.size(int(cell))
    if column in _DIGESTS:
        return values.digest(str(cell), short=True)
    if isinstance(cell, datetime):
        return values.value(cell)
    return values.value(cell if isinstance(cell, bool | int) else str(cell)).cut(_WIDEST)


def _missing(cell: Any) -> bool:
    # NA and NaT are the only values here that are not equal to themselves, or refuse to say.
    try:
        return cell is None or bool(cell != cell)
    except TypeError:
        return True
