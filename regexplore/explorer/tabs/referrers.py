"""What refers to a document: signatures, SBOMs, attestations, for the index and for each of its platforms.

What is found is claimed by the registry; whether a signature is good is not looked at here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from regexplore.content.node import ARTIFACT, Node
from regexplore.content.reference_tags import ReferenceTag, parse_reference_tag
from regexplore.explorer.leads import entry_place
from regexplore.explorer.pane import Block, FrameSheet, Pane, Row, Rows, frame_notes
from regexplore.explorer.place import Place
from regexplore.explorer.subject import Subject
from regexplore.explorer.visit import Visit
from regexplore.frames.facts import is_platform
from regexplore.graph.model import ContentGraph
from regexplore.graph.words import ATTESTATION, SBOM, SIGNATURE, words_for
from regexplore.objects import Artifact, Index
from regexplore.oci import Descriptor, Digest
from regexplore.show.value import Value

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Referrers"
SHOWN = ("digest", "artifact_type", "platform", "created", "depth", "channel")
COSIGN_WORDS = {"sig": SIGNATURE, "att": ATTESTATION, "sbom": SBOM}
COUNTED = (SIGNATURE, SBOM, ATTESTATION, "other")
NOT_VERIFIED = "found, not verified"

Told = list[tuple[str, ReferenceTag]]


def applies(subject: Subject) -> bool:
    """Manifests and indexes can be referred to."""
    return isinstance(subject, Artifact) and subject.kind != "config"


def load(visit: Visit) -> Pane:
    """Ask for the referrers of the document, of its platforms, and of what refers to those."""
    artifact = visit.subject
    if not isinstance(artifact, Artifact):
        return Pane(())
    visit.job.say("asking for referrers")
    frame = artifact.referrers(recursive=True)
    abouts = _abouts(artifact, visit.place)
    tags = _cosign_tags(visit, set(abouts))
    listed = FrameSheet(frame, SHOWN, lambda row: _place(visit.place, frame, row), "All that was found")
    blocks: list[Block] = [_summary(frame, abouts, tags), listed]
    if tags:
        blocks.append(_tag_rows(visit, tags, abouts))
    notes = frame_notes(frame)
    if not visit.tags.complete:
        notes += ("signatures under cosign's tag names are looked for among the tags listed so far",)
    return Pane(tuple(blocks), frame, f"{visit.python}.referrers(recursive=True)", notes)


def _abouts(artifact: Artifact, place: Place) -> dict[str, tuple[str, Place | None]]:
    """Give what can be referred to: the document itself and its platforms, by digest."""
    abouts: dict[str, tuple[str, Place | None]] = {str(artifact.digest): (f"this {artifact.kind}", None)}
    entries = artifact.manifests if isinstance(artifact, Index) else ()
    for n, entry in enumerate(entries):
        if is_platform(entry):
            abouts[str(entry.digest)] = (str(entry.platform), entry_place(place, entries, n))
    return abouts


def _summary(frame: pd.DataFrame, abouts: Mapping[str, tuple[str, Place | None]], tags: Told) -> Rows:
    counts: dict[str, Counter[str]] = {digest: Counter() for digest in abouts}
    columns = [frame[name].tolist() for name in ("subject", "digest", "artifact_type", "annotations")]
    for subject, digest, artifact_type, said in zip(*columns, strict=True):
        if subject in counts:
            counts[subject][_family(digest, artifact_type, said)] += 1
    for _, tag in tags:
        counts[str(tag.about)][COSIGN_WORDS[tag.suffix]] += 1
    reasons = [str(reason) for reason in frame.attrs.get("reasons", ())]

    def unasked(digest: str) -> bool:
        # What is partial for a reason that names no digest is partial for all of them.
        return any(digest in reason or "sha256:" not in reason for reason in reasons)

    rows = [
        Row((Value(name), *(_counted(counts[digest][family], unasked(digest)) for family in COUNTED)), place)
        for digest, (name, place) in abouts.items()
    ]
    heads = ("about", "signatures", "SBOMs", "attestations", "others")
    return Rows(heads, rows, "Evidence", NOT_VERIFIED)


def _counted(number: int, unasked: bool) -> Value:
    """Say what was found; nothing found where not everything could be asked is no finding."""
    if unasked:
        return Value(f"{number} found, not all checked" if number else "not checked", look="warning")
    return Value(f"{number} found") if number else Value("none found", look="muted")


def _family(digest: str, artifact_type: object, annotations: object) -> str:
    """Give the word for a referrer, from what the listing says of it."""
    said = json.loads(annotations) if isinstance(annotations, str) else {}
    if said.get("vnd.docker.reference.type") == "attestation-manifest":
        return ATTESTATION
    kind = artifact_type if isinstance(artifact_type, str) else ""
    node = Node(id=digest, kind=ARTIFACT, artifact_type=kind, annotations=said)
    family = words_for(ContentGraph(), node).family
    return family if family in COUNTED else "other"


def _cosign_tags(visit: Visit, abouts: set[str]) -> Told:
    """Give the tags, among those listed so far, that cosign names after one of the digests."""
    read = ((tag, parse_reference_tag(tag)) for tag in visit.tags.shown(version_order=False))
    return [(tag, said) for tag, said in read if said and said.suffix and str(said.about) in abouts]


def _tag_rows(visit: Visit, tags: Told, abouts: Mapping[str, tuple[str, Place | None]]) -> Rows:
    repository = visit.place.trail[1] if visit.target.registry is not None else visit.place.trail[0]
    rows = [
        Row(
            (Value(COSIGN_WORDS[said.suffix]), Value(abouts[str(said.about)][0]), Value(tag, look="code")),
            repository.child(reference=tag, label=tag),
        )
        for tag, said in tags
    ]
    return Rows(("what", "about", "tag"), rows, "Under cosign's tag names", NOT_VERIFIED)


def _place(place: Place, frame: pd.DataFrame, row: int) -> Place:
    told = frame.iloc[row]
    kind = told["artifact_type"]
    descriptor = Descriptor(
        media_type=str(told["media_type"]), digest=Digest(str(told["digest"])), size=int(told["size"])
    )
    label = str(kind).removeprefix("application/") if isinstance(kind, str) else "attestation"
    return place.document(descriptor, label)
