"""The sections of cards: platforms, layers, history, annotations, the raw document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from regexplore.frames.facts import TITLE, attested, is_attestation, is_platform
from regexplore.knowledge.entries import MEDIA_TYPE, find
from regexplore.oci import Descriptor, Digest, HistoryEntry, ImageConfig, Index
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Facts, Section, Source
from regexplore.show.escape import url
from regexplore.show.table import Table
from regexplore.show.value import Value

BAR_WIDTH = 8


def facts_of(*items: tuple[str, object]) -> Facts:
    """Give names and values, those without a value left out."""
    return Facts(tuple((name, values.value(item)) for name, item in items if item not in (None, "", (), [])))


def media_type(name: str) -> Value:
    """Give a media type, with what it is as its tooltip and where that is written down as its link."""
    entry = find(MEDIA_TYPE, name)
    return Value(name) if entry is None else Value(name, title=entry.words, url=entry.citation.url)


def index_sections(index: Index) -> Iterator[Section]:
    """Give the platforms of an index, and apart from them its attestations and other entries."""
    platforms = [child for child in index.manifests if is_platform(child)]
    attestations = [child for child in index.manifests if is_attestation(child)]
    others = [child for child in index.manifests if not is_platform(child) and not is_attestation(child)]
    yield Section("Platforms", _platform_table(platforms))
    if attestations:
        yield Section("Attestations in the index", _attestation_table(attestations, platforms))
    if others:
        yield Section("Other manifests", descriptor_table(others))


def _platform_table(platforms: Sequence[Descriptor]) -> Table:
    rows = [
        (
            str(child.platform),
            values.digest(child.digest, short=True),
            child.media_type,
            values.size(child.size),
        )
        for child in platforms
    ]
    return Table.of(
        ["platform", "digest", "media type", "size of manifest"], rows, numeric=["size of manifest"]
    )


def _attestation_table(attestations: Sequence[Descriptor], platforms: Sequence[Descriptor]) -> Table:
    names = {str(child.digest): str(child.platform) for child in platforms}
    rows = []
    for child in attestations:
        subject = attested(child)
        about = names.get(subject or "", "a manifest that is not in this index")
        shown = values.digest(subject, short=True) if subject else values.value(None)
        rows.append((f"attestation for {about}", shown, values.digest(child.digest, short=True)))
    return Table.of(["what", "about", "digest"], rows)


def descriptor_table(descriptors: Sequence[Descriptor]) -> Table:
    """Give descriptors of any kind."""
    rows = [
        (
            values.digest(one.digest, short=True),
            one.artifact_type or None,
            one.media_type,
            values.size(one.size),
        )
        for one in descriptors
    ]
    return Table.of(
        ["digest", "artifact type", "media type", "size"], rows, numeric=["size"], sparse=["artifact type"]
    )


def layers_section(
    layers: Sequence[Descriptor], steps: Sequence[HistoryEntry] | None = None, title: str = "Layers"
) -> Section:
    """Give layers with their share of the whole, and the step or file that each is."""
    whole = sum(layer.size for layer in layers)
    made_by: Sequence[HistoryEntry | None] = steps or [None] * len(layers)
    rows = [
        (n, values.digest(layer.digest, short=True), layer.media_type, values.size(layer.size),
         share(layer.size, whole), _origin_of(layer, step))
        for n, (layer, step) in enumerate(zip(layers, made_by, strict=False), 1)
    ]  # fmt: skip
    columns = ["#", "digest", "media type", "size", "share", "what"]
    note = words.human_bytes(whole) if layers else ""
    return Section(title, Table.of(columns, rows, numeric=["#", "size"], sparse=["what"]), note=note)


def share(part: int, whole: int) -> Value:
    """Give a part of a whole as per cent and a small bar.

    Examples
    --------
    >>> share(1, 4).text
    ' 25 % ██'
    """
    ratio = part / whole if whole else 0.0
    return Value(f"{ratio * 100:3.0f} % {'█' * round(ratio * BAR_WIDTH)}".rstrip(), look="bar")


def _origin_of(layer: Descriptor, step: HistoryEntry | None) -> Value:
    title = (layer.annotations or {}).get(TITLE, "")
    if title or step is None:
        return values.value(title)
    return Value(step.created_by, look="code") if step.created_by else values.value(None)


def digests_section(layers: Sequence[Digest]) -> Section:
    """Give layers of which only the digest is known, as in schema 1."""
    rows = [(n, values.digest(layer)) for n, layer in enumerate(layers, 1)]
    return Section("Layers", Table.of(["#", "digest"], rows, numeric=["#"]))


def config_section(config: ImageConfig) -> Section:
    """Give how an image runs."""
    told = config.config
    items = (
        ("platform", str(config.platform)),
        ("created", config.created),
        ("author", config.author),
        *(
            (name, _joined(told.get(name)))
            for name in ("Entrypoint", "Cmd", "WorkingDir", "User", "StopSignal")
        ),
        *((name, _joined(told.get(name))) for name in ("ExposedPorts", "Volumes", "Env")),
    )
    return Section("Config", facts_of(*items))


def _joined(field: object) -> str:
    """Give a field of a config in one line; what has another type than the spec says is shown as it is."""
    if isinstance(field, list):
        return " ".join(str(part) for part in field)
    if isinstance(field, dict):
        return ", ".join(str(key) for key in field)
    return "" if field is None else str(field)


def history_section(config: ImageConfig) -> Section:
    """Give the build steps, as the builder wrote them down."""
    rows = [
        (
            n,
            values.day(step.created),
            Value(step.created_by, look="code"),
            "no layer" if step.empty_layer else "layer",
            step.comment,
        )
        for n, step in enumerate(config.history, 1)
    ]
    table = Table.of(
        ["#", "created", "created by", "made", "comment"], rows, numeric=["#"], sparse=["created", "comment"]
    )
    return Section("History", table, open=False)


def annotations_section(annotations: Mapping[str, str], title: str = "Annotations") -> Section:
    """Give annotations or labels in the order of their keys; web addresses can be clicked."""
    items = tuple(
        (key, Value(text, url=text) if url(text) else values.value(text))
        for key, text in sorted(annotations.items())
    )
    return Section(title, Facts(items))


def raw_section(raw: bytes) -> Section:
    """Give a document exactly as it was served; bytes that are not UTF-8 are spelled out."""
    content = raw.decode("utf-8", "backslashreplace")
    return Section(
        "Raw JSON", Source(content, "as served: .raw"), count=words.human_bytes(len(raw)), open=False
    )
