"""Watching the wire: every request that a block of code sends."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from regexplore.knowledge.curl import curl_script
from regexplore.knowledge.steps import steps
from regexplore.objects.sections import facts_of
from regexplore.objects.sequence import Diagram, sequence_diagram, steps_section
from regexplore.remote.trace import Recorder, WireEvent, recording
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Card, Section
from regexplore.show.shown import Shown
from regexplore.show.table import Table
from regexplore.show.value import Value

if TYPE_CHECKING:
    import pandas as pd


class Trace(Shown):
    """What was sent inside a ``with`` block, retries and redirects included, secrets replaced.

    Made by `trace`.

    Examples
    --------
    >>> with rx.trace() as wire:
    ...     digest = repo.resolve("v1.2").digest
    >>> wire.steps()["step"].tolist()
    ['HEAD manifest by tag v1.2']
    """

    def __init__(self) -> None:
        self._recorder = Recorder()
        self._block: AbstractContextManager[object] | None = None

    @property
    def events(self) -> tuple[WireEvent, ...]:
        """The requests so far."""
        return self._recorder.events

    def frame(self) -> pd.DataFrame:
        """Give one row for each request (`regexplore.frames.wire.WIRE`)."""
        from regexplore.frames.origin import Origin
        from regexplore.frames.wire import wire_frame

        return wire_frame(self.events, Origin("wire"))

    def steps(self) -> pd.DataFrame:
        """Give each request in words, with its section of the specification.

        One row for each request (`regexplore.frames.wire_steps.WIRE_STEPS`).

        Examples
        --------
        >>> with rx.trace() as wire:
        ...     tags = repo.tags()
        >>> wire.steps()["step"].tolist()
        ['GET tags of demo/app']
        """
        from regexplore.frames.origin import Origin
        from regexplore.frames.wire_steps import wire_steps_frame

        return wire_steps_frame(steps(self.events), Origin("wire"))

    def diagram(self) -> Diagram:
        """Give the requests as a sequence diagram: drawn in notebooks, and Mermaid as text.

        Examples
        --------
        >>> with rx.trace() as wire:
        ...     tags = repo.tags()
        >>> print(wire.diagram())
        sequenceDiagram
            participant c as this process
        ...
        """
        return sequence_diagram(self.events)

    def curl(self) -> str:
        """Give the requests as curl commands that ask the same.

        Secrets were not recorded: shell variables such as ``$REGISTRY_TOKEN`` stand for them, and the first lines
        say what has to be set.

        Examples
        --------
        >>> with rx.trace() as wire:
        ...     tags = repo.tags()
        >>> print(wire.curl())
        curl --globoff --include http://127.0.0.1:.../v2/demo/app/tags/list
        <BLANKLINE>
        """
        return curl_script(self.events)

    def __enter__(self) -> Self:
        self._block = recording(self._recorder)
        self._block.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._block is not None:
            self._block.__exit__(kind, error, trace)
            self._block = None

    def __len__(self) -> int:
        return len(self.events)

    def _card(self) -> Card:
        events = self.events
        statuses = Counter("no answer" if event.status is None else str(event.status) for event in events)
        received = sum(event.received or 0 for event in events)
        facts = facts_of(
            ("answers", ", ".join(f"{status}: {number}" for status, number in sorted(statuses.items()))),
            ("received", values.size(received)),
            ("state", "still recording" if self._block else None),
        )
        sections = (_section(events), steps_section(steps(events)))
        return Card("trace", words.count(len(events), "request"), facts=facts, sections=sections)


def trace() -> Trace:
    """Watch the wire while a block runs.

    Examples
    --------
    >>> with rx.trace() as wire:
    ...     tags = repo.tags()
    >>> wire.frame()["status"].tolist()
    [200]
    """
    return Trace()


def _section(events: tuple[WireEvent, ...]) -> Section:
    rows = [
        (
            event.n,
            event.method,
            Value(event.url, look="code"),
            Value("none", look="error") if event.status is None else str(event.status),
            f"{event.ms:.1f}",
            values.size(event.received),
            event.attempt if event.attempt > 1 else None,
            event.note,
        )
        for event in events
    ]
    columns = ["#", "method", "url", "status", "ms", "received", "try", "note"]
    return Section(
        "Requests", Table.of(columns, rows, numeric=["#", "ms", "received"], sparse=["try", "note"])
    )
