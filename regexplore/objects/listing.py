"""Names from pages: filtered, chosen, cut into pieces, and kept when the listing ends early."""

from __future__ import annotations

import fnmatch
import heapq
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, TypedDict

from regexplore.content.pool import map_bounded
from regexplore.errors import RegexploreError
from regexplore.frames.facts import told
from regexplore.frames.order import version_key
from regexplore.frames.origin import Origin
from regexplore.remote.budget import Budget, under
from regexplore.remote.budget import reasons as budget_reasons
from regexplore.show.progress import Progress, Show
from regexplore.show.text import count

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.frames.schema import Row, Schema

ROWS_AT_ONCE = 5_000
"""Rows that are held as plain values at once; a row of a frame takes a fraction of that."""

Names = Iterator[Sequence[str]]
Tell = Callable[[str], None]


class ListOptions(TypedDict, total=False):
    """What tags and repositories can be listed by, beside ``chunks``; for the types of both forms."""

    detail: bool
    match: str | None
    limit: int | None
    sample: int | None
    executor: Executor | None
    budget: Budget | None
    progress: Show


@dataclass(frozen=True, slots=True)
class How:
    """How a listing is worked on: where, for how much, and who is told."""

    executor: Executor | None = None
    budget: Budget | None = None
    progress: Show = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the listed names are wanted.

    Attributes
    ----------
    match
        A glob that names must match.
    limit
        No page is asked for once there are so many names.
    newest
        So many at most: the last in the order of versions.
    sample
        So many at most, drawn at random; the same ones each time from the same listing.

    Raises
    ------
    ValueError
        A number is not positive, or more than one of limit, newest and sample is given.
    """

    match: str | None = None
    limit: int | None = None
    newest: int | None = None
    sample: int | None = None

    def __post_init__(self) -> None:
        given = {"limit": self.limit, "newest": self.newest, "sample": self.sample}
        numbers = {name: number for name, number in given.items() if number is not None}
        if len(numbers) > 1:
            raise ValueError(f"one of limit, newest and sample, not {' and '.join(numbers)}")
        for name, number in numbers.items():
            require_positive(name, number)

    def of(self, names: Names, noun: str, tell: Tell) -> Names:
        """Choose from names as they arrive; holds no more of them than are wanted.

        ``tell`` learns when there were more.
        """
        if self.newest is None and self.sample is None:
            yield from names
            return
        seen = 0

        def counted() -> Iterator[str]:
            nonlocal seen
            for page in names:
                seen += len(page)
                yield from page

        if self.newest is not None:
            found, asked = heapq.nlargest(self.newest, counted(), key=version_key), f"newest={self.newest}"
        else:
            found, asked = _sampled(counted(), self.sample or 0), f"sample={self.sample}"
        if seen > len(found):
            tell(f"{asked}: {len(found):,} of {count(seen, noun)}")
        yield found


def require_positive(name: str, number: int) -> int:
    """Give a number of things back.

    Raises
    ------
    ValueError
        It is none.
    """
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(f"{name} is a whole number from 1 on, not {number!r}")
    return number


@dataclass(frozen=True, slots=True)
class Run:
    """Work on some names: where it runs, and what learns of it.

    Attributes
    ----------
    origin
        Of the frame that comes of it.
    shown
        The progress.
    executor
        Where to run instead of own threads.
    stopped
        Set by an interrupt.
    """

    origin: Origin
    shown: Progress
    executor: Executor | None
    stopped: Event

    def rows(
        self, row: Callable[[str], Row], names: Sequence[str], noun: str, schema: Schema
    ) -> list[pd.DataFrame]:
        """Give the rows of names, some thousands a frame; those that arrived before an interrupt are kept."""
        parts: list[pd.DataFrame] = []
        done = 0
        for start in range(0, len(names), ROWS_AT_ONCE):
            outcomes = map_bounded(
                row,
                names[start : start + ROWS_AT_ONCE],
                executor=self.executor,
                on_result=lambda _: self.shown.advance(note=self.origin.spent),
            )
            done += len(outcomes)
            parts.append(schema.frame((outcome.result() for outcome in outcomes), self.origin))
            if outcomes.interrupted:
                self.shown.stop()
                self.stopped.set()
                self.origin.partial(f"stopped at {done} of {count(len(names), noun)}")
                break
        for reason in budget_reasons():
            self.origin.partial(reason)
        return parts or [schema.frame((), self.origin)]


Plain = Callable[[list[str], Origin], "pd.DataFrame"]
Details = Callable[[list[str], Run], "pd.DataFrame"]


class Listing:
    """A lazy listing on its way to one frame, or to many; what arrived before an error or an interrupt is kept.

    Parameters
    ----------
    pages
        The names, page by page.
    noun
        What is listed, in the singular.
    choice
        Which of the names are wanted.
    new_origin
        Begins the account of a frame.
    see
        Called with each page as it arrives.
    how
        Executor, budget and progress.
    """

    def __init__(
        self,
        pages: Iterable[Sequence[str]],
        noun: str,
        choice: Choice,
        new_origin: Callable[[], Origin],
        *,
        see: Callable[[Sequence[str]], None] = lambda _: None,
        how: How,
    ) -> None:
        self._pages = pages
        self._noun = noun
        self._choice = choice
        self._new_origin = new_origin
        self._see = see
        self._how = how

    def names(self, origin: Origin) -> list[str]:
        """Give all names that are wanted; ``origin`` learns why they may not be all.

        Raises
        ------
        RegexploreError
            Nothing arrived before it.
        """
        with Progress(self._noun, show=self._how.progress) as shown:

            def see(page: Sequence[str]) -> None:
                self._see(page)
                shown.advance(len(page), note=origin.spent)

            arriving = self._arriving(see, shown, origin.partial)
            return [name for page in self._choice.of(arriving, self._noun, origin.partial) for name in page]

    def frame(self, plain: Plain, details: Details | None) -> pd.DataFrame:
        """Give the one frame of all names, or of their details.

        Raises
        ------
        RegexploreError
            Nothing arrived before it.
        """
        origin = self._new_origin()
        with under(self._how.budget):
            names = self.names(origin)
            if details is None:
                return plain(names, origin)
            with Progress(self._noun, len(names), show=self._how.progress) as shown:
                return details(names, Run(origin, shown, self._how.executor, Event()))

    def frames(self, size: int, plain: Plain, details: Details | None) -> Iterator[pd.DataFrame]:
        """Yield a frame for each ``size`` names, at least one; the index goes on from one to the next.

        The last one tells why the names may not be all.

        Raises
        ------
        RegexploreError
            Nothing arrived before it.
        """
        frames = self._frames(size, plain, details)
        while True:
            # What the reader does between two frames is not charged to the budget.
            with under(self._how.budget):
                frame = next(frames, None)
            if frame is None:
                return
            yield frame

    def _frames(self, size: int, plain: Plain, details: Details | None) -> Iterator[pd.DataFrame]:
        import pandas as pd

        reasons: list[str] = []
        stopped = Event()
        with Progress(self._noun, show=self._how.progress) as shown:
            arriving = self._arriving(self._see, shown, reasons.append)
            wanted = self._choice.of(arriving, self._noun, reasons.append)
            start, origin = 0, self._new_origin()
            for names, last in _chunked(wanted, size):
                for reason in reasons if last else ():
                    origin.partial(reason)
                if details is None:
                    shown.advance(len(names), note=origin.spent)
                    frame = plain(names, origin)
                else:
                    frame = details(names, Run(origin, shown, self._how.executor, stopped))
                frame.index = pd.RangeIndex(start, start + len(frame))
                start += len(frame)
                yield frame
                if stopped.is_set():
                    return
                origin = self._new_origin()

    def _arriving(self, see: Callable[[Sequence[str]], None], shown: Progress, tell: Tell) -> Names:
        """Yield what matches of page after page."""
        match, limit, found = self._choice.match, self._choice.limit, 0
        try:
            for page in self._pages:
                see(page)
                names = [name for name in page if match is None or fnmatch.fnmatchcase(name, match)]
                if limit is not None:
                    names = names[: limit - found]
                found += len(names)
                yield names
                if limit is not None and found >= limit:
                    tell(f"limit={limit} reached, there may be more")
                    return
        except KeyboardInterrupt:
            shown.stop()
            tell(f"stopped after {count(found, self._noun)}")
        except RegexploreError as error:
            if not found:
                raise
            tell(f"listing ended after {count(found, self._noun)}: {told(error)}")


def _chunked(names: Names, size: int) -> Iterator[tuple[list[str], bool]]:
    """Cut a stream of names into lists of a size, each with whether it is the last; there is always one."""
    held: list[str] = []
    for page in names:
        held += page
        # One is held back: only with what follows is it known that a list is not the last.
        while len(held) > size:
            yield held[:size], False
            del held[:size]
    yield held, True


def _sampled(names: Iterator[str], most: int) -> list[str]:
    """Draw from a stream of unknown length (Vitter's algorithm R)."""
    drawn: list[str] = []
    draw = random.Random(0)  # noqa: S311 - the same sample each time is what is wanted
    for n, name in enumerate(names):
        if n < most:
            drawn.append(name)
        elif (place := draw.randint(0, n)) < most:
            drawn[place] = name
    return drawn
