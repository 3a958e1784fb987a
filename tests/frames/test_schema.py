"""Every frame has the columns, order and dtypes that are declared for it, full or empty."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.frames.diff import DIFF
from regexplore.frames.history import HISTORY
from regexplore.frames.layers import LAYERS
from regexplore.frames.origin import MAX_REASONS, Origin
from regexplore.frames.platforms import PLATFORMS
from regexplore.frames.referrers import REFERRERS
from regexplore.frames.repositories import REPOSITORIES, REPOSITORY_DETAILS
from regexplore.frames.schema import FLAG, NUMBER, TEXT, TIME, WHOLE, Schema
from regexplore.frames.tags import TAG_DETAILS, TAGS

SCHEMAS = {
    "diff": DIFF,
    "history": HISTORY,
    "layers": LAYERS,
    "platforms": PLATFORMS,
    "referrers": REFERRERS,
    "repositories": REPOSITORIES,
    "repository_details": REPOSITORY_DETAILS,
    "tags": TAGS,
    "tag_details": TAG_DETAILS,
}
EXAMPLES: dict[str, Any] = {
    TEXT: "x",
    WHOLE: 1,
    NUMBER: 0.5,
    FLAG: True,
    TIME: datetime(2024, 1, 1, tzinfo=UTC),
}
EVERY = Schema.of(
    ("text", TEXT, ""), ("whole", WHOLE, ""), ("number", NUMBER, ""), ("flag", FLAG, ""), ("time", TIME, "")
)


def origin() -> Origin:
    return Origin("localhost:5000/demo/app")


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_empty_and_full_frames_have_equal_columns_and_dtypes(schema: Schema) -> None:
    empty = schema.frame([], origin())
    full = schema.frame([{c.name: EXAMPLES[c.dtype] for c in schema.columns}], origin())
    missing = schema.frame([{}], origin())
    assert list(empty.columns) == list(full.columns) == schema.names
    assert [str(dtype) for dtype in empty.dtypes] == list(schema.dtypes.values())
    assert empty.dtypes.equals(full.dtypes)
    assert empty.dtypes.equals(missing.dtypes)
    assert missing.isna().all(axis=None)
    assert not full.isna().any(axis=None)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_column_says_what_it_holds_and_has_its_own_name(schema: Schema) -> None:
    assert all(column.meaning for column in schema.columns)
    assert len(set(schema.names)) == len(schema.names)


def test_the_promised_columns_come_first_and_in_order() -> None:
    promised = {
        "tag_details": "tag, digest, kind, media_type, artifact_type, size, total_size, platforms, layers, created, annotations, error",
        "referrers": "digest, kind, artifact_type, media_type, size, created, subject, platform, depth, channel, annotations",
        "layers": "n, digest, media_type, compression, size, diff_id, created_by, created, empty, shared_with",
        "repository_details": "repository, tags, latest, digest, created, size",
    }
    for name, columns in promised.items():
        names = columns.split(", ")
        assert SCHEMAS[name].names[: len(names)] == names


def test_missing_is_na_and_never_an_empty_text() -> None:
    frame = EVERY.frame([{"text": "", "whole": None}], origin())
    assert frame.loc[0, "text"] is pd.NA
    assert frame.loc[0, "whole"] is pd.NA


def test_values_that_fit_no_column_are_missing_and_sink_nothing() -> None:
    frame = EVERY.frame(
        [{"whole": 2**63, "text": "lone \ud800"}, {"whole": 2**63 - 1, "text": "ok"}], origin()
    )
    assert frame["whole"].isna().tolist() == [True, False]
    assert frame["whole"].tolist()[1] == 2**63 - 1
    assert frame["text"].tolist() == ["lone \\ud800", "ok"]


@pytest.mark.parametrize("year", [2, 1677, 2263, 9999])
def test_times_outside_nanosecond_range_are_kept(year: int) -> None:
    when = datetime(year, 1, 1, tzinfo=UTC)
    frame = EVERY.frame([{"time": when}], origin())
    assert frame["time"].tolist() == [when]


@given(st.lists(st.text(max_size=30), max_size=20))
def test_text_is_kept_raw(texts: list[str]) -> None:
    frame = EVERY.frame(({"text": text} for text in texts), origin())
    assert [None if pd.isna(cell) else cell for cell in frame["text"]] == [text or None for text in texts]


def test_a_column_that_is_not_declared_is_refused() -> None:
    with pytest.raises(KeyError, match="surprise"):
        EVERY.frame([{"surprise": 1}], origin())


def test_attrs_carry_source_cost_and_reasons() -> None:
    sent = iter([3, 10, 10])
    account = Origin("localhost:5000/x", lambda: next(sent))
    assert account.spent == "7 requests"
    account.partial("limit")
    account.partial("limit")
    attrs = EVERY.frame([], account).attrs
    assert attrs["source"] == "localhost:5000/x"
    assert attrs["requests"] == 7
    assert attrs["complete"] is False
    assert attrs["reasons"] == ["limit"]
    assert attrs["seconds"] >= 0
    assert datetime.fromisoformat(attrs["fetched_at"]).tzinfo is not None


def test_reasons_are_bounded() -> None:
    account = origin()
    for n in range(10 * MAX_REASONS):
        account.partial(str(n))
    assert len(account.reasons) == MAX_REASONS
