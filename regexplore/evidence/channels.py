"""Asking a store about one manifest: referrers API, referrers tag, cosign's tags. One question, one answer each.

A list of the repository's tags saves requests: only tags that exist are asked for. What a registry can do is
learnt once; where it has no referrers API, that is not asked for again.

Source: distribution-spec v1.1 "Listing Referrers", "Unavailable Referrers API"; cosign ``SIGNATURE_SPEC.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from regexplore.content.reference_tags import reference_tags_of
from regexplore.content.referrers import are_referrers
from regexplore.content.store import ReadOnlyStore, ReferenceFetcher, ReferrerLister, fetch_all, read_all
from regexplore.errors import NotFoundError, RegexploreError, UnsupportedError
from regexplore.evidence.limits import MAX_REFERRERS
from regexplore.evidence.looks import FAILED, FOUND, NONE
from regexplore.evidence.looks import UNSUPPORTED as NOT_THERE
from regexplore.evidence.piece import COSIGN_TAG, REFERRERS_API, REFERRERS_TAG, SCAN
from regexplore.oci import Descriptor, Digest, Document, Index, referrers_tag

KNOWN, UNSUPPORTED, UNKNOWN = "supported", "unsupported", "unknown"
NO_API = "the registry has no referrers API"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one channel gave: an outcome, the manifests it lists, and why they may not be all."""

    channel: str
    outcome: str
    listed: tuple[Descriptor, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of a store. May be asked from many threads.

    Parameters
    ----------
    store : ReadOnlyStore
    tags : collection of str or None
        All tags of the repository; None when they are not known, then every tag is asked for.
    read : dict
        Documents that came under a tag, by digest: they need not be fetched again.
    """

    store: ReadOnlyStore
    tags: Collection[str] | None
    read: dict[Digest, Document] = field(default_factory=dict)

    @property
    def capability(self) -> str:
        """What is known of the referrers API; "" for a store that is no registry."""
        return str(getattr(self.store, "referrers_capability", ""))

    def ask(self, target: Descriptor) -> list[Answer]:
        """Ask every channel about a manifest. Never raises for what the store answers."""
        if not self.capability:
            # A folder or memory knows every manifest in it, and so their subjects.
            return [
                Answer(REFERRERS_API, NOT_THERE, reason="not a registry"),
                _answer(SCAN, lambda: self._referrers(target)),
                _answer(REFERRERS_TAG, lambda: self._under_schema_tag(target.digest)),
                _answer(COSIGN_TAG, lambda: self._under_cosign_tags(target.digest)),
            ]
        return [
            *self._api_and_schema_tag(target),
            _answer(COSIGN_TAG, lambda: self._under_cosign_tags(target.digest)),
        ]

    def _api_and_schema_tag(self, target: Descriptor) -> list[Answer]:
        if self.capability == UNSUPPORTED:
            return [
                Answer(REFERRERS_API, NOT_THERE, reason=NO_API),
                _answer(REFERRERS_TAG, lambda: self._under_schema_tag(target.digest)),
            ]
        listed = _answer(REFERRERS_API, lambda: self._referrers(target))
        if self.capability == UNSUPPORTED:
            # It was learnt just now; the client went on and asked for the tag.
            return [
                Answer(REFERRERS_API, NOT_THERE, reason=NO_API),
                Answer(REFERRERS_TAG, listed.outcome, listed.listed, listed.reason),
            ]
        if self.tags is None:
            return [listed, Answer(REFERRERS_TAG, NONE, reason="not needed where the API answers")]
        return [listed, _answer(REFERRERS_TAG, lambda: self._under_schema_tag(target.digest))]

    def _referrers(self, target: Descriptor) -> Iterable[Descriptor]:
        """Give what the store lists, as it lists it: the manifests themselves are read later anyway.

        Of a store that keeps no such list, what points at a manifest may be an index that holds it: that is read now.
        """
        if not isinstance(self.store, ReferrerLister):
            return are_referrers(self.store, self.store.predecessors(target), target)
        return (entry for page in self.store.referrer_pages(target) for entry in page)

    def _under_schema_tag(self, subject: Digest) -> Iterable[Descriptor]:
        document = self._by_tag(referrers_tag(subject))
        # Some registries read the tag as the digest that it spells.
        if document is None or document.descriptor.digest == subject:
            return ()
        if not isinstance(document, Index):
            raise UnsupportedError("what is under the referrers tag is no index, so it lists nothing")
        return document.manifests

    def _under_cosign_tags(self, subject: Digest) -> Iterable[Descriptor]:
        _, *tags = reference_tags_of(subject)
        for tag in tags:
            document = self._by_tag(tag)
            if document is not None:
                yield document.descriptor

    def _by_tag(self, tag: str) -> Document | None:
        if self.tags is not None and tag not in self.tags:
            return None
        try:
            if isinstance(self.store, ReferenceFetcher):
                descriptor, stream = self.store.fetch_reference(tag)
                raw = read_all(stream, descriptor)
            else:
                descriptor = self.store.resolve(tag)
                raw = fetch_all(self.store, descriptor)
        except NotFoundError:
            return None
        document = self.read[descriptor.digest] = Document.examine(raw, descriptor)
        return document


def _answer(channel: str, listing: Callable[[], Iterable[Descriptor]]) -> Answer:
    """Gather a listing as far as it goes: what came before a failure counts."""
    listed: list[Descriptor] = []
    try:
        for entry in listing():
            listed.append(entry)
            if len(listed) >= MAX_REFERRERS:
                reason = f"more than {MAX_REFERRERS:,} referrers: the rest was not read"
                return Answer(channel, FOUND, tuple(listed), reason)
    except UnsupportedError as error:
        return Answer(channel, NONE, reason=str(error))
    except RegexploreError as error:
        return Answer(channel, FAILED, tuple(listed), f"{type(error).__name__}: {error}")
    return Answer(channel, FOUND if listed else NONE, tuple(listed))
