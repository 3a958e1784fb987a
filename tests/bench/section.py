"""What one benchmark has to say: a table, goals, a picture; as plain values, so that it can be kept as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Goal:
    """A number that is to be at most so large.

    Attributes
    ----------
    text : str
    value : float
    bound : float or None
        None for what is only reported.
    """

    text: str
    value: float
    bound: float | None = None

    @property
    def verdict(self) -> str:
        """Whether it is met, in a word."""
        if self.bound is None:
            return "reported"
        return "met" if self.value <= self.bound else "missed"


@dataclass(frozen=True)
class Bar:
    """One bar: a median and its spread. Kind is ``ours``, ``peer`` or ``limit``."""

    name: str
    value: float
    low: float
    high: float
    kind: str


@dataclass(frozen=True)
class Line:
    """One line of a picture with logarithmic axes."""

    name: str
    points: list[tuple[float, float]]
    kind: str


@dataclass
class Section:
    """One table of the page.

    Attributes
    ----------
    key : str
        For the name of its picture.
    title : str
    about : str
        What is measured, in a sentence or two of Markdown.
    columns : list of str
    rows : list of list of str
    goals : list of Goal
    notes : list of str
        What was left out, and why.
    bars, lines
        Its picture; none if both are empty.
    unit, across : str
        Of the values, and of the other axis of lines.
    """

    key: str
    title: str
    about: str
    columns: list[str]
    rows: list[list[str]]
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    unit: str = "seconds"
    across: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """Give what `to_json` gave."""
        made = cls(**held)
        made.goals = [Goal(**goal) for goal in held["goals"]]
        made.bars = [Bar(**bar) for bar in held["bars"]]
        made.lines = [Line(**line) for line in held["lines"]]
        return made

    def text(self) -> str:
        """Give the table for a terminal."""
        table = [self.columns, *self.rows]
        widths = [max(len(row[n]) for row in table) for n in range(len(self.columns))]
        out = [f"\n==== {self.title}"]
        for row in table:
            first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            out.append("  ".join([first.strip().ljust(widths[0]), *rest]).rstrip())
        out += [f"goal: {goal_text(goal)}" for goal in self.goals]
        out += [f"note: {note}" for note in self.notes]
        return "\n".join(out)


def goal_text(goal: Goal) -> str:
    """Give a goal in words."""
    bound = "" if goal.bound is None else f", at most {goal.bound:g}"
    return f"{goal.text}: {goal.value:.2f}{bound}: {goal.verdict}"
