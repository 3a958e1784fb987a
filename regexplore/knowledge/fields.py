"""What the fields of documents mean, by the kind of document and the path through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from regexplore.knowledge.entries import ANNOTATION, Citation, citation, find, read_table
from regexplore.oci import ArtifactManifest, Document, ImageConfig, Index, Manifest, Schema1Manifest

KEYS = "annotation"
"""The kind of a mapping whose keys are annotation keys, known or not."""

# The kind of document by its class; the first that fits.
_KINDS: tuple[tuple[type[Document], str], ...] = (
    (Index, "index"),
    (Manifest, "manifest"),
    (ArtifactManifest, "artifact manifest"),
    (Schema1Manifest, "schema 1 manifest"),
    (ImageConfig, "config"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind of document.

    Attributes
    ----------
    words : str
        What it means, in a few words.
    citation : Citation
    kind : str
        The kind of document it holds; "" for plain values.
    each : str
        The kind of its entries; "" for plain values.
    """

    words: str
    citation: Citation
    kind: str = ""
    each: str = ""


def kind_of(document: Document) -> str:
    """Give the kind of a document whose fields are known; "" for any other."""
    return next((kind for known, kind in _KINDS if isinstance(document, known)), "")


@cache
def fields(kind: str) -> Mapping[str, Field]:
    """Give the fields of a kind of document, by name.

    Examples
    --------
    >>> fields("descriptor")["size"].words
    'bytes of the content; who gets more or less stops'
    """
    return {
        name: Field(told["is"], citation(told["spec"]), told.get("of", ""), told.get("each", ""))
        for name, told in read_table("fields").get(kind, {}).items()
    }


def field(kind: str, name: str) -> Field | None:
    """Give a field of a kind of document, or the meaning of an annotation key; None if it is not known."""
    if kind != KEYS:
        return fields(kind).get(name)
    entry = find(ANNOTATION, name)
    return None if entry is None else Field(entry.words, entry.citation)
