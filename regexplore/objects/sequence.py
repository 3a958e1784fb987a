"""Requests as a Mermaid sequence diagram: who asked whom, and what came back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from regexplore.remote.trace import WireEvent
from regexplore.show.escape import terminal
from regexplore.show.text import cut, human_bytes, seconds

MAX_EXCHANGES = 60
MAX_LABEL = 160

_PLAIN = re.compile(r"[A-Za-z0-9 ./:_@=?,()+~-]")


class Diagram(str):
    """Mermaid text; notebooks that can, draw it."""

    __slots__ = ()

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        return {"text/vnd.mermaid": str(self), "text/plain": str(self)}


def sequence_diagram(events: Sequence[WireEvent]) -> Diagram:
    """Draw the first `MAX_EXCHANGES` requests; says how many are left out."""
    shown = events[:MAX_EXCHANGES]
    hosts = {host: f"h{n}" for n, host in enumerate(dict.fromkeys(_host(event) for event in shown), 1)}
    lines = ["sequenceDiagram", "    participant c as this process"]
    lines += [f"    participant {name} as {label(host)}" for host, name in hosts.items()]
    for event in shown:
        lines += _exchange(event, hosts[_host(event)])
    left = len(events) - len(shown)
    if left:
        lines.append(f"    Note over c: {left} more requests are not drawn")
    return Diagram("\n".join(lines))


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
    parts = urlsplit(event.url)
    asked = f"{event.method} {parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    if event.attempt > 1:
        asked += f" (try {event.attempt})"
    yield f"    c->>{host}: {label(asked)}"
    if event.status is None:
        yield f"    {host}--xc: {label(event.note or 'no answer')}"
        return
    told = [str(event.status), seconds(event.ms / 1000)]
    if event.received:
        told.append(human_bytes(event.received))
    if event.note:
        told.append(event.note)
    yield f"    {host}-->>c: {label(', '.join(told))}"


def _host(event: WireEvent) -> str:
    return urlsplit(event.url).netloc
