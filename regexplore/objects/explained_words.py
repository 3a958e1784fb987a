"""Explanations of words: terms, media types, headers, error codes, annotation keys, digests, references."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from regexplore.errors import InvalidReferenceError, NotFoundError
from regexplore.knowledge.entries import (
    ANNOTATION,
    ENDPOINT,
    HEADER,
    KINDS,
    MEDIA_TYPE,
    citation,
    entries,
    find,
)
from regexplore.knowledge.requests import recognise
from regexplore.objects import explained_values as explained
from regexplore.objects.explanation import Explanation, of_entry
from regexplore.oci import Digest, Reference, media_types
from regexplore.oci.digest import is_digest
from regexplore.oci.excerpt import excerpt

LONGEST = 4_000
_HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]*):\s+(.*)", re.DOTALL)
_REQUEST_LINE = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE)\s+(\S+)")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]*", re.IGNORECASE)
_KEY = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]+(?:[./#][A-Za-z0-9._#/-]+)?")
_SUFFIXES = {"+json": "JSON", "+gzip": "gzip", "+zstd": "zstd", "+xml": "XML", "+yaml": "YAML"}


def word(text: str) -> Explanation:
    """Explain a word.

    Raises
    ------
    NotFoundError
        It is none that is known, and nothing that explains itself by its form.
    """
    said = text.strip()[:LONGEST]
    found = [entry for kind in KINDS if (entry := find(kind, said)) is not None]
    if found:
        return of_entry(found[0], *(("also", f"{entry.kind}: {entry.words}") for entry in found[1:]))
    for guess in (_header_line, _request_line, _digest, _media_type, _reference, _annotation_key):
        explanation = guess(said)
        if explanation is not None:
            return explanation
    near = list(_near(said))
    hint = f"Near to it: {', '.join(near)}." if near else "rx.explain('digest') is a good begin."
    raise NotFoundError(f"nothing is known of {excerpt(said)}", hint=hint)


def _header_line(text: str) -> Explanation | None:
    found = _HEADER_LINE.fullmatch(text)
    entry = find(HEADER, found[1]) if found else None
    if found is None or entry is None:
        return None
    return of_entry(entry, ("says", found[2]), *_value_facts(found[2]))


def _value_facts(text: str) -> Iterator[tuple[str, object]]:
    """Explain what a header says, when that is a word of its own."""
    for part in dict.fromkeys(re.split(r",\s*", text)):
        entry = find(MEDIA_TYPE, part.partition(";")[0].strip())
        if entry is not None:
            yield entry.name, entry.words


def _request_line(text: str) -> Explanation | None:
    found = _REQUEST_LINE.fullmatch(text)
    if found is None:
        return None
    asked = recognise(found[1], found[2])
    entry = entries(ENDPOINT)[asked.key]
    return of_entry(entry, ("repository", asked.name), ("reference", asked.reference))


def _digest(text: str) -> Explanation | None:
    return explained.digest(Digest(text)) if is_digest(text) else None


def _media_type(text: str) -> Explanation | None:
    """Explain a media type that is in no table by its form."""
    bare = text.partition(";")[0].strip()
    entry = find(MEDIA_TYPE, bare)
    if entry is not None:
        return of_entry(entry)
    if not _MEDIA_TYPE.fullmatch(bare) or not bare.startswith(("application/", "text/", "image/")):
        return None
    suffix = next(
        (f"written as, or packed with, {name}" for end, name in _SUFFIXES.items() if bare.endswith(end)), None
    )
    layer = f"a layer, compression {media_types.compression(bare)}" if media_types.is_layer(bare) else None
    vendor = re.match(r"application/vnd\.([a-z0-9-]+(?:\.[a-z0-9-]+)?)", bare)
    return Explanation(
        "media type",
        bare,
        "A media type that is in no table here. What follows is told by its form alone.",
        citation("media-types: OCI Image Media Types"),
        ("media type", "artifact type"),
        facts=(("family", layer), ("vendor", vendor[1] if vendor else None), ("form", suffix)),
    )


def _annotation_key(text: str) -> Explanation | None:
    if not _KEY.fullmatch(text):
        return None
    return Explanation(
        "annotation",
        text,
        "An annotation key that is in no table here: it means what its owner, the domain read backwards, says.",
        citation("annotations: Rules"),
        ("annotation",),
    )


def _reference(text: str) -> Explanation | None:
    if "/" not in text or " " in text:
        return None
    try:
        return explained.reference(Reference.parse(text))
    except InvalidReferenceError:
        return None


def _near(text: str) -> Iterator[str]:
    names = {name.casefold(): name for kind in KINDS if kind != ANNOTATION for name in entries(kind)}
    for name in difflib.get_close_matches(text.casefold()[:80], names, n=4, cutoff=0.6):
        yield names[name]
