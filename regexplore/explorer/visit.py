"""A visit: everything that a tab may use to show what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from regexplore.explorer.job import Job
from regexplore.explorer.names import Names
from regexplore.explorer.pane import Pane
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Subject
from regexplore.explorer.target import Target, name_of
from regexplore.objects.collection import Collection
from regexplore.remote.trace import Recorder


@dataclass(frozen=True)
class Visit:
    """The visit of one tab of one place.

    Attributes
    ----------
    place : Place
    subject : Subject
        What the place names, fetched.
    target : Target
        What the explorer was opened on.
    tags : Names
        The tags of the repository, as far as they were listed.
    job : Job
        To tell progress, and to learn that the reader wants to stop.
    recorder : Recorder
        The requests made for this place.
    """

    place: Place
    subject: Subject
    target: Target
    tags: Names
    job: Job
    recorder: Recorder

    @property
    def collection(self) -> Collection:
        """The repository or layout."""
        return self.target.collection(self.place.repository)

    @property
    def name(self) -> str:
        """What the repository or layout goes by."""
        return name_of(self.collection)

    @property
    def python(self) -> str:
        """The line that gives the subject in a cell."""
        return self.target.python(self.place)


class Tab(Protocol):
    """What a module in `regexplore.explorer.tabs` is: a title, whom it is for, and how it gets its pane."""

    TITLE: str

    def applies(self, subject: Subject) -> bool:
        """Whether there is such a tab for the subject."""

    def load(self, visit: Visit) -> Pane:
        """Fetch what is needed, in the thread of a job, and give what is to be shown."""
