"""Schemas: a frame has the columns, order and dtypes that are declared for it, full or empty.

Left to itself pandas gives an empty column the dtype ``object`` and shows missing text as NaN; here text is
``string``, whole numbers are ``Int64``, times are UTC, and what is missing is ``<NA>`` (``NaT`` for times).
Values stay raw: they are escaped where they are shown, not where they are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal

import pandas as pd

from regexplore.frames.accessors import register_waiting
from regexplore.frames.origin import Origin

TEXT: Literal["string"] = "string"
WHOLE: Literal["Int64"] = "Int64"
NUMBER: Literal["Float64"] = "Float64"
FLAG: Literal["boolean"] = "boolean"
# Microseconds hold every year that datetime does; nanoseconds end in 2262, and a registry may say anything.
TIME: Literal["datetime64[us, UTC]"] = "datetime64[us, UTC]"

Row = Mapping[str, Any]

register_waiting()

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its dtype, and what it holds."""

    name: str
    dtype: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of one kind of frame, in order."""

    columns: tuple[Column, ...]

    @classmethod
    def of(cls, *columns: tuple[str, str, str]) -> Schema:
        """Make a schema from names, dtypes and meanings."""
        return cls(tuple(Column(*column) for column in columns))

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def dtypes(self) -> dict[str, str]:
        """The dtype of each column."""
        return {column.name: column.dtype for column in self.columns}

    def frame(self, rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
        """Give the frame of some rows.

        Parameters
        ----------
        rows
            Mappings from column names; what is left out, None or "" is missing.
        origin
            Where the rows come from, and whether they are all; kept in ``attrs``.

        Raises
        ------
        KeyError
            When a row has a column that is not declared.
        """
        kept = list(rows)
        known = set(self.names)
        for row in kept:
            if not known.issuperset(row):
                raise KeyError(f"not in this schema: {sorted(set(row) - known)}")
        frame = pd.DataFrame(
            {
                column.name: _array([row.get(column.name) for row in kept], column.dtype)
                for column in self.columns
            }
        )
        frame.attrs.update(origin.attrs())
        return frame

    def joined(self, frames: Sequence[pd.DataFrame], origin: Origin) -> pd.DataFrame:
        """Give the frame of all rows of some frames of this schema; there is at least one."""
        frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
        frame.attrs.update(origin.attrs())
        return frame

    def columns_frame(self, columns: Mapping[str, Any], origin: Origin) -> pd.DataFrame:
        """Give the frame of whole columns, for frames of very many rows.

        Parameters
        ----------
        columns
            One array or list for each column of the schema, of plain values that fit its dtype.

        Raises
        ------
        KeyError
            When a column is missing or not declared.
        """
        if set(columns) != set(self.names):
            raise KeyError(f"not the columns of this schema: {sorted(set(columns) ^ set(self.names))}")
        frame = pd.DataFrame(
            {column.name: pd.Series(columns[column.name], dtype=column.dtype) for column in self.columns}
        )
        frame.attrs.update(origin.attrs())
        return frame


def texts(values: list[Any]) -> Any:
    """Give a column of texts; where all are plain, and there may be very many, none is looked at one by one."""
    plain = all(issubclass(kind, str | NoneType) for kind in set(map(type, values)))
    if not (plain and "".join(filter(None, values)).isascii()):
        values = [_text(value) for value in values]
    elif "" in values:
        values = [value or None for value in values]
    return pd.array(values, dtype="string")


def _array(values: list[Any], dtype: str) -> Any:
    """Give one column; what does not fit its dtype is missing, never an error for the whole frame."""
    if dtype == TEXT:
        return texts(values)
    if dtype == WHOLE:
        return pd.array([_whole(value) for value in values], dtype="Int64")
    if dtype == TIME:
        return pd.Series(pd.array([_missing_blank(value) for value in values], dtype="datetime64[us, UTC]"))
    return pd.array([_missing_blank(value) for value in values], dtype=dtype)  # type: ignore[call-overload]


def _missing_blank(value: Any) -> Any:
    return None if value == "" else value


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if type(value) is str and value.isascii():
        return value
    # Arrow keeps text as UTF-8, which has no lone surrogates; JSON may write them.
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _whole(value: int | None) -> int | None:
    if value is None or not _SMALLEST <= value <= _LARGEST:
        return None
    return value
