"""Finding what refers to a manifest: directly, or to its children and to the referrers themselves as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from regexplore.content.pool import map_bounded
from regexplore.content.referrers import list_referrers
from regexplore.content.store import ReadOnlyStore
from regexplore.frames.facts import attested, is_attestation, is_platform, told
from regexplore.frames.found import Found
from regexplore.frames.origin import Origin
from regexplore.oci import Descriptor, Digest, Document, Index

MAX_DEPTH = 8
MAX_FOUND = 5_000

INDEX_CHANNEL = "index"


@dataclass(frozen=True, slots=True)
class Subject:
    """A manifest whose referrers are asked for."""

    descriptor: Descriptor
    platform: str = ""


@dataclass(frozen=True, slots=True)
class ReferrerSearch:
    """Lists referrers of subjects, level by level, each subject once.

    Parameters
    ----------
    store
        Where referrers are listed.
    origin
        Learns what could not be read and which limit was reached.
    executor
        Where to run instead of own threads.
    """

    store: ReadOnlyStore
    origin: Origin
    executor: Executor | None = None

    def direct(self, target: Descriptor, artifact_type: str = "") -> list[Found]:
        """Give the referrers of one manifest.

        Raises
        ------
        RegexploreError
            They could not be listed.
        """
        referrers = list_referrers(self.store, target, artifact_type)
        return [Found(referrer, target.digest, self._channel()) for referrer in referrers]

    def recursive(self, document: Document, artifact_type: str = "") -> list[Found]:
        """Give the referrers of a manifest, of its platforms, and of those referrers, down to `MAX_DEPTH`.

        The type is compared here and not by the registry: what refers to an artifact of another type counts.
        """
        found: list[Found] = list(beside_platforms(document))
        level = [Subject(document.descriptor), *_platforms(document)]
        asked: set[Digest] = set()
        for depth in range(1, MAX_DEPTH + 1):
            level = _first_of_each(subject for subject in level if subject.descriptor.digest not in asked)
            asked.update(subject.descriptor.digest for subject in level)
            if not level:
                break
            new = self._level(level, depth)
            found += new
            level = [Subject(one.referrer, one.platform) for one in new]
            if len(found) > MAX_FOUND:
                self.origin.partial(f"more than {MAX_FOUND:,} referrers: the search stopped at depth {depth}")
                break
        else:
            if level:
                self.origin.partial(f"referrers of referrers are followed to depth {MAX_DEPTH}")
        return [one for one in found if artifact_type in ("", one.referrer.artifact_type)]

    def _level(self, subjects: Sequence[Subject], depth: int) -> list[Found]:
        def listed(subject: Subject) -> list[Descriptor]:
            return list_referrers(self.store, subject.descriptor)

        outcomes = map_bounded(listed, subjects, executor=self.executor)
        if outcomes.interrupted:
            self.origin.partial("stopped while referrers were listed")
        found: list[Found] = []
        for outcome in outcomes:
            subject = outcome.item
            if outcome.error is not None:
                self.origin.partial(f"referrers of {subject.descriptor.digest}: {told(outcome.error)}")
                continue
            found += [
                Found(referrer, subject.descriptor.digest, self._channel(), depth, subject.platform)
                for referrer in outcome.result()
            ]
        return found

    def _channel(self) -> str:
        """Give how the store lists referrers, as far as it is known after it did."""
        return str(getattr(self.store, "referrers_channel", "store"))


def beside_platforms(document: Document) -> Iterator[Found]:
    """Give the attestations that BuildKit keeps in an index beside the images they are about."""
    if not isinstance(document, Index):
        return
    platforms = {str(child.digest): str(child.platform) for child in document.manifests if is_platform(child)}
    for child in document.manifests:
        if is_attestation(child):
            subject = attested(child) or ""
            yield Found(child, subject, INDEX_CHANNEL, 1, platforms.get(subject, ""))


def _first_of_each(subjects: Iterable[Subject]) -> list[Subject]:
    """Give each manifest once: one image may stand for several platforms."""
    first: dict[Digest, Subject] = {}
    for subject in subjects:
        first.setdefault(subject.descriptor.digest, subject)
    return list(first.values())


def _platforms(document: Document) -> list[Subject]:
    children = document.manifests if isinstance(document, Index) else ()
    return [Subject(child, str(child.platform)) for child in children if is_platform(child)]
