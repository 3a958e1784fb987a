"""What a rule may be, and what it may answer."""

from __future__ import annotations

from typing import Any

import pytest

from regexplore.auditing.rule import Outcome, Rule, failed, not_applicable, passed, rule, unknown
from regexplore.errors import PolicyError


def made(answer: Any) -> Rule:
    return rule("ACME01", title="no owner", severity="low")(lambda *_: answer)


@pytest.mark.parametrize(
    ("answer", "outcomes"),
    [
        (True, [passed()]),
        (False, [failed("no owner")]),
        (None, [not_applicable()]),
        (unknown("encrypted"), [unknown("encrypted")]),
        ([failed("a"), failed("b")], [failed("a"), failed("b")]),
        (iter([failed("a")]), [failed("a")]),
        ([], [not_applicable("there is nothing of the kind to look at")]),
    ],
)
def test_short_answers_are_spelled_out(answer: Any, outcomes: list[Outcome]) -> None:
    assert made(answer).outcomes(object(), object()) == outcomes


def test_an_answer_that_is_none_is_refused() -> None:
    with pytest.raises(PolicyError, match="ACME01 returned str"):
        made("fail").outcomes(object(), object())


@pytest.mark.parametrize(
    "wrong", [{"severity": "bad"}, {"scope": "layer"}, {"needs": "magic"}, {"id": "x"}, {"id": "A" * 40}]
)
def test_a_rule_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"id": "ACME01", "title": "t", "severity": "low", **wrong}
    with pytest.raises(PolicyError):
        rule(given.pop("id"), **given)(lambda *_: True)
