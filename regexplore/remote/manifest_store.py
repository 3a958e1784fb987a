"""Manifests, read and written, with the referrers of what they refer to.

Source: Go ``registry.ManifestStore``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from regexplore.oci import Descriptor, Document, Reference, media_types
from regexplore.remote import manifest_delete, manifest_push
from regexplore.remote.auth.scope import scope_hints
from regexplore.remote.exchange import Exchange
from regexplore.remote.manifests import RemoteManifests
from regexplore.remote.referrers import Capability, Referrers
from regexplore.remote.referrers_index import Change, ReferrersIndexes, referrer_entry
from regexplore.remote.upload import push_scopes


class RemoteManifestStore(RemoteManifests):
    """The manifests of a repository (Go ``Repository.Manifests``).

    Examples
    --------
    >>> repo.manifests.resolve("v1.2") == repo.resolve("v1.2")
    True
    """

    def __init__(self, exchange: Exchange, parse_reference: Callable[[str], Reference]) -> None:
        super().__init__(exchange, parse_reference)
        self.referrers = Referrers(exchange, self)
        self._indexes = ReferrersIndexes(exchange, self.referrers.index_of)

    def push(self, expected: Descriptor, content: bytes | BinaryIO, /) -> None:
        """Upload a manifest under its digest.

        Raises
        ------
        ContentError, SizeExceedsLimitError
            The content is not what the descriptor says, or too large.
        ReferrersError
            The manifest is in place, but its subject's referrers index is not in order.
        ResponseError, TransportError, AuthError
        """
        self.push_reference(expected, content, expected.digest)

    def push_reference(self, expected: Descriptor, content: bytes | BinaryIO, reference: str, /) -> None:
        """Upload a manifest under a tag, or under its digest.

        Raises
        ------
        InvalidReferenceError, ContentError, SizeExceedsLimitError, ReferrersError, ResponseError,
        TransportError, AuthError
        """
        target = self._parse(reference)
        raw = manifest_push.read_manifest(self._exchange, expected, content)
        answered = manifest_push.put_manifest(self._exchange, expected, raw, target)
        self._index(expected, raw, answered)

    def tag(self, target: Descriptor, reference: str, /) -> None:
        """Give a manifest a tag: its bytes are fetched and sent again, and nothing else changes.

        Raises
        ------
        InvalidReferenceError, NotFoundError, ContentError, ResponseError, TransportError, AuthError
        """
        named = self._parse(reference)
        with scope_hints(self._exchange.reference.host, *push_scopes(self._exchange)):
            with self.fetch(target) as stream:
                raw = stream.read()
            manifest_push.put_manifest(self._exchange, target, raw, named)

    def delete(self, target: Descriptor, /) -> None:
        """Delete a manifest; where the registry has no referrers API, its entry in an index goes first.

        Raises
        ------
        NotFoundError, ReferrersError, ResponseError, TransportError, AuthError
        """
        state = self.referrers.state
        reading = (
            media_types.may_have_subject(target.media_type) and state.capability is not Capability.SUPPORTED
        )
        scopes = manifest_delete.delete_scopes(self._exchange, reading=reading)
        with scope_hints(self._exchange.reference.host, *scopes):
            subject = self._subject_of(target) if reading else None
            if subject is not None and self.referrers.probe() is Capability.UNSUPPORTED:
                self._indexes.change(subject, Change(target.plain(), added=False))
            manifest_delete.delete_manifest(self._exchange, target.digest, scopes=scopes)

    def _subject_of(self, target: Descriptor) -> Descriptor | None:
        with self.fetch(target) as stream:
            return Document.examine(stream.read(), target).subject

    def _index(self, expected: Descriptor, raw: bytes, answered: str) -> None:
        """Keep the index of the subject, unless the registry does."""
        state = self.referrers.state
        if state.capability is Capability.SUPPORTED or not media_types.may_have_subject(expected.media_type):
            return
        document = Document.examine(raw, expected)
        subject = document.subject
        if subject is None:
            return
        if answered == subject.digest and self.referrers.probe() is Capability.SUPPORTED:
            return
        state.learn(Capability.UNSUPPORTED)
        entry = referrer_entry(expected, document.artifact_type, dict(document.annotations))
        self._indexes.change(subject, Change(entry, added=True))
