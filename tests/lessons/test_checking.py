"""Answers to exercises: right, not yet, your turn; never an exception."""

import pytest

import regexplore as rx
from regexplore.lessons import check


def test_an_open_exercise_says_what_to_do():
    checked = check(..., 3, hint="count again")
    assert checked.state == "your turn"
    assert "run both cells" in str(checked)
    assert "count again" not in str(checked)


def test_a_wrong_answer_gets_its_hint_and_is_shown():
    checked = check(4, 3, hint="count again", why="because")
    assert checked.state == "not yet"
    assert "count again" in str(checked)
    assert "4" in str(checked)
    assert "because" not in str(checked)


def test_a_right_answer_gets_the_reason():
    checked = check(3, 3, hint="count again", why="there are three")
    assert checked.state == "right"
    assert "there are three" in str(checked)
    assert "count again" not in str(checked)


def test_a_function_may_tell():
    assert check(3, lambda n: n > 2, hint="more").state == "right"
    assert check(1, lambda n: n > 2, hint="more").state == "not yet"


class Odd:
    """Nothing can be done with it."""

    def __eq__(self, other):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    __hash__ = None


@pytest.mark.parametrize("answer", [None, "x", [1], {1: 2}, Odd(), object(), float("nan")])
def test_no_answer_raises(answer):
    for right in (3, "y", lambda n: n > 2, lambda n: n.digest):
        checked = check(answer, right, hint="try something else")
        assert checked.state == "not yet"
        assert "try something else" in str(checked)
        assert "<div" in checked._repr_mimebundle_()["text/html"]


def test_frames_and_arrays_are_no_answer_by_accident():
    import pandas as pd

    assert check(pd.Series([1, 2]), 1, hint="one number").state == "not yet"


def test_t1_an_answer_is_escaped():
    checked = check("<img src=x onerror=alert(1)>", 1, hint="<b>no</b>")
    html = checked._repr_mimebundle_()["text/html"]
    assert "<img" not in html
    assert "<b>no" not in html


def test_long_answers_are_cut():
    assert len(str(check("x" * 5000, 1, hint="shorter"))) < 500


def test_lessons_are_reached_by_the_package():
    assert rx.lessons.check is check
