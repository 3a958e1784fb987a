"""Frames on their way out: to spreadsheets and to screens. The frames themselves keep raw values."""

from __future__ import annotations

import csv
from collections.abc import Callable
from os import PathLike
from typing import TextIO

import pandas as pd

from regexplore.show.escape import terminal

Change = Callable[[str], str]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_csv(frame: pd.DataFrame, target: str | PathLike[str] | TextIO) -> None:
    """Write a frame as CSV that no spreadsheet runs as formulas.

    Text that starts like a formula gets an apostrophe in front; read the frame's own values elsewhere.

    Parameters
    ----------
    frame
        Any frame of this package.
    target
        A path or an open text file.
    """
    # Quoted throughout: a bare carriage return inside a cell would begin a new row, and a formula with it.
    csv_safe(frame).to_csv(target, index=False, quoting=csv.QUOTE_NONNUMERIC)


def csv_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a copy whose text no spreadsheet takes for a formula."""
    return _with_text(frame, lambda text: f"'{text}" if text.startswith(FORMULA_STARTS) else text)


def display_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a copy whose text holds no control, bidirectional or invisible character, for ``print``."""
    return _with_text(frame, terminal)


def _with_text(frame: pd.DataFrame, change: Change) -> pd.DataFrame:
    changed = frame.copy()
    for name in changed.columns:
        if isinstance(changed[name].dtype, pd.StringDtype):
            changed[name] = changed[name].map(change, na_action="ignore").astype("string")
    return changed
