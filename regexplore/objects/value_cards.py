"""Cards of values: descriptors, digests, references, platforms, documents, errors."""

from __future__ import annotations

from regexplore.errors import RegexploreError, ResponseError
from regexplore.knowledge.entries import ERROR_CODE, find
from regexplore.objects.document_card import document_card
from regexplore.objects.sections import annotations_section, facts_of, media_type
from regexplore.oci import Descriptor, Digest, Document, Platform, Reference
from regexplore.show import value as values
from regexplore.show.card import Card, Section
from regexplore.show.table import Table
from regexplore.show.value import Value


def descriptor_card(descriptor: Descriptor) -> Card:
    """Give a descriptor: a claim about content that may not have been fetched."""
    facts = facts_of(
        ("digest", values.digest(descriptor.digest)),
        ("media type", media_type(descriptor.media_type)),
        ("size", values.size(descriptor.size, exact=True)),
        ("artifact type", descriptor.artifact_type),
        ("platform", str(descriptor.platform) if descriptor.platform else None),
        ("data", f"{len(descriptor.data):,} B inline" if descriptor.data is not None else None),
        ("urls", ", ".join(descriptor.urls)),
    )
    sections = (annotations_section(descriptor.annotations),) if descriptor.annotations else ()
    title = f"{descriptor.digest.algorithm}:{descriptor.digest.short}"
    return Card("descriptor", title, (descriptor.media_type,), facts, sections=sections)


def digest_card(digest: Digest) -> Card:
    """Give a digest in full."""
    facts = facts_of(("algorithm", digest.algorithm), ("encoded", Value(digest.encoded, look="digest")))
    return Card("digest", f"{digest.algorithm}:{digest.short}", facts=facts)


def reference_card(reference: Reference) -> Card:
    """Give the parts of a reference."""
    facts = facts_of(
        ("registry", reference.registry),
        ("host", reference.host if reference.host != reference.registry else None),
        ("repository", reference.repository),
        ("tag", reference.tag),
        ("digest", values.digest(reference.digest) if reference.digest else None),
        ("written tag", f"{reference.written_tag} (the digest decides)" if reference.written_tag else None),
    )
    return Card("reference", str(reference), facts=facts)


def platform_card(platform: Platform) -> Card:
    """Give the fields of a platform."""
    facts = facts_of(
        ("os", platform.os),
        ("architecture", platform.architecture),
        ("variant", platform.variant),
        ("os version", platform.os_version),
        ("os features", ", ".join(platform.os_features)),
    )
    return Card("platform", str(platform), facts=facts)


def value_document_card(document: Document) -> Card:
    """Give a document that came from no repository in particular."""
    return document_card(document, str(document.descriptor.digest))


def error_card(error: RegexploreError) -> Card:
    """Give an error: what was asked, what came back, and what to do next."""
    items: list[tuple[str, object]] = []
    sections: tuple[Section, ...] = ()
    if isinstance(error, ResponseError):
        items += [
            ("asked", Value(f"{error.method} {error.url}", look="code")),
            ("status", str(error.status)),
            ("attempts", error.attempts if error.attempts > 1 else None),
            ("retry after", error.headers.get("retry-after")),
            ("body began with", error.excerpt),
        ]
        sections = _registry_errors(error)
    items += [("what to do", error.hint), ("because of", _cause(error))]
    return Card("error", type(error).__name__, (), facts_of(*items), notes=(str(error),), sections=sections)


def _registry_errors(error: ResponseError) -> tuple[Section, ...]:
    if not error.errors:
        return ()
    rows = [
        (
            one.code,
            one.message,
            "" if one.detail in (None, "", {}, []) else str(one.detail),
            entry.words if (entry := find(ERROR_CODE, one.code)) else "",
        )
        for one in error.errors
    ]
    return (
        Section(
            "The registry's own words",
            Table.of(["code", "message", "detail", "means"], rows, sparse=["message", "detail", "means"]),
        ),
    )


def _cause(error: RegexploreError) -> str:
    return f"{type(error.__cause__).__name__}: {error.__cause__}" if error.__cause__ else ""
