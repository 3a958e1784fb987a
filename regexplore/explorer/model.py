"""What the explorer knows and does: where it is, what was fetched, what is being fetched. Without widgets.

Everything slow runs in jobs. What they bring is put in place under one lock, and whoever listens is told; in
the thread of the job, so that a kernel that is busy elsewhere does not hold it up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Literal

from regexplore.errors import StoppedError
from regexplore.explorer.job import Job
from regexplore.explorer.names import Names
from regexplore.explorer.pane import Pane
from regexplore.explorer.place import Place
from regexplore.explorer.recent import Recent
from regexplore.explorer.subject import Subject, fetch_subject
from regexplore.explorer.tab_list import tab_at, tabs_for
from regexplore.explorer.target import Target, reference_place, repository_place
from regexplore.explorer.visit import Visit
from regexplore.explorer.visits import Visits
from regexplore.remote.trace import Recorder

What = Literal["view", "names", "words"]
Listener = Callable[[What], None]
Key = tuple[str, str, int, str]
MOST_REMEMBERED = 40


class Model:
    """The explorer without its widgets.

    Parameters
    ----------
    target : Target

    Attributes
    ----------
    subject : Subject or None
        What is looked at; None while it is fetched, or when it could not be.
    pane : Pane or None
        What the open tab shows; None while it is loaded, or when it could not be.
    error : Exception or None
        Why there is no subject or no pane.
    warnings : tuple of str
        What the registry warned of while this view was loaded.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.subject: Subject | None = None
        self.pane: Pane | None = None
        self.error: Exception | None = None
        self.warnings: tuple[str, ...] = ()
        self.repositories = Names("repository", target.repository_pages)
        self.lock = RLock()
        self._listeners: list[Listener] = []
        self._visits = Visits(target.start)
        self._tags: dict[str, Names] = {}
        self._subjects: Recent[Key, Subject] = Recent(MOST_REMEMBERED)
        self._panes: Recent[tuple[object, ...], Pane] = Recent(MOST_REMEMBERED)
        self._recorders: dict[Key, Recorder] = {}
        self._job: Job | None = None
        self._stopped: Job | None = None
        self._listing: dict[Names, Job] = {}

    def start(self) -> None:
        """Begin: list the first page of what there is to choose from, and load the first view."""
        if self.target.registry is not None:
            self.list_more(self.repositories)
        self._enter()

    def listen(self, listener: Listener) -> None:
        """Have a listener told of every change."""
        self._listeners.append(listener)

    # ---- where it is ------------------------------------------------------------------------------

    @property
    def here(self) -> Place:
        """The place that is shown."""
        return self._visits.here

    @property
    def can_go_back(self) -> bool:
        """Whether there is a place before this one."""
        return self._visits.can_go_back

    @property
    def can_go_forward(self) -> bool:
        """Whether there is a place after this one."""
        return self._visits.can_go_forward

    @property
    def has_repository(self) -> bool:
        """Whether a repository is chosen, so that there are tags to show."""
        return self.target.registry is None or bool(self.here.repository)

    @property
    def tags(self) -> Names:
        """The tags of the repository, as far as they were listed."""
        return self._tags_of(self.here)

    @property
    def tab_titles(self) -> list[str]:
        """The titles of the tabs that the subject has."""
        return [] if self.subject is None else [tab.TITLE for tab in tabs_for(self.subject)]

    @property
    def tab(self) -> str:
        """The title of the open tab."""
        return self.here.tab if self.subject is None else tab_at(self.here, self.subject).TITLE

    @property
    def busy(self) -> bool:
        """Whether the view is being loaded."""
        return self._job is not None

    @property
    def words(self) -> str:
        """How far the loading is."""
        return "" if self._job is None else self._job.words

    # ---- going somewhere --------------------------------------------------------------------------

    def go(self, place: Place) -> None:
        """Go to a place."""
        with self.lock:
            self._visits.go(place)
            self._enter()

    def go_to_repository(self, name: str) -> None:
        """Go to a repository of the registry."""
        self.go(repository_place(self.target.registry_place, name))

    def go_to_reference(self, reference: str) -> None:
        """Go to a tag or digest of the repository that is shown."""
        self.go(reference_place(self._repository_place(), reference))

    def go_to_name(self, name: str) -> None:
        """Go to what a reader typed: a repository, with or without tag or digest; a tag where there is but one.

        Raises
        ------
        InvalidReferenceError
            It is no such name.
        """
        self.go(self.target.place_of(name))

    def open_tab(self, title: str) -> None:
        """Open another tab of what is shown."""
        self.go(self.here.on(title))

    def back(self) -> None:
        """Go one place back."""
        with self.lock:
            self._visits.back()
            self._enter()

    def forward(self) -> None:
        """Go one place forward."""
        with self.lock:
            self._visits.forward()
            self._enter()

    def reload(self) -> None:
        """Forget what was fetched for this place, and fetch it again: a tag may have moved."""
        with self.lock:
            here = self.here
            self._subjects.forget(lambda key: key == here.key)
            self._panes.forget(lambda view: view[: len(here.key)] == here.key)
            self._enter()

    def _repository_place(self) -> Place:
        return next(place for place in self.here.trail if place.repository == self.here.repository)

    # ---- loading ----------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop loading the view. What can tell a part of itself still may; nobody waits for it."""
        with self.lock:
            if self._job is None:
                return
            self._job.stop()
            self._stopped, self._job = self._job, None
            self.error = StoppedError("stopped", hint="Try again, or open another tab.")
        self._tell("view")

    def wait(self, seconds: float = 30) -> None:
        """Wait until everything under way has ended, in tests and scripts."""
        until = time.monotonic() + seconds
        for job in [*self._listing.values(), *([self._job] if self._job else [])]:
            job.wait(max(until - time.monotonic(), 0))

    def close(self) -> None:
        """Stop everything and tell nobody any more."""
        self._listeners.clear()
        self.stop()
        for job in list(self._listing.values()):
            job.stop()

    def _enter(self) -> None:
        """Show the place: from memory as far as it is known, the rest by a job."""
        with self.lock:
            if self._job is not None:
                self._job.stop()
            self._job = self._stopped = None
            here = self.here
            self.error, self.warnings = None, ()
            self.subject = self._subjects.get(here.key)
            self.pane = self._panes.get(here.view) if self.subject is not None else None
            if (
                self.has_repository
                and not len(self.tags)
                and not self.tags.complete
                and self.tags.error is None
            ):
                self.list_more(self.tags)
            if self.pane is None:
                recorder = self._recorders.setdefault(here.key, Recorder())
                self._job = Job(
                    partial(self._load, here, recorder),
                    on_step=self._stepped,
                    on_end=partial(self._ended, here),
                    recorder=recorder,
                )
                self._job.start()
        self._tell("view")

    def _load(self, place: Place, recorder: Recorder, job: Job) -> Pane:
        """Fetch the subject and the pane of its open tab, in the thread of the job."""
        subject = self._subjects.get(place.key)
        if subject is None:
            if not place.repository and self.target.registry is not None:
                subject = self.target.registry
            else:
                job.say(f"fetching {place.label}")
                subject = fetch_subject(self.target.collection(place.repository), place)
            with self.lock:
                self._subjects.put(place.key, subject)
                if job is self._job:
                    self.subject = subject
            self._tell("view")
        visit = Visit(place, subject, self.target, self._tags_of(place), job, recorder)
        return tab_at(place, subject).load(visit)

    def _stepped(self, job: Job) -> None:
        if job is self._job:
            self._tell("words")

    def _ended(self, place: Place, job: Job) -> None:
        with self.lock:
            pane = job.value if isinstance(job.value, Pane) else None
            late = job is self._stopped and pane is not None and pane.partial
            if job is not self._job and not late:
                return
            self._job = self._stopped = None
            self.pane, self.error = pane, job.error
            self.warnings = tuple(dict.fromkeys(warning.text for warning in job.warnings))
            if pane is not None and pane.frame is not None and pane.lasting and not pane.partial:
                self._panes.put(place.view, pane)
        self._tell("view")

    # ---- names ------------------------------------------------------------------------------------

    def list_more(self, names: Names, pages: int | None = 1) -> None:
        """Ask for the next page of names, or for all that are left."""
        with self.lock:
            if names in self._listing:
                return
            job = Job(
                lambda job: names.load(job, pages),
                on_step=lambda _: self._tell("names"),
                on_end=partial(self._listed, names),
            )
            self._listing[names] = job
            job.start()
        self._tell("names")

    def stop_listing(self, names: Names) -> None:
        """Stop to list names; those that arrived stay."""
        with self.lock:
            job = self._listing.pop(names, None)
        if job is not None:
            job.stop()
            self._tell("names")

    def is_listing(self, names: Names) -> bool:
        """Whether more names are on their way."""
        return names in self._listing

    def _listed(self, names: Names, job: Job) -> None:
        with self.lock:
            # What the registry did wrong the names know already; this is for faults of our own.
            names.error = names.error or job.error
            if self._listing.get(names) is job:
                del self._listing[names]
        self._tell("names")

    def _tags_of(self, place: Place) -> Names:
        name = place.repository
        with self.lock:
            if name not in self._tags:
                self._tags[name] = Names("tag", partial(self.target.tag_pages, name), version_order=True)
            return self._tags[name]

    def _tell(self, what: What) -> None:
        for listener in list(self._listeners):
            listener(what)
