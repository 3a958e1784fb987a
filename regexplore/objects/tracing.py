"""Watching the wire: every request that a block of code sends."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from regexplore.objects.sections import facts_of
from regexplore.objects.sequence import Diagram, sequence_diagram
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
    """

    def __init__(self) -> None:
        self._recorder = Recorder()
        self._block: AbstractContextManager[Recorder] | None = None

    @property
    def events(self) -> tuple[WireEvent, ...]:
        """The requests so far."""
        return self._recorder.events

    def frame(self) -> pd.DataFrame:
        """Give one row for each request (`regexplore.frames.wire.WIRE`)."""
        from regexplore.frames.origin import Origin
        from regexplore.frames.wire import wire_frame

        return wire_frame(self.events, Origin("wire"))

    def diagram(self) -> Diagram:
        """Give the requests as a Mermaid sequence diagram; JupyterLab draws it."""
        return sequence_diagram(self.events)

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
        return Card("trace", words.count(len(events), "request"), facts=facts, sections=(_section(events),))


def trace() -> Trace:
    """Watch the wire while a block runs.

    Examples
    --------
    ::

        with rx.trace() as wire:
            repo.tags()
        wire.frame()
        wire.diagram()
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
