"""The single steps of a walk, each one question to the store; they run in worker threads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from regexplore.content.referrers import list_referrers
from regexplore.content.store import ReadOnlyStore, ReferenceFetcher, fetch_all, read_all
from regexplore.oci import Descriptor, Document, referrers_tag
from regexplore.oci.media_types import is_manifest

UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Resolve:
    """Ask what a tag or digest names, together with the document where the store can."""

    reference: str
    depth: int


@dataclass(frozen=True, slots=True)
class Read:
    """Ask what a document says."""

    target: Descriptor
    depth: int


@dataclass(frozen=True, slots=True)
class ListReferrers:
    """Ask what refers to a manifest."""

    target: Descriptor
    depth: int


@dataclass(frozen=True, slots=True)
class Check:
    """Ask whether a blob is there."""

    target: Descriptor


Job = Resolve | Read | ListReferrers | Check


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job found; the fields that its question has."""

    target: Descriptor | None = None
    document: Document | None = None
    referrers: tuple[Descriptor, ...] = ()
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Worker:
    """Does jobs on a store.

    Attributes
    ----------
    store : ReadOnlyStore
    max_document_bytes : int
    tags : collection of str or None
        All its tags, where they are known: they tell whether there can be referrers where no API does.
    """

    store: ReadOnlyStore
    max_document_bytes: int
    tags: Collection[str] | None = None

    def __call__(self, job: Job) -> Answer:
        """Do one job.

        Raises
        ------
        RegexploreError
            Whatever the store raises.
        """
        match job:
            case Resolve(reference=reference):
                return self._resolve(reference)
            case Read(target=target):
                return Answer(target, self._read(target))
            case ListReferrers(target=target):
                return Answer(target, referrers=self._list_referrers(target))
            case Check(target=target):
                return Answer(target, exists=self.store.exists(target))

    def _list_referrers(self, target: Descriptor) -> tuple[Descriptor, ...]:
        has_no_api = getattr(self.store, "referrers_capability", "") == UNSUPPORTED
        if has_no_api and self.tags is not None and referrers_tag(target.digest) not in self.tags:
            return ()
        return tuple(list_referrers(self.store, target))

    def _resolve(self, reference: str) -> Answer:
        if not isinstance(self.store, ReferenceFetcher):
            return Answer(self.store.resolve(reference))
        target, stream = self.store.fetch_reference(reference)
        if not is_manifest(target.media_type):
            stream.close()
            return Answer(target)
        raw = read_all(stream, target, self.max_document_bytes)
        return Answer(target, Document.examine(raw, target))

    def _read(self, target: Descriptor) -> Document:
        # Content carried in the descriptor needs no request (image-spec, "data").
        if target.data is not None and len(target.data) == target.size and target.digest.matches(target.data):
            return Document.examine(target.data, target)
        return Document.examine(fetch_all(self.store, target, self.max_document_bytes), target)
