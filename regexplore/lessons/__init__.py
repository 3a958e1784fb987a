"""What the notebooks need to teach: answers that are looked at, and the list of lessons.

Knows how things are shown and nothing of registries.
"""

from __future__ import annotations

from regexplore.lessons.checking import Checked, check
from regexplore.lessons.contents import Lesson, lessons_in

__all__ = ["Checked", "Lesson", "check", "lessons_in"]
