"""Names that a registry lists page by page: only as many pages are asked for as the reader wants to see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

from regexplore.content.reference_tags import parse_reference_tag
from regexplore.errors import RegexploreError
from regexplore.explorer.job import Job
from regexplore.frames.order import version_key
from regexplore.show import text as words

_VERSION = re.compile(r"[vV]?[0-9]")


class Names:
    """Repositories or tags, as far as they were listed.

    Parameters
    ----------
    noun : str
        What is listed, in the singular.
    pages : callable
        Begins the listing after a name; "" for its beginning.
    version_order : bool
        Whether the names are sorted as versions, the newest first, and not as they were listed.

    Attributes
    ----------
    complete : bool
        Whether the last page was seen.
    error : Exception or None
        Why the last page that was asked for did not come.
    """

    def __init__(
        self, noun: str, pages: Callable[[str], Iterator[Sequence[str]]], *, version_order: bool = False
    ) -> None:
        self.noun = noun
        self.complete = False
        self.error: Exception | None = None
        self._begin = pages
        self._pages: Iterator[Sequence[str]] | None = None
        self._version_order = version_order
        self._seen: dict[str, None] = {}
        self._sorted: list[str] = []
        self._lock = Lock()

    def load(self, job: Job, pages: int | None = 1) -> None:
        """Ask for the next page, several, or all that are left; keeps what arrived before an error."""
        with self._lock:
            self.error = None
            left = pages
            while not self.complete and not job.cancel.is_set() and (left is None or left > 0):
                self._load_one()
                if self.error is not None:
                    break
                left = None if left is None else left - 1
                if left == 0 and not _announces_more(job):
                    # Costs no request: it only finds out that this was the last page.
                    left = 1
                job.say(words.count(len(self._seen), self.noun))
            self._sorted = sorted(self._seen, key=_rank, reverse=True)

    def _load_one(self) -> None:
        try:
            if self._pages is None:
                # After an error the listing goes on behind the last name that arrived.
                self._pages = self._begin(next(reversed(self._seen), ""))
            page = next(self._pages, None)
        except RegexploreError as error:
            self.error, self._pages = error, None
            return
        if page is None:
            self.complete = True
        else:
            self._seen.update(dict.fromkeys(page))

    def __len__(self) -> int:
        return len(self._seen)

    def __contains__(self, name: object) -> bool:
        return name in self._seen

    def shown(self, *, version_order: bool | None = None) -> list[str]:
        """Give the names so far: tags as versions, the newest first; others in the registry's order."""
        by_version = self._version_order if version_order is None else version_order
        return list(self._sorted) if by_version else list(self._seen)

    def before(self, name: str) -> list[str]:
        """Give the versions before one, the nearest first; before a word such as ``latest`` come all of them."""
        versions = [other for other in self._sorted if _VERSION.match(other)]
        if _VERSION.match(name):
            return [other for other in versions if _rank(other) < _rank(name)]
        return versions or [other for other in self._sorted if _rank(other) < _rank(name)]

    @property
    def note(self) -> str:
        """What is known, in words that do not claim more."""
        if not self._seen:
            return f"no {words.count(2, self.noun).partition(' ')[2]}" if self.complete else ""
        counted = words.count(len(self._seen), self.noun)
        return counted if self.complete else f"{counted} so far"


def _announces_more(job: Job) -> bool:
    """Tell whether the last answer links to another page; where nothing was asked there is no answer."""
    events = job.recorder.events
    return bool(events) and any(name.lower() == "link" for name in events[-1].response_headers)


def _rank(name: str) -> tuple[bool, str]:
    """Sort as versions; tags that only speak of a digest come before all, so that newest first ends in them."""
    return parse_reference_tag(name) is None, version_key(name)
