"""T10: no text becomes a formula. T2 and T9: frames keep raw values, copies for screens do not."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from support.markup_oracle import PAYLOADS, unseen

from regexplore.frames.export import csv_safe, display_safe, to_csv
from regexplore.frames.origin import Origin
from regexplore.frames.tags import tag_details_frame, tags_frame

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/C calc'!A0"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_t10_formulas_get_an_apostrophe(formula: str) -> None:
    frame = tags_frame([formula, "v1"], Origin("x"))
    written = io.StringIO()
    to_csv(frame, written)
    cells = [row[0] for row in csv.reader(io.StringIO(written.getvalue(), newline=""))]
    assert f"'{formula}" in cells
    assert "v1" in cells
    assert formula in frame["tag"].tolist()


def test_t10_missing_cells_and_dtypes_stay() -> None:
    frame = tag_details_frame([{"tag": "=x", "size": 3}], Origin("x"))
    safe = csv_safe(frame)
    assert safe.dtypes.equals(frame.dtypes)
    assert safe.loc[0, "tag"] == "'=x"
    assert safe["digest"].isna().all()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t9_a_copy_for_the_terminal_hides_nothing(payload: str) -> None:
    frame = tags_frame([payload], Origin("x"))
    with pd.option_context("display.max_colwidth", None):
        assert unseen(repr(display_safe(frame))) == []


def test_t2_frames_escape_in_notebooks() -> None:
    page = tags_frame(["<script>x</script>"], Origin("x"))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
