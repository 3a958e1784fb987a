"""Looking at an answer: right, not yet and why, or not answered. Never an exception, never a verdict on style."""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any, Literal

from regexplore.show import text as words
from regexplore.show.card import Card, Facts
from regexplore.show.shown import Shown
from regexplore.show.value import Value

State = Literal["your turn", "right", "not yet"]

MAX_ANSWER = 120


class Checked(Shown):
    """What came of an answer; made by `check`.

    Attributes
    ----------
    state : str
        ``"your turn"``, ``"right"`` or ``"not yet"``.
    hint : str
        What helps; shown as long as the answer is not right.

    Examples
    --------
    >>> check(63, 64, hint="Count again").state
    'not yet'
    """

    def __init__(self, answer: object, state: State, hint: str, why: str) -> None:
        self.state: State = state
        self.hint = hint
        self.why = why
        self._answer = "" if state == "your turn" else _told(answer)

    def _card(self) -> Card:
        facts = [("your answer", Value(self._answer, look="code"))] if self._answer else []
        if self.state == "your turn":
            facts.append(("to do", Value("put your answer in the place of ... above, and run both cells")))
        elif self.state == "not yet":
            facts.append(("hint", Value(self.hint, look="warning")))
        elif self.why:
            facts.append(("because", Value(self.why, look="good")))
        return Card("exercise", self.state, facts=Facts(tuple(facts)))


def check(answer: object, right: object, *, hint: str, why: str = "") -> Checked:
    """Look at the answer to an exercise.

    Parameters
    ----------
    answer
        What the reader wrote; ``...`` where nothing was written yet.
    right
        The right answer, or a function that tells of an answer whether it is right.
    hint
        What helps a reader whose answer is not right yet.
    why
        What is worth knowing once it is right.

    Returns
    -------
    Checked
        A card; a wrong answer is no error, so that a notebook runs to its end.

    Examples
    --------
    >>> check(..., 64, hint="Count the digits behind sha256:")
    <exercise your turn>
    >>> check(63, 64, hint="Count the digits behind sha256:").state
    'not yet'
    >>> check(64, lambda n: n * 4 == 256, hint="Count the digits behind sha256:").state
    'right'
    """
    if isinstance(answer, EllipsisType):
        return Checked(answer, "your turn", hint, why)
    return Checked(answer, "right" if _is_right(answer, right) else "not yet", hint, why)


def _is_right(answer: object, right: object) -> bool:
    # Readers answer with anything at all: what cannot be compared is not right, and no reason for a traceback.
    try:
        if callable(right):
            test: Callable[[Any], Any] = right
            return bool(test(answer))
        return bool(answer == right)
    except Exception:
        return False


def _told(answer: object) -> str:
    try:
        return words.cut(repr(answer), MAX_ANSWER)
    except Exception:
        return f"a {type(answer).__name__}"
