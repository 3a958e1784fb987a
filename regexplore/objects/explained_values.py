"""Explanations of values: descriptors, documents, digests, references, platforms, traces."""

from __future__ import annotations

from typing import Any

from regexplore.errors import DocumentError
from regexplore.knowledge.annotated_json import AnnotatedDocument, annotated
from regexplore.knowledge.entries import HEADER, MEDIA_TYPE, STATUS, TERM, Entry, entries, find
from regexplore.knowledge.fields import kind_of
from regexplore.knowledge.steps import steps
from regexplore.objects.artifact import Artifact
from regexplore.objects.explanation import Explanation, field_section, meaning_section
from regexplore.objects.sequence import steps_section
from regexplore.objects.tracing import Trace
from regexplore.oci import EMPTY_JSON, Descriptor, Digest, Document, Platform, Reference
from regexplore.remote.trace import WireEvent
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Section

# What a JSON document is, told from a field that only it has; the first that fits.
_TELLING = (
    ("manifests", "index"),
    ("fsLayers", "schema 1 manifest"),
    ("layers", "manifest"),
    ("blobs", "artifact manifest"),
    ("rootfs", "config"),
    ("digest", "descriptor"),
    ("errors", "error list"),
    ("tags", "tag list"),
    ("config", "manifest"),
)
_TERMS = {"artifact manifest": "manifest", "schema 1 manifest": "schema 1"}
OPEN_UP_TO = 80
"""Annotated documents of at most so many lines are unfolded at first."""

_ALGORITHMS = {
    "sha256": "the algorithm every reader has to know",
    "sha512": "registered; readers may know it",
}


def descriptor(what: Descriptor) -> Explanation:
    """Explain a pointer to content."""
    return _of_term(
        "descriptor",
        f"{what.digest.algorithm}:{what.digest.short}",
        ("media type", _with_meaning(what.media_type)),
        ("content", "not fetched: this is what somebody says of it"),
        sections=(
            field_section("descriptor", what.to_json()),
            annotated_section(what.to_json(), "descriptor"),
        ),
    )


def document(what: Document) -> Explanation:
    """Explain a manifest, an index or a config."""
    return _document(what, str(what.descriptor.digest))


def artifact(what: Artifact) -> Explanation:
    """Explain what a reference names."""
    return _document(what.document, words.short_reference(what.reference))


def plain(what: Any) -> Explanation:
    """Explain a JSON document given as plain objects."""
    kind = next((kind for field, kind in _TELLING if field in what), "")
    if not kind:
        return Explanation(
            "unknown",
            "JSON",
            "No document of which the fields are known.",
            sections=(annotated_section(what),),
        )
    entry = find(TERM, _TERMS.get(kind, kind))
    facts = (("told from", "its fields alone"),)
    section = annotated_section(what, kind)
    if entry is None:
        return Explanation(kind, "JSON", f"A body of the API: {kind}.", facts=facts, sections=(section,))
    return _of_term(entry.name, "JSON", *facts, sections=(field_section(kind, what), section))


def digest(what: Digest) -> Explanation:
    """Explain the name of content."""
    known = "the empty JSON object {}" if what == EMPTY_JSON.digest else None
    return _of_term(
        "digest",
        f"{what.algorithm}:{what.short}",
        (
            "algorithm",
            f"{what.algorithm}: {_ALGORITHMS.get(what.algorithm, 'not registered by the spec; readers may know it')}",
        ),
        ("encoded", values.Value(what.encoded, look="digest")),
        ("content", known),
    )


def reference(what: Reference) -> Explanation:
    """Explain the name of a manifest, part by part."""
    parts = [
        ("registry", what.registry, "registry"),
        ("repository", what.repository, "repository"),
        ("tag", what.tag or what.written_tag, "tag"),
        ("digest", str(what.digest or ""), "digest"),
    ]
    rows = [(name, said, entries(TERM)[term]) for name, said, term in parts if said]
    decides = (
        "the digest decides, the tag is only written there" if what.digest and what.written_tag else None
    )
    return _of_term(
        "reference", str(what), ("when both", decides), sections=(meaning_section("Part by part", rows),)
    )


def platform(what: Platform) -> Explanation:
    """Explain what an image runs on."""
    return _of_term("platform", str(what), sections=(field_section("platform", what.to_json()),))


def trace(what: Trace) -> Explanation:
    """Explain every request of a trace."""
    told = steps(what.events)
    section = steps_section(told)
    return Explanation(
        "trace",
        words.count(len(told), "request"),
        "What went over the wire, step by step; secrets were not recorded.",
        sections=(Section(section.title, section.body, open=True),),
    )


def wire_event(what: WireEvent) -> Explanation:
    """Explain one request and its answer, header by header."""
    step = steps([what])[0]
    status = find(STATUS, str(what.status)) if what.status is not None else None
    return Explanation(
        "trace",
        step.title,
        step.asked,
        step.citation,
        facts=(
            ("the answer", step.told),
            ("status", f"{what.status}: {status.words}" if status else what.status),
        ),
        sections=(
            meaning_section("Headers of the request", _headers(what.request_headers)),
            meaning_section("Headers of the answer", _headers(what.response_headers)),
        ),
    )


def annotated_section(plain_objects: Any, kind: str = "") -> Section:
    """Give a JSON document with its meanings."""
    lines = annotated(plain_objects, kind)
    return Section(
        "The document, annotated",
        AnnotatedDocument(lines),
        count=words.count(len(lines), "line"),
        open=len(lines) <= OPEN_UP_TO,
    )


def _document(what: Document, title: str) -> Explanation:
    kind = kind_of(what)
    term = what.kind if what.kind in entries(TERM) else "manifest"
    facts: list[tuple[str, object]] = [
        ("media type", _with_meaning(what.media_type)),
        ("artifact type", _with_meaning(what.artifact_type) if what.kind == "artifact" else None),
        ("refers to", str(what.subject.digest) if what.subject else None),
        *(("take care", problem) for problem in what.problems),
    ]
    try:
        content = what.json()
    except DocumentError as error:
        return _of_term(term, title, *facts, ("not readable", str(error)))
    if not isinstance(content, dict):
        return _of_term(term, title, *facts, sections=(annotated_section(content),))
    return _of_term(
        term, title, *facts, sections=(field_section(kind, content), annotated_section(content, kind))
    )


def _of_term(
    name: str, title: str, *facts: tuple[str, object], sections: tuple[Section, ...] = ()
) -> Explanation:
    entry = entries(TERM)[name]
    return Explanation(name, title, entry.words, entry.citation, entry.see, facts=facts, sections=sections)


def _with_meaning(media_type: str) -> str | None:
    if not media_type:
        return None
    entry = find(MEDIA_TYPE, media_type)
    return f"{media_type}: {entry.words}" if entry else f"{media_type} (not one that is known here)"


def _headers(headers: Any) -> list[tuple[str, object, Entry | None]]:
    return [(name, content, find(HEADER, name)) for name, content in headers.items()]
