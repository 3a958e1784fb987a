"""Finding evidence: every channel that a repository has, merged by digest.

Asked are the referrers of the image, of its platforms, and of the evidence itself; the tags that cosign and the
referrers tag schema make of a digest; what BuildKit keeps in an index; and the subjects of other tagged manifests,
where those were read anyway. Each body is fetched once. What could not be asked is told, and is never "absent".

Source: distribution-spec v1.1 "Listing Referrers"; cosign ``SIGNATURE_SPEC.md``; BuildKit
``attestation-storage.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from regexplore.content.pool import WORKERS, map_bounded
from regexplore.content.reference_tags import reference_tags_of
from regexplore.content.referrers import list_referrers
from regexplore.content.store import ReadOnlyStore, ReferenceFetcher, TagLister, fetch_all, read_all
from regexplore.content.successors import attested
from regexplore.errors import NotFoundError, RegexploreError
from regexplore.evidence.artifact_formats import blobs_of
from regexplore.evidence.limits import MAX_BODY_BYTES, MAX_SIGNATURES
from regexplore.evidence.piece import (
    COSIGN_TAG,
    INDEX,
    REFERRERS_API,
    REFERRERS_TAG,
    SCAN,
    Evidence,
)
from regexplore.evidence.recognise import recognise
from regexplore.oci import Descriptor, Digest, Document, Index
from regexplore.oci.media_types import is_manifest

MAX_DEPTH = 4
MAX_MANIFESTS = 2_000
PROMISED = ("dev.sigstore.bundle.predicateType", "predicateType", "in-toto.io/predicate-type")

FOUND, NONE, FAILED, NOT_LOOKED = "found", "none", "failed", "not looked at"


@dataclass(frozen=True, slots=True)
class Look:
    """What looking into one channel for one manifest gave.

    Attributes
    ----------
    subject : Digest
    platform : str
        Of the subject, where that is a child of an index.
    channel : str
        As in `regexplore.evidence.piece.CHANNELS`.
    outcome : str
        ``found``, ``none``, ``failed`` or ``not looked at``.
    reason : str
        Why it failed or was not looked at.
    """

    subject: Digest
    platform: str
    channel: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FoundEvidence:
    """Everything that was found beside a manifest.

    Attributes
    ----------
    pieces : tuple of Evidence
        In the order in which their manifests were found.
    looks : tuple of Look
        For the manifest and its platforms: which channel gave what.
    reasons : tuple of str
        Why something may be missing.
    """

    pieces: tuple[Evidence, ...] = ()
    looks: tuple[Look, ...] = ()
    reasons: tuple[str, ...] = ()

    def about(self, digest: str) -> tuple[Evidence, ...]:
        """Give what hangs on one manifest."""
        return tuple(piece for piece in self.pieces if piece.subject == digest)


@dataclass(frozen=True, slots=True)
class _Subject:
    descriptor: Descriptor
    platform: str = ""
    depth: int = 1


@dataclass(slots=True)
class _Hit:
    """A manifest that carries evidence, and how it was found."""

    manifest: Descriptor
    subject: Digest
    platform: str
    depth: int
    channels: dict[str, None] = field(default_factory=dict)


def find_evidence(
    store: ReadOnlyStore,
    document: Document,
    *,
    tags: Collection[str] | None = None,
    scanned: Iterable[Document] = (),
    workers: int = WORKERS,
    executor: Executor | None = None,
) -> FoundEvidence:
    """Find the evidence about a manifest, its platforms, and that evidence itself.

    Costs one request for the referrers of each manifest, one for each manifest found, and one for each body; where
    ``tags`` is not given, one more a page to list them.

    Parameters
    ----------
    store : ReadOnlyStore
        Where it is looked for. One that remembers documents saves requests.
    document : Document
        An image, an index, or any other manifest.
    tags : collection of str, optional
        The tags of the repository, where they are known.
    scanned : iterable of Document
        Other manifests of the repository that were read before: their subjects count as found by a scan.
    workers : int
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    FoundEvidence
        Never raises for what the store answers; that becomes a reason.
    """
    search = _Search(store, workers, executor)
    search.learn_tags(tags)
    level = [_Subject(document.descriptor), *_platforms(document)]
    search.beside(document)
    search.scan(scanned, level)
    for depth in range(1, MAX_DEPTH + 1):
        level = search.level([replace(one, depth=depth) for one in level])
        if not level:
            break
    else:
        search.reasons[f"evidence on evidence is followed to depth {MAX_DEPTH}"] = None
    return search.result()


class _Search:
    """One search: manifests that carry evidence, by digest and subject."""

    def __init__(self, store: ReadOnlyStore, workers: int, executor: Executor | None) -> None:
        self._store = store
        self._workers = workers
        self._executor = executor
        self._tags: Collection[str] | None = None
        self._asked: set[Digest] = set()
        self._hits: dict[tuple[Digest, Digest], _Hit] = {}
        self._looks: dict[tuple[Digest, str], Look] = {}
        self.reasons: dict[str, None] = {}

    def learn_tags(self, tags: Collection[str] | None) -> None:
        """Keep the tags, listed here unless they are given: they tell which of cosign's tags are worth asking for."""
        if tags is None and isinstance(self._store, TagLister):
            try:
                tags = {tag for page in self._store.tag_pages() for tag in page}
            except RegexploreError as error:
                self.reasons[f"tags: {_told(error)}"] = None
        self._tags = None if tags is None else frozenset(tags)

    def beside(self, document: Document) -> None:
        """Take what BuildKit keeps in the index."""
        if not isinstance(document, Index):
            return
        platforms = {child.digest: str(child.platform) for child in document.manifests if child.platform}
        for child in document.manifests:
            about = attested(child)
            if about is not None:
                self._hit(child, about, platforms.get(about, ""), 1, INDEX)
        for subject in _platforms(document):
            outcome = FOUND if self._has(subject.descriptor.digest, INDEX) else NONE
            self._look(subject, INDEX, outcome)

    def scan(self, scanned: Iterable[Document], subjects: Sequence[_Subject]) -> None:
        """Take those of the manifests read before whose subject is one of these."""
        wanted = {one.descriptor.digest: one for one in subjects}
        for document in scanned:
            subject = wanted.get(document.subject.digest) if document.subject else None
            if subject is not None:
                self._hit(document.descriptor, subject.descriptor.digest, subject.platform, 1, SCAN)
                self._look(subject, SCAN, FOUND)

    def level(self, subjects: Sequence[_Subject]) -> list[_Subject]:
        """Ask for the evidence on some manifests; give what to ask about next."""
        new = list(
            {
                one.descriptor.digest: one for one in subjects if one.descriptor.digest not in self._asked
            }.values()
        )
        self._asked.update(one.descriptor.digest for one in new)
        outcomes = map_bounded(self._ask, new, self._workers, self._executor)
        if outcomes.interrupted:
            self.reasons["stopped while evidence was looked for"] = None
        for outcome in outcomes:
            self._merge(outcome.item, outcome.result())
        if len(self._hits) > MAX_MANIFESTS:
            self.reasons[f"more than {MAX_MANIFESTS:,} manifests with evidence: the search stopped there"] = (
                None
            )
            return []
        return [
            _Subject(hit.manifest, hit.platform)
            for hit in self._hits.values()
            if hit.manifest.digest not in self._asked and is_manifest(hit.manifest.media_type)
        ]

    def result(self) -> FoundEvidence:
        """Read what was found."""
        hits = list(self._hits.values())[:MAX_MANIFESTS]
        outcomes = map_bounded(self._read, hits, self._workers, self._executor)
        if outcomes.interrupted:
            self.reasons["stopped while evidence was read"] = None
        pieces = [piece for outcome in outcomes for piece in outcome.result()]
        for piece in pieces:
            if piece.problem and piece.body is None:
                self.reasons[f"{piece.digest}: {piece.problem}"] = None
        return FoundEvidence(tuple(pieces), tuple(self._looks.values()), tuple(self.reasons))

    # ---- asking; in worker threads, changing nothing ----

    def _ask(self, subject: _Subject) -> list[tuple[str, list[Descriptor], str]]:
        """Ask every channel about one manifest: the channel, what it gave, why it failed."""
        digest = subject.descriptor.digest
        answers = []
        listed, problem = self._listed(subject.descriptor)
        own = self._own_channel()
        answers.append((own, listed, problem))
        schema_tag, *cosign_tags = reference_tags_of(digest)
        if own != REFERRERS_TAG:
            answers.append((REFERRERS_TAG, *self._under_schema_tag(schema_tag)))
        answers.append((COSIGN_TAG, *self._under_cosign_tags(cosign_tags)))
        return answers

    def _listed(self, target: Descriptor) -> tuple[list[Descriptor], str]:
        try:
            return list_referrers(self._store, target), ""
        except RegexploreError as error:
            return [], _told(error)

    def _own_channel(self) -> str:
        """Give how the store lists referrers, as far as is known after it did."""
        channel = str(getattr(self._store, "referrers_channel", ""))
        return REFERRERS_TAG if channel == REFERRERS_TAG else REFERRERS_API

    def _under_schema_tag(self, tag: str) -> tuple[list[Descriptor], str]:
        """Give the entries of an index that a client left under the referrers tag, beside the API."""
        if self._tags is None or tag not in self._tags:
            return [], ""
        try:
            document = self._by_tag(tag)
        except RegexploreError as error:
            return [], _told(error)
        return (
            (list(document.manifests), "")
            if isinstance(document, Index)
            else ([], "no index is under that tag")
        )

    def _under_cosign_tags(self, tags: Sequence[str]) -> tuple[list[Descriptor], str]:
        if self._tags is None:
            # Without a list each tag would cost a request, and a refusal says nothing about what is there.
            return [], "the tags of the repository are not known"
        found, problems = [], []
        for tag in tags:
            if tag not in self._tags:
                continue
            try:
                found.append(self._by_tag(tag).descriptor)
            except NotFoundError:
                continue
            except RegexploreError as error:
                problems.append(_told(error))
        return found, "; ".join(problems)

    def _by_tag(self, tag: str) -> Document:
        if isinstance(self._store, ReferenceFetcher):
            descriptor, stream = self._store.fetch_reference(tag)
            return Document.examine(read_all(stream, descriptor), descriptor)
        descriptor = self._store.resolve(tag)
        return Document.examine(fetch_all(self._store, descriptor), descriptor)

    def _read(self, hit: _Hit) -> list[Evidence]:
        """Read a manifest and its bodies, one piece a layer."""
        bare = Evidence(
            manifest=hit.manifest,
            part=None,
            subject=hit.subject,
            platform=hit.platform,
            channels=tuple(hit.channels),
            depth=hit.depth,
            artifact_type=hit.manifest.artifact_type,
            annotations=hit.manifest.annotations or {},
        )
        try:
            document = Document.examine(fetch_all(self._store, hit.manifest), hit.manifest)
        except RegexploreError as error:
            known = recognise("", bare.artifact_type, None)
            return [replace(bare, format=known.format, kind=known.kind, problem=_told(error))]
        bare = replace(
            bare,
            artifact_type=document.artifact_type or bare.artifact_type,
            annotations=document.annotations or bare.annotations,
        )
        parts = blobs_of(document)
        if not parts:
            known = recognise("", bare.artifact_type, None)
            return [replace(bare, format=known.format, kind=known.kind, problem="a manifest without a layer")]
        return [self._piece(bare, part) for part in parts[:MAX_SIGNATURES]]

    def _piece(self, bare: Evidence, part: Descriptor) -> Evidence:
        annotations = {**bare.annotations, **(part.annotations or {})}
        promised = next((annotations[key] for key in PROMISED if key in annotations), "")
        body, problem = None, ""
        try:
            body = fetch_all(self._store, part, MAX_BODY_BYTES)
        except RegexploreError as error:
            problem = _told(error)
        known = recognise(part.media_type, bare.artifact_type, body, promised)
        return replace(
            bare,
            part=part,
            format=known.format,
            kind=known.kind,
            predicate_type=known.predicate_type,
            annotations=annotations,
            body=body,
            problem=problem or known.problem,
        )

    # ---- merging; in the caller's thread ----

    def _merge(self, subject: _Subject, answers: list[tuple[str, list[Descriptor], str]]) -> None:
        digest = subject.descriptor.digest
        for channel, listed, problem in answers:
            for entry in listed:
                if entry.digest != digest:
                    self._hit(entry, digest, subject.platform, subject.depth, channel)
            if problem and not problem.startswith("the tags"):
                self.reasons[f"{channel} of {digest}: {problem}"] = None
            outcome = FOUND if listed else FAILED if problem else NONE
            self._look(subject, channel, outcome, problem)

    def _hit(self, manifest: Descriptor, subject: Digest, platform: str, depth: int, channel: str) -> None:
        hit = self._hits.setdefault((manifest.digest, subject), _Hit(manifest, subject, platform, depth))
        hit.channels[channel] = None

    def _has(self, subject: Digest, channel: str) -> bool:
        return any(hit.subject == subject and channel in hit.channels for hit in self._hits.values())

    def _look(self, subject: _Subject, channel: str, outcome: str, reason: str = "") -> None:
        if subject.depth == 1:
            digest = subject.descriptor.digest
            self._looks[digest, channel] = Look(digest, subject.platform, channel, outcome, reason)


def _platforms(document: Document) -> Iterator[_Subject]:
    """Give the children of an index that may have evidence of their own."""
    for child in document.manifests if isinstance(document, Index) else ():
        if attested(child) is None and is_manifest(child.media_type):
            yield _Subject(child, "" if child.platform is None else str(child.platform))


def _told(error: RegexploreError) -> str:
    return f"{type(error).__name__}: {error}"
