"""Requests as a sequence diagram: who asked whom, and what came back; as Mermaid, and drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from regexplore.errors import UnsupportedError
from regexplore.knowledge.steps import Step, steps
from regexplore.objects.sequence_svg import Message, drawing, file
from regexplore.remote.trace import WireEvent
from regexplore.show import text as words
from regexplore.show.bundle import mimebundle
from regexplore.show.card import Card, Section
from regexplore.show.escape import Markup, terminal
from regexplore.show.table import Table
from regexplore.show.text import cut, human_bytes, seconds
from regexplore.show.value import Value

MAX_EXCHANGES = 60
MAX_LABEL = 160

_PLAIN = re.compile(r"[A-Za-z0-9 ./:_@=?,()+~-]")


class Diagram(str):  # noqa: SLOT000 - it carries its steps
    """Mermaid text, and a drawing of the same that every notebook shows.

    Made by ``wire.diagram()``.

    Attributes
    ----------
    steps : tuple of Step
        What is drawn.
    """

    steps: tuple[Step, ...]

    def __new__(cls, text: str, drawn: tuple[Step, ...] = ()) -> Self:
        """Make a diagram of its text and its steps."""
        made = super().__new__(cls, text)
        made.steps = drawn
        return made

    def __reduce__(self) -> tuple[type[Diagram], tuple[str]]:
        # Events hold on to connections, which do not travel: the text does.
        return Diagram, (str(self),)

    def to_svg(self) -> str:
        """Give the drawing as a file of its own: light or dark as the reader's system, words as tooltips.

        Examples
        --------
        >>> with rx.trace() as wire:
        ...     tags = repo.tags()
        >>> wire.diagram().to_svg()[:4]
        '<svg'
        """
        return file([_message(step) for step in self.steps[:MAX_EXCHANGES]], self._left)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write ``.svg`` or, as text, ``.mmd``.

        Raises
        ------
        UnsupportedError
            For another ending.
        """
        target = Path(path)
        forms = {".svg": self.to_svg, ".mmd": self.__str__}
        if target.suffix not in forms:
            raise UnsupportedError(
                f"a sequence diagram is saved as .svg or .mmd, not as {target.suffix or target.name}"
            )
        target.write_text(forms[target.suffix]() + "\n", "utf-8")
        return target

    @property
    def _left(self) -> int:
        return max(0, len(self.steps) - MAX_EXCHANGES)

    def _card(self) -> Card:
        shown = self.steps[:MAX_EXCHANGES]
        title = words.count(len(self.steps), "request")
        drawn = Section("Who asked whom", _Drawn(shown, self._left), count="", open=True)
        return Card("trace", title, ("sequence diagram",), sections=(drawn, steps_section(self.steps)))

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        forms = {
            "text/html": mimebundle(self._card)["text/html"],
            "text/vnd.mermaid": str(self),
            "text/plain": str(self),
        }
        wanted = set(forms if include is None else include) - set(exclude or ())
        return {mime: form for mime, form in forms.items() if mime in wanted}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The drawing as the body of a section; the table beside it says the same where pictures are stripped."""

    steps: tuple[Step, ...]
    left: int

    @property
    def total(self) -> int:
        return 1

    def cut(self, rows: int, width: int) -> _Drawn:
        del width
        kept = self.steps[:rows]
        return _Drawn(kept, self.left + len(self.steps) - len(kept))

    def to_text(self) -> list[str]:
        return sequence_lines(self.steps, self.left)

    def to_html(self) -> Markup:
        return drawing([_message(step) for step in self.steps], self.left)


def sequence_diagram(events: Sequence[WireEvent]) -> Diagram:
    """Draw the first `MAX_EXCHANGES` requests; says how many are left out."""
    told = steps(events)
    left = max(0, len(told) - MAX_EXCHANGES)
    return Diagram("\n".join(sequence_lines(told[:MAX_EXCHANGES], left)), told)


def sequence_lines(shown: Sequence[Step], left: int) -> list[str]:
    """Give the lines of Mermaid's text."""
    hosts = {host: f"h{n}" for n, host in enumerate(dict.fromkeys(_host(step.event) for step in shown), 1)}
    lines = ["sequenceDiagram", "    participant c as this process"]
    lines += [f"    participant {name} as {label(host)}" for host, name in hosts.items()]
    for step in shown:
        lines += _exchange(step.event, hosts[_host(step.event)])
    if left:
        lines.append(f"    Note over c: {left} more requests are not drawn")
    return lines


def steps_section(told: Sequence[Step]) -> Section:
    """Give steps in words, each with its section of the specification."""
    rows = [
        (
            step.event.n,
            Value(step.title, title=step.event.url),
            Value(step.asked, look="prose"),
            Value(step.told, look="prose"),
            Value(str(step.citation), url=step.citation.url),
        )
        for step in told
    ]
    table = Table.of(
        ["#", "step", "what it asks", "what the answer says", "written down in"], rows, numeric=["#"]
    )
    return Section("Step by step", table, open=False)


def label(text: str) -> str:
    """Give text that Mermaid shows and does not read: all but plain characters become entities.

    Examples
    --------
    >>> label('GET /v2/; %%{init}')
    'GET /v2/#59; #37;#37;#123;init#125;'
    """
    visible = cut(terminal(text), MAX_LABEL)
    return "".join(char if _PLAIN.fullmatch(char) else f"#{ord(char)};" for char in visible) or "-"


def _exchange(event: WireEvent, host: str) -> Iterator[str]:
    yield f"    c->>{host}: {label(_asked(event))}"
    arrow = "--xc" if event.status is None else "-->>c"
    yield f"    {host}{arrow}: {label(_told(event))}"


def _message(step: Step) -> Message:
    event = step.event
    good = event.status is not None and event.status < 400
    return Message(
        event.n, _host(event), _asked(event), _told(event), f"{step.title}. {step.asked}", step.told, good
    )


def _asked(event: WireEvent) -> str:
    parts = urlsplit(event.url)
    asked = f"{event.method} {parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    return asked + (f" (try {event.attempt})" if event.attempt > 1 else "")


def _told(event: WireEvent) -> str:
    if event.status is None:
        return event.note or "no answer"
    told = [str(event.status), seconds(event.ms / 1000)]
    if event.received:
        told.append(human_bytes(event.received))
    if event.note:
        told.append(event.note)
    return ", ".join(told)


def _host(event: WireEvent) -> str:
    return urlsplit(event.url).netloc
