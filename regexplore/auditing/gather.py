"""Gathering what an audit looks at: each digest once, as deep as asked, with the reason for whatever is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import Protocol

from regexplore.auditing.checked_evidence import read_evidence
from regexplore.auditing.model_files import HEAD_BYTES, may_be_pickle
from regexplore.auditing.policy import Policy
from regexplore.auditing.subjects import (
    AuditedManifest,
    AuditedRepository,
    Base,
    FileView,
    SpeakingTag,
    reference_of,
)
from regexplore.content.pool import WORKERS, ThisThread, map_bounded
from regexplore.content.reference_tags import parse_reference_tag
from regexplore.content.store import ReadOnlyStore
from regexplore.errors import BudgetExceededError, NotFoundError, RegexploreError
from regexplore.evidence.artifact_formats import HELM_PROVENANCE
from regexplore.evidence.base_image import BaseClaim, base_claims
from regexplore.evidence.discovery import find_evidence
from regexplore.frames.facts import TITLE, image_config_of, is_attestation, told
from regexplore.oci import Descriptor, Digest, Document, ImageConfig, Index, UnreadableDocument
from regexplore.oci.media_types import is_manifest, is_nondistributable
from regexplore.remote.budget import Budget

MANIFEST, CONFIG, FILES = "manifest", "config", "files"
DEPTHS = (MANIFEST, CONFIG, FILES)
"""How deep an audit reads: manifests; configs and evidence too; the layers as well."""

MAX_CHILDREN = 200
MAX_LEVELS = 4
MAX_PARTS = 50
MAX_PART_BYTES = 1 << 20
STOPPED = "stopped before everything was read"


class Reader(Protocol):
    """Gives documents of one repository and remembers them; the store below it is asked for the rest."""

    name: str

    def by_reference(self, reference: str) -> Document:
        """Fetch what a tag or digest names."""

    def by_descriptor(self, descriptor: Descriptor) -> Document:
        """Give the document of a descriptor."""


OpenFiles = Callable[[AuditedManifest], FileView]
FindBase = Callable[[BaseClaim, str], Base]


@dataclass(slots=True)
class Gathering:
    """How one repository is gathered.

    Attributes
    ----------
    reader : Reader
    store : ReadOnlyStore
        Over the same documents, for evidence.
    policy : Policy
    depth : str
        One of `DEPTHS`.
    open_files : callable
        Reads the layers of an image.
    find_base : callable
        Looks up a base image in the audited registry.
    workers, executor, cancel
        As in `map_bounded`.
    on_progress : callable
        Called after each reference.
    """

    reader: Reader
    store: ReadOnlyStore
    policy: Policy
    depth: str
    open_files: OpenFiles
    find_base: FindBase
    workers: int = WORKERS
    executor: Executor | None = None
    cancel: Event | None = None
    on_progress: Callable[[], None] = lambda: None
    reasons: dict[str, None] = field(default_factory=dict)
    _there: dict[str, str | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def repository(
        self, tags: Sequence[str], references: Sequence[str], known: AuditedRepository | None = None
    ) -> AuditedRepository:
        """Gather a repository.

        Parameters
        ----------
        tags
            All its tags, as far as they are known.
        references
            Those of them to look at; or digests.
        known
            What an earlier run has read; it is not read again.
        """
        found = AuditedRepository(self.reader.name)
        speaking = [tag for tag in tags if parse_reference_tag(tag)]
        wanted = [one for one in references if not parse_reference_tag(one)]
        documents = self._documents(wanted, found)
        found.tags = {one: str(document.descriptor.digest) for one, document in documents.items()}
        roots = self._roots(documents)
        self._manifests(found, _kept(found, roots, known), tags)
        self._speaking(found, speaking, complete=set(references) >= set(tags))
        found.complete = STOPPED not in self.reasons
        found.not_looked_at = len(set(tags) - set(speaking) - found.tags.keys())
        return found

    # ---- tags and manifests ----

    def _documents(self, wanted: Sequence[str], found: AuditedRepository) -> dict[str, Document]:
        outcomes = map_bounded(
            self.reader.by_reference, wanted, self.workers, self.executor, cancel=self.cancel
        )
        if outcomes.interrupted:
            self.reasons[STOPPED] = None
        found.errors = {one.item: told(one.error) for one in outcomes if one.error is not None}
        for one in outcomes:
            if isinstance(one.error, BudgetExceededError):
                self.reasons[str(one.error)] = None
            elif one.error is not None:
                self.reasons[f"{self.reader.name}:{one.item}: {told(one.error)}"] = None
        return {one.item: one.result() for one in outcomes if one.error is None}

    def _roots(self, documents: dict[str, Document]) -> list[AuditedManifest]:
        """Give each document once, with all its tags."""
        tags: dict[Digest, list[str]] = {}
        first: dict[Digest, Document] = {}
        for tag, document in documents.items():
            tags.setdefault(document.descriptor.digest, []).append(tag)
            first.setdefault(document.descriptor.digest, document)
        name = self.reader.name
        return [
            AuditedManifest(name, reference_of(name, tags[digest][0]), document, tuple(tags[digest]))
            for digest, document in first.items()
        ]

    def _manifests(self, found: AuditedRepository, roots: list[AuditedManifest], tags: Sequence[str]) -> None:
        scanned = [root.document for root in roots if root.document.subject is not None]
        listed = frozenset(tags)
        waiting = len(roots)

        def gather(root: AuditedManifest) -> list[AuditedManifest]:
            nonlocal waiting
            with self._lock:
                waiting -= 1
                # While others wait, every hand has work: more threads for one image would stand in their way.
                alone = waiting >= self.workers
            with Budget() as own:
                gathered = self._gathered(root, listed, scanned, ThisThread() if alone else None)
            for one in gathered:
                one.whole = not own.refused
            return gathered

        outcomes = map_bounded(
            gather,
            roots,
            self.workers,
            self.executor,
            cancel=self.cancel,
            on_result=lambda _: self.on_progress(),
        )
        if outcomes.interrupted:
            self.reasons[STOPPED] = None
        for outcome in outcomes:
            found.manifests += outcome.result()

    def _gathered(
        self,
        root: AuditedManifest,
        tags: frozenset[str],
        scanned: Sequence[Document],
        executor: Executor | None,
    ) -> list[AuditedManifest]:
        gathered = [root, *self._children(root)]
        if self.depth != MANIFEST:
            for one in gathered:
                self._config(one)
                self._parts(one)
            self._evidence(root, gathered, tags, scanned, executor)
            for one in gathered:
                self._bases(one)
        if self.depth == FILES:
            for one in gathered:
                self._files(one)
        self._subject(root)
        return gathered

    def _children(self, parent: AuditedManifest) -> Iterator[AuditedManifest]:
        """Read what an index lists, indexes in it too, as deep as `MAX_LEVELS`."""
        missing: dict[str, str] = {}
        if len(parent.children) > MAX_CHILDREN:
            self.reasons[
                f"{parent.reference}: only the first {MAX_CHILDREN} of an index's entries were read"
            ] = None
        for child in parent.children[:MAX_CHILDREN]:
            if is_attestation(child) or not is_manifest(child.media_type):
                continue
            try:
                document = self.reader.by_descriptor(child)
            except RegexploreError as error:
                missing[child.digest] = told(error)
                continue
            # The size in the index may be another than that of a document read before.
            document = Document.examine(document.raw, child)
            one = AuditedManifest(
                parent.repository, parent.reference, document, parent.tags, child, parent, parent.level + 1
            )
            yield one
            if one.level < MAX_LEVELS:
                yield from self._children(one)
        parent.missing = missing

    def _config(self, one: AuditedManifest) -> None:
        descriptor = image_config_of(one.document)
        if descriptor is None:
            return
        try:
            config = self.reader.by_descriptor(descriptor)
        except RegexploreError as error:
            one.config_problem = told(error)
            one.missing = {**one.missing, descriptor.digest: told(error)}
            return
        if isinstance(config, ImageConfig):
            one.config = config
        else:
            reason = config.reason if isinstance(config, UnreadableDocument) else config.kind
            one.config_problem = f"the config cannot be read: {reason}"

    def _parts(self, one: AuditedManifest) -> None:
        """Read the small blobs of an artifact that rules look into, and how files begin that may run code."""
        parts: dict[str, bytes] = {}
        for layer in () if one.is_image else one.layers[:MAX_PARTS]:
            if layer.media_type == HELM_PROVENANCE:
                limit = MAX_PART_BYTES
            elif self.depth == FILES and may_be_pickle((layer.annotations or {}).get(TITLE, "")):
                limit = HEAD_BYTES
            else:
                continue
            try:
                with self.store.fetch(layer) as stream:
                    parts[layer.digest] = stream.read(limit)
            except RegexploreError as error:
                one.missing = {**one.missing, layer.digest: told(error)}
        one.parts = parts

    # ---- evidence ----

    def _evidence(
        self,
        root: AuditedManifest,
        gathered: Iterable[AuditedManifest],
        tags: frozenset[str],
        scanned: Sequence[Document],
        executor: Executor | None,
    ) -> None:
        if isinstance(root.document, UnreadableDocument):
            return
        found = find_evidence(
            self.store, root.document, tags=tags, scanned=scanned, workers=4, executor=executor
        )
        known = {one.digest: one.document.descriptor for one in gathered}
        known |= {child.digest: child for child in root.children}
        known |= {piece.manifest.digest: piece.manifest for piece in found.pieces}
        trust = self.policy.trust
        checked = tuple(
            read_evidence(piece, known[piece.subject], trust, root.repository)
            for piece in found.pieces
            if piece.subject in known
        )
        for one in gathered:
            one.evidence, one.looks, one.evidence_read = checked, found.looks, True
            one.evidence_problems = found.reasons
        for reason in found.reasons:
            self.reasons[f"{root.reference}: {reason}"] = None

    def _bases(self, one: AuditedManifest) -> None:
        if not one.is_image:
            return
        provenances = [found.provenance for found in one.all_evidence if found.provenance is not None]
        claims = base_claims(one.annotations, one.labels, provenances)
        one.bases = tuple(self.find_base(claim, one.platform) for claim in claims[:10])

    # ---- inside ----

    def _files(self, one: AuditedManifest) -> None:
        if not one.is_image:
            return
        try:
            one.files = self.open_files(one)
        except RegexploreError as error:
            one.files_problem = told(error)
        else:
            one.files_problem = "; ".join(one.files.problems[:3])
            for listing in one.files.system.layers:
                elsewhere = listing.descriptor.urls or is_nondistributable(listing.descriptor.media_type)
                if isinstance(listing.error, NotFoundError) and not elsewhere:
                    one.missing = {**one.missing, listing.descriptor.digest: told(listing.error)}
        if one.files_problem:
            self.reasons[f"{one.reference} {one.platform}: {one.files_problem}"] = None

    # ---- what is spoken of ----

    def _subject(self, one: AuditedManifest) -> None:
        subject = one.document.subject
        if subject is not None:
            one.subject_missing = self._absence(subject)

    def _speaking(self, found: AuditedRepository, tags: Sequence[str], *, complete: bool) -> None:
        if self.depth == MANIFEST:
            return
        about = {one.digest for one in found.manifests}
        relevant = [tag for tag in tags if complete or _about(tag) in about]
        outcomes = map_bounded(self._speaking_tag, relevant, self.workers, self.executor, cancel=self.cancel)
        if outcomes.interrupted:
            self.reasons[STOPPED] = None
        found.speaking = tuple(outcome.result() for outcome in outcomes)

    def _speaking_tag(self, tag: str) -> SpeakingTag:
        read = parse_reference_tag(tag)
        if read is None:
            return SpeakingTag(tag, "", "")
        absent = self._absence_of_digest(read.about)
        there = None if absent is None else not absent
        one = SpeakingTag(tag, str(read.about), read.suffix, there, absent or "")
        if read.suffix:
            return one
        try:
            document = self.reader.by_reference(tag)
        except RegexploreError as error:
            return replace(one, problem=told(error))
        entries = document.manifests if isinstance(document, Index) else ()
        absences = {str(entry.digest): self._absence(entry) for entry in entries[:MAX_CHILDREN]}
        untold = sum(absent is None for absent in absences.values()) + max(len(entries) - MAX_CHILDREN, 0)
        return replace(
            one,
            listed=tuple(str(entry.digest) for entry in entries),
            gone=tuple(digest for digest, absent in absences.items() if absent),
            problem=f"whether {untold} of its entries are there could not be told" if untold else "",
        )

    def _absence(self, target: Descriptor) -> str | None:
        """Tell why something is not there; "" when it is, None when that cannot be told. Asked once a digest."""
        return self._remembered(target.digest, lambda: self.reader.by_descriptor(target))

    def _absence_of_digest(self, digest: Digest) -> str | None:
        return self._remembered(digest, lambda: self.reader.by_reference(digest))

    def _remembered(self, digest: str, ask: Callable[[], object]) -> str | None:
        with self._lock:
            if digest in self._there:
                return self._there[digest]
        answer: str | None = ""
        try:
            ask()
        except NotFoundError as error:
            answer = told(error)
        except RegexploreError as error:
            self.reasons[f"{digest}: {told(error)}"] = None
            answer = None
        with self._lock:
            self._there[digest] = answer
        return answer


def _kept(
    found: AuditedRepository, roots: list[AuditedManifest], known: AuditedRepository | None
) -> list[AuditedManifest]:
    """Take over what is known by digest; give the roots that are left to read."""
    done: dict[Digest, list[AuditedManifest]] = {}
    for one in known.manifests if known is not None else ():
        if not one.whole:
            continue
        top = one
        while top.index is not None:
            top = top.index
        done.setdefault(top.digest, []).append(one)
    for root in roots:
        for one in done.get(root.digest, ()):
            one.reference, one.tags = root.reference, root.tags
            found.manifests.append(one)
    return [root for root in roots if root.digest not in done]


def _about(tag: str) -> str:
    read = parse_reference_tag(tag)
    return str(read.about) if read else ""
