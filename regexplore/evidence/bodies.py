"""Reading what was found: each manifest once, each body once, within limits; then one piece for each layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from regexplore.content.pool import Outcome, map_bounded
from regexplore.content.store import ReadOnlyStore, fetch_all
from regexplore.errors import RegexploreError
from regexplore.evidence.artifact_formats import INDEX as INDEX_FORMAT
from regexplore.evidence.artifact_formats import artifact_format, blobs_of, is_software
from regexplore.evidence.limits import MAX_ALL_BYTES, MAX_BODY_BYTES, MAX_SIGNATURES, MAX_UNKNOWN_BYTES
from regexplore.evidence.piece import REFERRERS_API, REFERRERS_TAG, Evidence
from regexplore.evidence.recognise import UNKNOWN, is_labelled, recognise
from regexplore.oci import Descriptor, Digest, Document, UnreadableDocument, media_types

PROMISED = ("dev.sigstore.bundle.predicateType", "predicateType", "in-toto.io/predicate-type")
LISTINGS = frozenset({REFERRERS_API, REFERRERS_TAG})
TITLE = "org.opencontainers.image.title"

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Carrier:
    """A manifest that carries evidence on a subject, and the channels that lead to it."""

    manifest: Descriptor
    subject: Digest
    platform: str
    depth: int
    channels: dict[str, None] = field(default_factory=dict)


class BodyReader:
    """Reads carriers.

    Parameters
    ----------
    store : ReadOnlyStore
    known : mapping of Digest to Document
        What was read before.
    workers : int
    executor : concurrent.futures.Executor, optional

    Attributes
    ----------
    reasons : dict
        Why something may be missing; its keys, in order.
    """

    def __init__(
        self,
        store: ReadOnlyStore,
        known: Mapping[Digest, Document],
        workers: int,
        executor: Executor | None,
    ) -> None:
        self._store = store
        self._known = known
        self._workers = workers
        self._executor = executor
        self.reasons: dict[str, None] = {}

    def read(self, carriers: Sequence[Carrier]) -> tuple[Evidence, ...]:
        """Give the pieces of all carriers, in their order. Never raises for what the store answers."""
        manifests = self._each(self._document, {one.manifest.digest: one.manifest for one in carriers})
        documents = {digest: outcome.value for digest, outcome in manifests.items() if outcome.value}
        bodies = self._each(self._body, self._wanted(documents.values()))
        pieces = []
        for carrier in carriers:
            outcome = manifests.get(carrier.manifest.digest)
            if outcome is None:
                continue
            if outcome.value is None:
                pieces.append(_unread(carrier, _told(outcome.error)))
            else:
                pieces += _pieces(carrier, outcome.value, bodies)
        for piece in pieces:
            if piece.problem and piece.body is None:
                self.reasons[f"{piece.digest}: {piece.problem}"] = None
        return tuple(pieces)

    def _each(
        self, read: Callable[[Descriptor], R], wanted: Mapping[Digest, Descriptor]
    ) -> dict[Digest, Outcome[Descriptor, R]]:
        outcomes = map_bounded(read, wanted.values(), self._workers, self._executor)
        if outcomes.interrupted:
            self.reasons["stopped while evidence was read"] = None
        return {outcome.item.digest: outcome for outcome in outcomes}

    def _document(self, target: Descriptor) -> Document:
        known = self._known.get(target.digest)
        # The listing may name another media type or size than the tag gave: that is told by the document.
        raw = known.raw if known is not None else fetch_all(self._store, target)
        return Document.examine(raw, target)

    def _body(self, target: Descriptor) -> bytes:
        inline = target.data
        if inline is not None and len(inline) == target.size and target.digest.matches(inline):
            return inline
        return fetch_all(self._store, target, MAX_BODY_BYTES)

    def _wanted(self, documents: Iterable[Document]) -> dict[Digest, Descriptor]:
        """Give the bodies to read, each once, as many as the budget allows."""
        wanted: dict[Digest, Descriptor] = {}
        left = MAX_ALL_BYTES
        for document in documents:
            for part in blobs_of(document)[:MAX_SIGNATURES]:
                if part.digest in wanted or _left_out(document, part) is not None:
                    continue
                if part.size > left:
                    self.reasons[f"bodies beyond {MAX_ALL_BYTES:,} bytes in all were not read"] = None
                    continue
                left -= part.size
                wanted[part.digest] = part
        return wanted


def _left_out(document: Document, part: Descriptor) -> str | None:
    """Tell why a body is not read: "" for what is no evidence anyway; None for what is read."""
    labelled = is_labelled(part.media_type) or is_labelled(document.artifact_type)
    if not labelled and (is_software(document) or _is_file_system(part)):
        return ""
    if part.size > MAX_BODY_BYTES:
        return f"{part.size:,} bytes, more than the limit of {MAX_BODY_BYTES:,}: not read"
    if not labelled and part.size > MAX_UNKNOWN_BYTES:
        return f"of an unknown type and larger than {MAX_UNKNOWN_BYTES:,} bytes: not read"
    return None


def _is_file_system(part: Descriptor) -> bool:
    """Whether a layer is one of an image. oras gives files that type too, and a title, when it is told no other."""
    return media_types.is_layer(part.media_type) and TITLE not in (part.annotations or {})


def _unread(carrier: Carrier, problem: str) -> Evidence:
    manifest = carrier.manifest
    known = recognise("", manifest.artifact_type, None)
    bare = _bare(carrier)
    return replace(bare, format=known.format, kind=known.kind, problem=problem)


def _bare(carrier: Carrier) -> Evidence:
    return Evidence(
        manifest=carrier.manifest,
        part=None,
        subject=carrier.subject,
        platform=carrier.platform,
        channels=tuple(carrier.channels),
        depth=carrier.depth,
        artifact_type=carrier.manifest.artifact_type,
        annotations=carrier.manifest.annotations or {},
    )


def _pieces(
    carrier: Carrier, document: Document, bodies: Mapping[Digest, Outcome[Descriptor, bytes]]
) -> list[Evidence]:
    if isinstance(document, UnreadableDocument):
        return [_unread(carrier, document.reason)]
    bare = replace(
        _bare(carrier),
        artifact_type=document.artifact_type or carrier.manifest.artifact_type,
        annotations=document.annotations or carrier.manifest.annotations or {},
        problem=_astray(carrier, document),
    )
    parts = blobs_of(document)
    if not parts:
        known = recognise("", bare.artifact_type, None)
        name = known.format if known.format != UNKNOWN else artifact_format(document)
        empty = "" if name == INDEX_FORMAT else "a manifest without a layer"
        return [replace(bare, format=name, kind=known.kind, problem=bare.problem or empty)]
    if len(parts) > MAX_SIGNATURES:
        bare = replace(
            bare, problem=bare.problem or f"only the first {MAX_SIGNATURES} of its layers are read"
        )
    return [
        _piece(bare, document, part, bodies.get(part.digest)) for part in _telling(document)[:MAX_SIGNATURES]
    ]


def _telling(document: Document) -> tuple[Descriptor, ...]:
    """Give the layers that make a piece each; of software beside the image only one, and what signs it."""
    parts = blobs_of(document)
    if not is_software(document):
        return parts
    return tuple(part for part in parts if is_labelled(part.media_type)) or parts[:1]


def _astray(carrier: Carrier, document: Document) -> str:
    """Tell when a listing and the manifest disagree on what it refers to."""
    if not LISTINGS & carrier.channels.keys():
        return ""
    if document.subject is None:
        return "it is listed as a referrer, and its manifest has no subject"
    if document.subject.digest != carrier.subject:
        return f"it is listed as a referrer, and its subject is another: {document.subject.digest}"
    return ""


def _piece(
    bare: Evidence, document: Document, part: Descriptor, read: Outcome[Descriptor, bytes] | None
) -> Evidence:
    annotations = {**bare.annotations, **(part.annotations or {})}
    promised = next((annotations[key] for key in PROMISED if key in annotations), "")
    body = read.value if read is not None else None
    problem = _told(read.error) if read is not None else _left_out(document, part)
    if problem is None:
        problem = "not read: a limit was reached, or the reading was stopped, before it"
    known = recognise(part.media_type, bare.artifact_type, body, promised)
    return replace(
        bare,
        part=part,
        format=artifact_format(document) if known.format == UNKNOWN else known.format,
        kind=known.kind,
        predicate_type=known.predicate_type,
        annotations=annotations,
        body=body,
        problem=problem or known.problem or bare.problem,
    )


def _told(error: RegexploreError | None) -> str:
    return "" if error is None else f"{type(error).__name__}: {error}"
