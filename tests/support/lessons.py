"""Notebooks as a reader works through them, without a kernel: cell by cell, each exercise open, wrong, and solved."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(path for path in NOTEBOOKS.glob("*.ipynb") if path.name != "00-index.ipynb")

_SOLUTION = re.compile(r"<details><summary>Solution</summary>\s*```python\n(.*?)```.*?</details>", re.DOTALL)
_OPEN = re.compile(r"(\w+) = \.\.\.  +# your answer: .+")


class Wrong:
    """What no exercise wants."""

    def __repr__(self) -> str:
        return "something else"


def cells(path: Path, **changed: object) -> list[Any]:
    """Read a notebook; names given here get another value in the cell that a reader changes."""
    read = nbformat.read(path, as_version=4).cells
    for cell in read:
        if "registry" in cell.metadata.get("tags", []):
            cell.source = with_values(cell.source, changed)
    return read


def with_values(source: str, changed: Mapping[str, object]) -> str:
    """Set names that a cell sets, and only those, to other values."""
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)} & changed.keys()
    return source + "".join(f"\n{name} = {changed[name]!r}" for name in sorted(names))


def work_through(path: Path, **changed: object) -> list[dict[str, str]]:
    """Run a lesson, and give for each exercise what was said when it was open, wrongly and rightly answered."""
    shown: list[object] = []
    space = {"__name__": "__main__", "display": lambda *values: shown.extend(values)}
    told = []
    read = cells(path, **changed)
    for n, cell in enumerate(read):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "check" in tags:
            continue
        run(cell.source, space, f"{path.name}, cell {n}")
        if "exercise" in tags:
            told.append(answered(read, n, space, path.name))
    return told


def answered(read: list[Any], n: int, space: dict[str, Any], name: str) -> dict[str, str]:
    """Look at the exercise in a cell: open, with a wrong answer, and with its solution."""
    exercise, check, below = read[n : n + 3]
    assert "check" in check.metadata.get("tags", []), "an exercise is looked at by the cell below it"

    def said() -> str:
        return run(check.source, space, f"{name}, cell {n + 1}").state

    states = {"open": said()}
    space[waiting(exercise.source)] = Wrong()
    states["wrong"] = said()
    run(solution(below.source), space, f"{name}, solution in cell {n + 2}")
    states["solved"] = said()
    return states


def waiting(source: str) -> str:
    """Give the name that waits for an answer."""
    found = _OPEN.fullmatch(source)
    assert found, f"an exercise reads 'name = ...        # your answer: what', this one {source[:60]!r}"
    return found[1]


def solution(source: str) -> str:
    """Give the code in the folded solution below an exercise."""
    found = _SOLUTION.search(source)
    assert found, "below an exercise stands its solution, folded"
    return found[1]


def run(source: str, space: dict[str, Any], where: str) -> Any:
    """Run a cell as IPython does, and give the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), space)
    return eval(compile(ast.Expression(last.value), where, "eval"), space) if last else None
