"""The card of a document: what every manifest shows, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from regexplore.frames.facts import created_of, platforms_of, problem_of, steps_of_layers, total_size
from regexplore.objects.referrers_section import ReferrersSeen, referrers_section
from regexplore.objects.sections import (
    annotations_section,
    config_section,
    digests_section,
    facts_of,
    history_section,
    index_sections,
    layers_section,
    media_type,
    raw_section,
)
from regexplore.oci import (
    ArtifactManifest,
    Descriptor,
    Document,
    ImageConfig,
    Index,
    Manifest,
    Schema1Manifest,
)
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Card, Facts, Section
from regexplore.show.value import Value


def document_card(
    document: Document,
    reference: str,
    *,
    pinned: str = "",
    config: ImageConfig | None = None,
    referrers: ReferrersSeen | None = None,
    notes: Iterable[str] = (),
) -> Card:
    """Give the card of a document that was fetched.

    Parameters
    ----------
    document
        Its bytes and their view.
    reference
        As it was asked for.
    pinned
        The reference by digest, for a command that pulls it; "" if it came from no repository.
    config
        The image config, if there is one and it is known.
    referrers
        What refers to it, if that was asked.
    notes
        What a reader must not miss.
    """
    problem = problem_of(document)
    return Card(
        document.kind,
        words.short_reference(reference),
        tuple(_summary(document, config)),
        _facts(document, config, pinned),
        notes=(*([problem] if problem else []), *notes, *document.problems),
        sections=tuple(_sections(document, config, referrers)),
    )


def _summary(document: Document, config: ImageConfig | None) -> Iterator[str]:
    if document.kind == "artifact" and document.artifact_type:
        yield document.artifact_type
    platforms = platforms_of(document, config)
    if len(platforms) == 1:
        yield platforms[0]
    elif platforms:
        yield words.count(len(platforms), "platform")
    if isinstance(document, Manifest | Schema1Manifest):
        yield words.count(len(document.layers), "layer")
    whole = total_size(document)
    if whole is not None:
        yield words.human_bytes(whole)


def _facts(document: Document, config: ImageConfig | None, pinned: str) -> Facts:
    created = created_of(document, config)
    return facts_of(
        ("artifact type", document.artifact_type if document.kind != "image" else ""),
        ("digest", values.digest(document.descriptor.digest)),
        ("verified", verified(document)),
        ("media type", media_type(document.media_type)),
        ("size", values.size(len(document.raw), exact=True)),
        ("with layers", _total(document)),
        ("created", created),
        ("subject", _pointer(document.subject) if document.subject else None),
        ("pull", _pull_command(document, pinned)),
    )


def verified(document: Document) -> Value:
    """Tell whether the bytes have the digest they were asked for by; computed here and now."""
    digest = document.descriptor.digest
    if digest.matches(document.raw) or digest.matches(type(document).hashed(document.raw)):
        return Value("yes, computed from the bytes", look="good")
    return Value("no, the bytes have another digest", look="error")


def _total(document: Document) -> Value | None:
    whole = total_size(document)
    return None if whole is None else values.size(whole, exact=True)


def _pointer(descriptor: Descriptor) -> Value:
    return Value(f"{descriptor.digest} ({descriptor.media_type})", look="code")


def _pull_command(document: Document, pinned: str) -> Value | None:
    """Suggest a program that can fetch this kind of document."""
    programs = {"image": "docker pull", "index": "docker pull", "artifact": "oras pull"}
    program = programs.get(document.kind)
    if document.kind == "index" and not platforms_of(document, None):
        program = "oras pull"
    return Value(f"{program} {pinned}", look="code") if program and pinned else None


def _sections(
    document: Document, config: ImageConfig | None, referrers: ReferrersSeen | None
) -> Iterator[Section]:
    if isinstance(document, Index):
        yield from index_sections(document)
    elif isinstance(document, Manifest):
        yield from _manifest_sections(document, config)
    elif isinstance(document, ArtifactManifest):
        yield layers_section(document.blobs, title="Blobs")
    elif isinstance(document, Schema1Manifest):
        yield digests_section(document.layers)
    elif isinstance(document, ImageConfig):
        yield from _config_sections(document)
        yield raw_section(document.raw)
        return
    yield annotations_section(document.annotations)
    yield referrers_section(referrers)
    yield raw_section(document.raw)


def _manifest_sections(document: Manifest, config: ImageConfig | None) -> Iterator[Section]:
    steps = steps_of_layers(document, config) if config is not None else None
    yield layers_section(document.layers, steps)
    if config is not None and document.kind == "image":
        yield from _config_sections(config)


def _config_sections(config: ImageConfig) -> Iterator[Section]:
    yield config_section(config)
    if config.labels:
        yield annotations_section(config.labels, "Labels")
    yield history_section(config)
