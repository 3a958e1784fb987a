"""Every test that the page of features names is there, and every feature has some."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "features.md").read_text()


def test_every_named_test_is_there() -> None:
    named = re.findall(r"`(tests/[a-z_0-9/]+\.py)::([a-z_0-9]+)`", PAGE)
    assert len(named) > 60
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert missing == []


def test_every_feature_has_a_row_and_tests() -> None:
    rows = dict(re.findall(r"^\| (F\d+) \|(.*)$", PAGE, re.MULTILINE))
    assert list(rows) == [f"F{n}" for n in range(1, 25)]
    assert all(row.count("::") >= 2 for row in rows.values())
