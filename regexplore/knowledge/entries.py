"""The tables of knowledge: one entry a concept, with the section of the specification that says it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TERM = "term"
MEDIA_TYPE = "media type"
ANNOTATION = "annotation"
ERROR_CODE = "error code"
HEADER = "header"
STATUS = "status"
ENDPOINT = "endpoint"

_FILES = {
    TERM: "terms",
    MEDIA_TYPE: "media_types",
    ANNOTATION: "annotations",
    ERROR_CODE: "error_codes",
    HEADER: "headers",
    STATUS: "statuses",
    ENDPOINT: "endpoints",
}
KINDS = tuple(_FILES)
"""The kinds of entries, the most general first: a word that several know is explained as the first."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A section of a specification.

    Attributes
    ----------
    document : str
        Title of the document, with its version.
    section : str
        Heading; "" for the whole document.
    url : str
    """

    document: str
    section: str
    url: str

    def __str__(self) -> str:
        return f"{self.document}: {self.section}" if self.section else self.document


@dataclass(frozen=True, slots=True)
class Entry:
    """One concept.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
    words : str
        What it is, in a sentence or two.
    citation : Citation
    see : tuple of str
        Terms that are near.
    guide : tuple of str
        For errors: what to try.
    title, workflow : str
        For endpoints: what is asked for, and the workflow of the specification it belongs to.
    """

    kind: str
    name: str
    words: str
    citation: Citation
    see: tuple[str, ...] = ()
    guide: tuple[str, ...] = ()
    title: str = ""
    workflow: str = ""


def entries(kind: str) -> Mapping[str, Entry]:
    """Give all entries of a kind, by name.

    Examples
    --------
    >>> str(entries(TERM)["subject"].citation)
    'image-spec 1.1, manifest.md: Image Manifest Property Descriptions'
    """
    return _entries(kind)[0]


def find(kind: str, name: str) -> Entry | None:
    """Give the entry of a name, whatever its case, or of another word for the same; None if there is none.

    Examples
    --------
    >>> find(TERM, "Fallback tag").name
    'referrers tag'
    """
    table, names = _entries(kind)
    known = names.get(name.casefold())
    return None if known is None else table[known]


@cache
def citation(text: str) -> Citation:
    """Give the section that a text such as ``descriptor: Digests`` names.

    Raises
    ------
    KeyError
        The document, or the section, is not one that is known.

    Examples
    --------
    >>> citation("descriptor: Digests").url
    'https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests'
    """
    key, _, section = text.partition(": ")
    document = read_table("specs")[key]
    if section and section not in document["sections"]:
        raise KeyError(text)
    return Citation(document["title"], section, document["url"] + _anchor(section))


@cache
def read_table(name: str) -> dict[str, Any]:
    """Read one of the tables beside this file."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))


@cache
def _entries(kind: str) -> tuple[dict[str, Entry], dict[str, str]]:
    table: dict[str, Entry] = {}
    names: dict[str, str] = {}
    for name, told in read_table(_FILES[kind]).items():
        names[name.casefold()] = told.get("alias", name)
        if "alias" not in told:
            table[name] = Entry(
                kind,
                name,
                told["is"],
                citation(told["spec"]),
                tuple(told.get("see", ())),
                tuple(told.get("guide", ())),
                told.get("title", ""),
                told.get("workflow", ""),
            )
    return table, names


def _anchor(section: str) -> str:
    """Give the anchor of a heading: the number of an RFC's section, else what GitHub makes of it."""
    if not section:
        return ""
    numbered = re.match(r"([\d.]+) ", section)
    if numbered:
        return f"#section-{numbered[1]}"
    return "#" + re.sub(r"[^\w -]", "", section.lower()).replace(" ", "-")
