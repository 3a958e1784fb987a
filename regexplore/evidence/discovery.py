"""Finding evidence: every channel that a repository has, merged by digest.

Asked are the referrers of the image, of its platforms, and of the evidence itself; the tags that cosign and the
referrers tag schema make of a digest; what BuildKit keeps in an index; and the subjects of other tagged manifests,
where those were read. Each manifest and each body is fetched once. What could not be asked is told, and is never
"absent".

Source: distribution-spec v1.1 "Listing Referrers"; cosign ``SIGNATURE_SPEC.md``; BuildKit
``attestation-storage.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from regexplore.content.pool import WORKERS, map_bounded
from regexplore.content.store import ReadOnlyStore, TagLister
from regexplore.content.successors import attested
from regexplore.errors import RegexploreError
from regexplore.evidence.bodies import BodyReader, Carrier
from regexplore.evidence.channels import UNKNOWN, Answer, Channels
from regexplore.evidence.limits import MAX_REFERRERS
from regexplore.evidence.looks import ELSEWHERE, FAILED, FOUND, NONE, NOT_LOOKED, FoundEvidence, Look
from regexplore.evidence.piece import INDEX, SCAN
from regexplore.oci import Descriptor, Digest, Document, Index
from regexplore.oci.media_types import is_manifest

__all__ = ["MAX_DEPTH", "FoundEvidence", "Look", "find_evidence"]

MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class _Subject:
    descriptor: Descriptor
    platform: str = ""
    depth: int = 1


def find_evidence(
    store: ReadOnlyStore,
    document: Document,
    *,
    tags: Collection[str] | None = None,
    scanned: Iterable[Document] | None = None,
    depth: int = MAX_DEPTH,
    workers: int = WORKERS,
    executor: Executor | None = None,
) -> FoundEvidence:
    """Find the evidence about a manifest, its platforms, and that evidence itself.

    Costs one request for the referrers of each manifest, one for each manifest found, and one for each body; where
    ``tags`` is not given, one more a page to list them. A registry without the referrers API costs one for all
    manifests to find that out, and then only requests for tags that exist.

    Parameters
    ----------
    store : ReadOnlyStore
        Where it is looked for. One that remembers documents saves requests.
    document : Document
        An image, an index, or any other manifest.
    tags : collection of str, optional
        The tags of the repository, where they are known.
    scanned : iterable of Document, optional
        Other manifests of the repository that were read before: their subjects count as found by a scan. Without
        it a scan is told as not looked at.
    depth : int
        1 leaves out evidence on evidence.
    workers : int
    executor : concurrent.futures.Executor, optional

    Returns
    -------
    FoundEvidence
        Never raises for what the store answers; that becomes the outcome of a look, or a reason.

    Examples
    --------
    >>> from regexplore.content.memory import MemoryStore
    >>> store = MemoryStore()
    >>> image = store.add_document("application/vnd.oci.image.index.v1+json", {"manifests": []})
    >>> found = find_evidence(store, Document.parse(store.fetch(image).read(), image))
    >>> [(look.channel, look.outcome) for look in found.looks][:2]
    [('referrers API', 'unsupported'), ('repository scan', 'none')]
    """
    search = _Search(store, workers, executor)
    search.learn_tags(tags)
    level = [_Subject(document.descriptor), *_platforms(document)]
    search.beside(document)
    search.scan(scanned, level)
    for n in range(1, depth + 1):
        level = search.level([replace(one, depth=n) for one in level])
        if not level:
            break
    else:
        if depth >= MAX_DEPTH:
            search.reasons[f"evidence on evidence is followed to depth {MAX_DEPTH}"] = None
    return search.result(document.descriptor.digest)


class _Search:
    """One search: manifests that carry evidence, by digest and subject."""

    def __init__(self, store: ReadOnlyStore, workers: int, executor: Executor | None) -> None:
        self._channels = Channels(store, None)
        self._workers = workers
        self._executor = executor
        self._asked: set[Digest] = set()
        self._carriers: dict[tuple[Digest, Digest], Carrier] = {}
        self._looks: dict[tuple[Digest, str], Look] = {}
        self.reasons: dict[str, None] = {}

    def learn_tags(self, tags: Collection[str] | None) -> None:
        """Keep the tags, listed here unless they are given: they tell which tags are worth asking for."""
        store = self._channels.store
        if tags is None and isinstance(store, TagLister):
            try:
                tags = {tag for page in store.tag_pages() for tag in page}
            except RegexploreError as error:
                self.reasons[f"tags: {type(error).__name__}: {error}"] = None
        self._channels = Channels(store, None if tags is None else frozenset(tags))

    def beside(self, document: Document) -> None:
        """Take what BuildKit keeps in the index."""
        if not isinstance(document, Index):
            return
        platforms = {child.digest: str(child.platform) for child in document.manifests if child.platform}
        for child in document.manifests:
            about = attested(child)
            if about is not None:
                self._carry(child, _Subject(child, platforms.get(about, "")), about, INDEX)
        for subject in _platforms(document):
            there = any(about == subject.descriptor.digest for _, about in self._carriers)
            self._look(subject, Answer(INDEX, FOUND if there else NONE))

    def scan(self, scanned: Iterable[Document] | None, subjects: Sequence[_Subject]) -> None:
        """Take those of the manifests read before whose subject is one of these."""
        wanted = {one.descriptor.digest: one for one in subjects}
        outcome = NOT_LOOKED if scanned is None else NONE
        for subject in subjects:
            if self._channels.capability:
                reason = "the manifests under other tags were not read" if scanned is None else ""
                self._look(subject, Answer(SCAN, outcome, reason=reason))
        for document in scanned or ():
            found = wanted.get(document.subject.digest) if document.subject else None
            if found is not None:
                self._carry(document.descriptor, found, found.descriptor.digest, SCAN)
                self._look(found, Answer(SCAN, FOUND))

    def level(self, subjects: Sequence[_Subject]) -> list[_Subject]:
        """Ask for the evidence on some manifests; give what to ask about next."""
        new = {one.descriptor.digest: one for one in reversed(subjects)}
        waiting = [one for digest, one in reversed(new.items()) if digest not in self._asked]
        self._asked.update(one.descriptor.digest for one in waiting)
        if self._channels.capability == UNKNOWN and len(waiting) > 1:
            # One question tells what the registry can do; asked at once, all would have to find out.
            self._ask(waiting[:1])
            waiting = waiting[1:]
        self._ask(waiting)
        if len(self._carriers) > MAX_REFERRERS:
            self.reasons[f"more than {MAX_REFERRERS:,} manifests with evidence: the rest was not read"] = None
            return []
        return [
            _Subject(one.manifest, one.platform)
            for one in self._carriers.values()
            if one.manifest.digest not in self._asked and is_manifest(one.manifest.media_type)
        ]

    def result(self, root: Digest) -> FoundEvidence:
        """Read what was found."""
        reader = BodyReader(self._channels.store, self._channels.read, self._workers, self._executor)
        pieces = reader.read(list(self._carriers.values())[:MAX_REFERRERS])
        elsewhere = Look(root, "", ELSEWHERE, NOT_LOOKED, "other repositories and logs are not asked")
        return FoundEvidence(
            pieces, (*self._looks.values(), elsewhere), tuple({**self.reasons, **reader.reasons})
        )

    def _ask(self, subjects: Sequence[_Subject]) -> None:
        def ask(subject: _Subject) -> list[Answer]:
            return self._channels.ask(subject.descriptor)

        outcomes = map_bounded(ask, subjects, self._workers, self._executor)
        if outcomes.interrupted:
            self.reasons["stopped while evidence was looked for"] = None
        for outcome in outcomes:
            for answer in outcome.result():
                self._merge(outcome.item, answer)

    def _merge(self, subject: _Subject, answer: Answer) -> None:
        digest = subject.descriptor.digest
        for entry in answer.listed:
            if entry.digest != digest:
                self._carry(entry, subject, digest, answer.channel)
        if answer.reason and (answer.outcome == FAILED or answer.listed):
            self.reasons[f"{answer.channel} of {digest}: {answer.reason}"] = None
        self._look(subject, answer)

    def _carry(self, manifest: Descriptor, subject: _Subject, about: Digest, channel: str) -> None:
        key = (manifest.digest, about)
        carrier = self._carriers.setdefault(key, Carrier(manifest, about, subject.platform, subject.depth))
        carrier.channels[channel] = None

    def _look(self, subject: _Subject, answer: Answer) -> None:
        if subject.depth == 1:
            digest = subject.descriptor.digest
            look = Look(digest, subject.platform, answer.channel, answer.outcome, answer.reason)
            known = self._looks.get((digest, answer.channel))
            if known is None or known.outcome != FOUND:
                self._looks[digest, answer.channel] = look


def _platforms(document: Document) -> Iterator[_Subject]:
    """Give the children of an index that may have evidence of their own."""
    for child in document.manifests if isinstance(document, Index) else ():
        if attested(child) is None and is_manifest(child.media_type):
            yield _Subject(child, "" if child.platform is None else str(child.platform))
