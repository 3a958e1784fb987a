"""The lessons of a folder, told by the first cell of each notebook: its title, and how long it takes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

INDEX = "00-index.ipynb"
"""The notebook that lists the others."""

_NAME = re.compile(r"(\d\d)-[a-z0-9-]+\.ipynb")
_MINUTES = re.compile(r"\*(\d+) minutes")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One notebook of a course.

    Attributes
    ----------
    number : int
        Its place.
    path : Path
    title : str
        Its first heading.
    minutes : int or None
        How long it takes; None where it does not say.

    Examples
    --------
    >>> Lesson(1, Path("01-first-look.ipynb"), "First look", 10).minutes
    10
    """

    number: int
    path: Path
    title: str
    minutes: int | None


def lessons_in(folder: str | Path) -> list[Lesson]:
    r"""Give the lessons of a folder in their order; the index is none of them.

    Raises
    ------
    OSError, ValueError
        The folder, or a notebook in it, cannot be read.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> cell = {"cell_type": "markdown", "source": ["# First look\n", "*10 minutes*"]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "01-first-look.ipynb").write_text(json.dumps({"cells": [cell]}))
    ...     lesson = lessons_in(folder)[0]
    >>> lesson.number, lesson.title, lesson.minutes
    (1, 'First look', 10)
    """
    found = (path for path in sorted(Path(folder).iterdir()) if _NAME.fullmatch(path.name))
    return [_read(path) for path in found if path.name != INDEX]


def _read(path: Path) -> Lesson:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    head = "".join(cells[0]["source"]) if cells else ""
    minutes = _MINUTES.search(head)
    return Lesson(
        number=int(path.name[:2]),
        path=path,
        title=head.partition("\n")[0].lstrip("# ").strip() or path.stem,
        minutes=int(minutes[1]) if minutes else None,
    )
