"""What an explanation is: a concept in words, its fields with their meanings, and where they are written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from regexplore.knowledge.entries import Citation, Entry
from regexplore.knowledge.fields import fields
from regexplore.objects.sections import facts_of
from regexplore.show.card import Card, Section
from regexplore.show.shown import Shown
from regexplore.show.table import Table
from regexplore.show.value import Value


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Shown):
    """What something is, field by field. Made by `explain`; shows itself as a card.

    Attributes
    ----------
    kind : str
        What kind of thing it is: ``term``, ``descriptor``, ``error code`` ...
    title : str
        What it goes by.
    words : str
        What it is.
    citation : Citation or None
        Where that is written down; ``citation.url`` leads there.
    see : tuple of str
        Terms that are near; each can be explained.
    guide : tuple of str
        What to do, for errors.
    facts : tuple of (str, value)
        What is known of this one.
    sections : tuple of Section
        Fields with their meanings, annotated documents.

    Examples
    --------
    >>> told = rx.explain("referrers tag")
    >>> told.citation.section, told.see
    ('Referrers Tag Schema', ('referrers API',))
    """

    kind: str
    title: str
    words: str
    citation: Citation | None = None
    see: tuple[str, ...] = ()
    guide: tuple[str, ...] = ()
    facts: tuple[tuple[str, object], ...] = ()
    sections: tuple[Section, ...] = ()

    def _card(self) -> Card:
        facts = facts_of(
            ("what it is", prose(self.words)),
            *self.facts,
            ("written down in", cited(self.citation)),
            ("see also", ", ".join(self.see)),
            *(("what to do" if n == 0 else "or", prose(words)) for n, words in enumerate(self.guide)),
        )
        return Card(self.kind, self.title, ("explained",), facts, sections=self.sections)


def of_entry(entry: Entry, *facts: tuple[str, object]) -> Explanation:
    """Give an entry of the tables as an explanation."""
    see = tuple(name for name in entry.see if name != entry.name)
    return Explanation(entry.kind, entry.name, entry.words, entry.citation, see, entry.guide, facts)


def prose(words: str) -> Value:
    """Give sentences of this package: they are read to their end."""
    return Value(words, look="prose")


def cited(citation: Citation | None) -> Value | None:
    """Give a section as a link."""
    return None if citation is None else Value(str(citation), url=citation.url)


def field_section(kind: str, plain: dict[str, Any], title: str = "Field by field") -> Section:
    """Give the fields of a document or value, what they say, and what that means."""
    known = fields(kind)
    rows = [
        (
            name,
            Value(_short(content), look="code"),
            prose(known[name].words) if name in known else "not a field that the specification names",
            cited(known[name].citation) if name in known else None,
        )
        for name, content in plain.items()
    ]
    return Section(title, Table.of(["field", "says", "means", "written down in"], rows))


def meaning_section(title: str, rows: Iterable[tuple[str, object, Entry | None]]) -> Section:
    """Give names and values with the words of their entries."""
    listed = [
        (
            name,
            said,
            prose(entry.words) if entry else None,
            cited(entry.citation) if entry else None,
        )
        for name, said, entry in rows
    ]
    columns = ["name", "says", "means", "written down in"]
    return Section(title, Table.of(columns, listed, sparse=["means", "written down in"]))


def _short(content: Any) -> str:
    """Give a value of a document in one line; of lists and mappings how much is in them."""
    if isinstance(content, list):
        return f"[{len(content)}]"
    if isinstance(content, dict):
        return content["digest"] if isinstance(content.get("digest"), str) else f"{{{len(content)}}}"
    return str(content)
