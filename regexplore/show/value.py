"""One shown value: its words, what they abbreviate, and how they look. Text and HTML are made from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from regexplore.show import text as words
from regexplore.show.element import element, joined
from regexplore.show.escape import Markup, html, link, terminal

Look = Literal["", "digest", "number", "code", "bar", "muted", "good", "warning", "error", "prose"]

TITLE_WIDTH = 300
PROSE = 4
"""How many times as long as other values prose may be: sentences of this package, which are read to their end."""


@dataclass(frozen=True, slots=True)
class Value:
    """Words for a cell or a fact.

    Parameters
    ----------
    text
        What is read.
    title
        The tooltip: in full what ``text`` abbreviates.
    look
        Digests, numbers and code have a fixed-width font; prose may be longer; the others have a colour.
    url
        Where a click leads; shown as text unless it is a plain web address.
    """

    text: str
    title: str = ""
    look: Look = ""
    url: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether this stands for a value that is not there."""
        return self == MISSING

    def cut(self, width: int) -> Value:
        """Give the value in at most ``width`` characters; what was cut off moves to the tooltip."""
        if self.look == "prose":
            width *= PROSE
        if len(self.text) <= width:
            return self
        return replace(self, text=words.cut(self.text, width), title=self.title or self.text)

    def to_text(self) -> str:
        """Give the words, with nothing in them that a terminal would obey."""
        return terminal(self.text)

    def to_html(self) -> Markup:
        """Give the words as markup."""
        shown = link(self.url, self.text) if self.url else self._inside()
        title = words.cut(self.title, TITLE_WIDTH) if self.title != self.text else ""
        if self.look in ("digest", "code", "bar"):
            return element("code", shown, class_=f"rx-{self.look}", title=title)
        if self.look or title:
            return element("span", shown, class_=f"rx-{self.look}" if self.look else "", title=title)
        return shown

    def _inside(self) -> Markup:
        return quoted(self.text) if self.look == "prose" else html(self.text)


def quoted(text: str) -> Markup:
    """Give prose as markup: what stands between backticks is code; one without its fellow is a letter.

    Examples
    --------
    >>> quoted("a tag, `v1.2`")
    'a tag, <code>v1.2</code>'
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return html(text)
    return joined([element("code", part) if n % 2 else html(part) for n, part in enumerate(parts)])


MISSING = Value(words.MISSING, look="muted")


def value(content: object) -> Value:
    """Give plain Python values their words: None reads as missing, numbers get separators."""
    if isinstance(content, Value):
        return content
    if content is None or content == "":
        return MISSING
    if isinstance(content, bool):
        return Value("yes" if content else "no")
    if isinstance(content, int):
        return Value(f"{content:,}", look="number")
    if isinstance(content, datetime):
        return Value(words.moment(content), title=content.isoformat())
    return Value(str(content))


def digest(full: str, *, short: bool = False) -> Value:
    """Give a digest, in full or with the full one as its tooltip."""
    return Value(words.short_digest(full) if short else full, title=full, look="digest")


def size(number: int | None, *, exact: bool = False) -> Value:
    """Give a size in bytes, in binary units; exact adds the full number, else that is the tooltip."""
    if number is None:
        return value(None)
    if exact:
        return Value(words.exact_bytes(number), look="number")
    return Value(words.human_bytes(number), title=f"{number:,} B", look="number")


def day(when: datetime | None) -> Value:
    """Give the day of a time, for tables; the tooltip has the time and its age."""
    if when is None:
        return MISSING
    return Value(f"{when.astimezone(UTC):%Y-%m-%d}", title=words.moment(when))
