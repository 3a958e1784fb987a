"""What the notebooks need to teach: answers that are looked at, and the list of lessons.

Knows how things are shown and nothing of registries.

Examples
--------
>>> print(check(64, 64, hint="Count the digits behind sha256:"))
exercise right
  your answer  64
"""

from __future__ import annotations

from regexplore.lessons.checking import Checked, check
from regexplore.lessons.contents import Lesson, lessons_in

__all__ = ["Checked", "Lesson", "check", "lessons_in"]
