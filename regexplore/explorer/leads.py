"""Where the descriptors of a document lead."""

from __future__ import annotations

from collections.abc import Sequence

from regexplore.explorer.pane import Row, Rows
from regexplore.explorer.place import Place
from regexplore.frames.facts import attested, is_attestation, is_platform
from regexplore.objects import Artifact, Index
from regexplore.oci import ArtifactManifest, Descriptor, Manifest
from regexplore.oci import Index as IndexDocument
from regexplore.show import value as values


def descriptor_at(artifact: Artifact, place: Place, path: Sequence[str | int]) -> Place | None:
    """Give the place of the descriptor at a path of the manifest; None if there is none."""
    document = artifact.document
    match tuple(path):
        case ("config",) if isinstance(document, Manifest):
            return place.document(document.config, "config")
        case ("subject",) if artifact.subject is not None:
            return place.document(artifact.subject)
        case ("layers", int(n)) if isinstance(document, Manifest):
            return layer_place(place, n + 1)
        case ("blobs", int(n)) if isinstance(document, ArtifactManifest):
            return layer_place(place, n + 1)
        case ("manifests", int(n)) if isinstance(document, IndexDocument):
            return entry_place(place, document.manifests, n)
    return None


def layer_place(place: Place, number: int) -> Place:
    """Give the place of a layer of the artifact at a place."""
    return place.child(layer=number, path="", label=f"layer {number}")


def entry_place(place: Place, entries: Sequence[Descriptor], number: int) -> Place:
    """Give the place of an entry of an index."""
    entry = entries[number]
    return place.document(entry, entry_label(entry))


def entry_label(entry: Descriptor) -> str:
    """Give the words of an entry's crumb: its platform, if it has one."""
    if is_attestation(entry):
        return "attestation"
    return str(entry.platform) if is_platform(entry) else ""


def platform_choice(index: Index, place: Place, tab: str) -> Rows:
    """Give the platforms of an index as rows that lead to one of their tabs."""
    rows = [
        Row(
            (values.value(str(entry.platform)), values.digest(entry.digest, short=True)),
            place.document(entry, entry_label(entry), tab=tab),
        )
        for entry in index.manifests
        if is_platform(entry)
    ]
    return Rows(("platform", "digest"), rows, title="Choose a platform", note="each has its own")


def about(entry: Descriptor, entries: Sequence[Descriptor]) -> str:
    """Give what an attestation of an index is about, as the index claims."""
    subject = attested(entry)
    for other in entries:
        if str(other.digest) == subject:
            return str(other.platform)
    return "a manifest that is not in this index"
