"""Cards: how one object is shown. A summary line, some facts, and sections that fold.

A card is a value without any I/O behind it; its text and its HTML hold the same facts, the same sections and
the same rows. Nothing in it counts on styles, scripts or element ids, so two cards of equal content are equal
text, and a page that strips styles still shows headings, counts and tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from regexplore.show import text as words
from regexplore.show.element import element, joined
from regexplore.show.escape import Markup, html, terminal
from regexplore.show.theme import badge_style, style_sheet
from regexplore.show.value import Value

OPEN_UP_TO = 15
MAX_PARTS = 12
INDENT = "  "


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one under the other."""

    items: tuple[tuple[str, Value], ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.items)

    def cut(self, rows: int, width: int) -> Facts:
        """Give the facts with shorter values."""
        kept = self.items[: max(rows, OPEN_UP_TO)]
        return Facts(tuple((words.cut(name, width), value.cut(width)) for name, value in kept))

    def to_text(self) -> list[str]:
        """Give one line a fact, values aligned."""
        names = [terminal(name) for name, _ in self.items]
        width = max(map(len, names), default=0)
        return [
            f"{name.ljust(width)}  {value.to_text()}"
            for name, (_, value) in zip(names, self.items, strict=True)
        ]

    def to_html(self) -> Markup:
        """Give a table of two columns."""
        rows = [
            element("tr", element("th", name, scope="row"), element("td", value.to_html()))
            for name, value in self.items
        ]
        return element("table", element("tbody", *rows), class_="rx-facts")


@dataclass(frozen=True, slots=True)
class Source:
    """A document exactly as it was served. The text form of a card only says where it is."""

    content: str
    where: str

    @property
    def total(self) -> int:
        """How many characters there are."""
        return len(self.content)

    def cut(self, rows: int, width: int) -> Source:
        """Give the beginning of the document."""
        limit = rows * 300
        if len(self.content) <= limit:
            return self
        return replace(self, content=f"{self.content[:limit]}\n… cut here; {self.where} holds all of it")

    def to_text(self) -> list[str]:
        """Give the place of the document."""
        return [terminal(self.where)]

    def to_html(self) -> Markup:
        """Give the document, line by line."""
        return element("pre", html(self.content, multiline=True))


class Body(Protocol):
    """What a section can hold: facts, a table, a source, a picture."""

    @property
    def total(self) -> int:
        """How many things it holds; 0 leaves the section without a body."""

    def cut(self, rows: int, width: int) -> Body:
        """Give the body with less in it, the same for text and HTML."""

    def to_text(self) -> list[str]:
        """Give its lines."""

    def to_html(self) -> Markup:
        """Give its markup."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a count, and what unfolds below it.

    Parameters
    ----------
    title
        The heading.
    body
        What it holds.
    count
        What the heading counts; the rows of the body unless given.
    open
        Unfolded at first; by default when there are at most 15 rows.
    note
        A few words beside the heading.
    """

    title: str
    body: Body
    count: int | str | None = None
    open: bool | None = None
    note: str = ""

    @property
    def heading(self) -> str:
        """The title and its count."""
        count = self.body.total if self.count is None else self.count
        shown = f"{count:,}" if isinstance(count, int) else count
        return f"{self.title} ({shown})" if shown else self.title

    def cut(self, rows: int, width: int) -> Section:
        """Give the section with less in it; its heading still counts everything."""
        count = self.body.total if self.count is None else self.count
        return replace(self, body=self.body.cut(rows, width), count=count, open=self._opened)

    @property
    def _opened(self) -> bool:
        return self.body.total <= OPEN_UP_TO if self.open is None else self.open

    def to_text(self) -> Iterator[str]:
        """Give the heading and, indented, the lines of the body."""
        yield terminal(f"{self.heading}  {self.note}" if self.note else self.heading)
        for line in self.body.to_text() if self.body.total else []:
            yield INDENT + line

    def to_html(self) -> Markup:
        """Give a heading that folds, or one line when there is nothing below it."""
        note = element("small", " ", self.note, class_="rx-muted") if self.note else ""
        heading = joined([element("b", self.heading), html(note)])
        if not self.body.total:
            return element("details", element("summary", heading))
        return element("details", element("summary", heading), self.body.to_html(), open=self._opened)


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of an object.

    Parameters
    ----------
    kind
        The word on the badge, in OCI's language.
    title
        What the object goes by.
    summary
        A few words each, beside the title.
    facts
        Names and values that are always visible.
    notes
        Sentences a reader must not miss, such as that a result is partial.
    sections
        What folds.
    """

    kind: str
    title: str
    summary: tuple[str, ...] = ()
    facts: Facts = field(default=Facts(()))
    notes: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()

    def cut(self, rows: int, width: int) -> Card:
        """Give the card with fewer rows and shorter values, the same for text and HTML."""
        return replace(
            self,
            title=words.cut(self.title, width),
            summary=tuple(words.cut(part, width) for part in self.summary[:MAX_PARTS]),
            facts=self.facts.cut(rows, width),
            notes=tuple(words.cut(note, 2 * width) for note in self.notes[:MAX_PARTS]),
            sections=tuple(section.cut(rows, width) for section in self.sections),
        )

    def line(self) -> str:
        """Give the card in one line, for ``repr``."""
        return terminal(" · ".join([f"{self.kind} {self.title}".strip(), *self.summary]))

    def to_text(self) -> str:
        """Give the card for a terminal."""
        lines = [self.line()]
        lines += [INDENT + line for line in self.facts.to_text()]
        lines += [INDENT + terminal(f"! {note}") for note in self.notes]
        for section in self.sections:
            lines += [INDENT + line for line in section.to_text()]
        return "\n".join(lines)

    def to_html(self) -> str:
        """Give the card for a notebook, with its style sheet."""
        style = Markup(f"<style>{style_sheet()}</style>")
        notes = [element("p", note, class_="rx-warning") for note in self.notes]
        facts = self.facts.to_html() if self.facts.items else ""
        sections = [section.to_html() for section in self.sections]
        return element("div", style, self._head(), *notes, facts, *sections, class_="rx-card")

    def _head(self) -> Markup:
        badge = element("span", self.kind, class_="rx-badge", style=badge_style(self.kind))
        title = element("b", " ", self.title, " ", class_="rx-title")
        summary = element("small", " · ".join(self.summary))
        return element("div", badge, title, summary, class_="rx-head")
