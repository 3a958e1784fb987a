"""What changed from one audit to the next."""

from __future__ import annotations

import pytest
from support.audits import finding, findings

from regexplore.auditing.run_comparison import COMPARED, compare_findings


def told(before: list[dict[str, object]], after: list[dict[str, object]]) -> list[tuple[str, str, str]]:
    frame = compare_findings(findings(before), findings(after))
    assert list(frame.columns) == COMPARED.names
    shown = frame.astype(object).where(frame.notna(), "")
    return list(zip(shown["change"], shown["before"], shown["after"], strict=True))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("pass", "fail", "new"),
        ("unknown", "fail", "new"),
        ("fail", "pass", "fixed"),
        ("fail", "n.a.", "fixed"),
        ("fail", "unknown", "no longer known"),
        ("fail", "waived", "changed"),
        ("fail", "fail", "still fails"),
    ],
)
def test_one_finding(before: str, after: str, change: str) -> None:
    assert told([finding(status=before)], [finding(status=after)]) == [(change, before, after)]


def test_what_passes_in_both_is_not_told() -> None:
    assert told([finding(status="pass")], [finding(status="unknown")]) == []


def test_a_tag_that_moved_is_the_same_thing() -> None:
    moved = finding(digest="sha256:" + "b" * 64)
    assert told([finding()], [moved]) == [("still fails", "fail", "fail")]


def test_several_findings_of_a_rule_are_told_apart_by_their_evidence() -> None:
    before = [finding(evidence="/etc/a"), finding(evidence="/etc/b")]
    after = [finding(evidence="/etc/b"), finding(evidence="/etc/c"), finding(evidence="/etc/d")]
    assert told(before, after) == [
        ("new", "", "fail"),
        ("new", "", "fail"),
        ("still fails", "fail", "fail"),
        ("fixed", "fail", ""),
    ]


def test_one_pass_stands_for_all_that_failed_before() -> None:
    before = [finding(evidence="/etc/a"), finding(evidence="/etc/b")]
    after = [finding(status="pass", evidence=None)]
    assert told(before, after) == [("fixed", "fail", "pass")] * 2


def test_unknown_stands_for_all_that_failed_before() -> None:
    before = [finding(evidence="/etc/a"), finding(evidence="/etc/b")]
    after = [finding(status="unknown", evidence=None)]
    assert told(before, after) == [("no longer known", "fail", "unknown")] * 2


def test_worst_first() -> None:
    after = [finding(rule="BAS05", severity="low"), finding(rule="SIG02", severity="critical"), finding()]
    assert list(compare_findings(findings([]), findings(after))["rule"]) == ["SIG02", "CFG01", "BAS05"]


def test_nothing_is_an_empty_frame_with_the_same_columns() -> None:
    frame = compare_findings(findings([]), findings([]))
    assert dict(frame.dtypes.astype(str)) == COMPARED.dtypes
