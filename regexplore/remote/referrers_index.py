"""The referrers tag schema, written: an index under a tag made of the subject's digest.

Only for registries without the referrers API. Changes of one repository object to one index are merged into
batches, and everybody on this machine takes turns. Changes from other machines can still get in between a read and a
write: after a write the index is read again, and written again where something is missing. That is best effort; the
API has no such race.

Source: distribution-spec v1.1 "Referrers Tag Schema", "Pushing Manifests with Subject"; Go
``manifestStore.updateReferrersIndex``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from threading import Lock

from regexplore.errors import NotFoundError, ReferrersError, RegexploreError, UnsupportedError
from regexplore.oci import Descriptor, Digest, Index, media_types, referrers_tag
from regexplore.remote import manifest_delete, manifest_push
from regexplore.remote.exchange import Exchange
from regexplore.remote.turn import turn

MAX_ROUNDS = 5

IndexOf = Callable[[Descriptor], tuple[Descriptor, Index] | None]


@dataclass(frozen=True, slots=True)
class Change:
    """A referrer that comes or goes."""

    referrer: Descriptor
    added: bool


@dataclass(slots=True)
class _Batch:
    """Changes that wait to be written together, and everybody who waits for them."""

    changes: list[Change] = field(default_factory=list)
    done: Future[None] = field(default_factory=Future)


class ReferrersIndexes:
    """Keeps the indexes of one repository."""

    def __init__(self, exchange: Exchange, index_of: IndexOf) -> None:
        self._exchange = exchange
        self._index_of = index_of
        self._waiting: dict[Digest, _Batch] = {}
        self._writing: dict[Digest, Lock] = {}
        self._lock = Lock()

    def change(self, subject: Descriptor, change: Change) -> None:
        """Write a change to the index of a subject, together with others that come at the same time.

        Raises
        ------
        ReferrersError
            With the cause; when only the old index could not be deleted, everything else is in place.
        """
        with self._lock:
            batch = self._waiting.get(subject.digest)
            leads = batch is None
            if batch is None:
                batch = self._waiting[subject.digest] = _Batch()
            batch.changes.append(change)
            writing = self._writing.setdefault(subject.digest, Lock())
        if not leads:
            batch.done.result()
            return
        try:
            with writing:
                self._close(subject, batch)
                with turn(f"{self._exchange.reference.with_reference(subject.digest)}"):
                    self._update(subject, batch.changes)
        except BaseException as error:
            # Also an interrupt while waiting for the turn: nobody waits for a batch that nobody writes.
            self._close(subject, batch)
            batch.done.set_exception(error if isinstance(error, Exception) else _interrupted(subject))
            raise
        batch.done.set_result(None)

    def _close(self, subject: Descriptor, batch: _Batch) -> None:
        """From here on whoever comes waits for the next batch."""
        with self._lock:
            if self._waiting.get(subject.digest) is batch:
                del self._waiting[subject.digest]

    def _update(self, subject: Descriptor, changes: list[Change]) -> None:
        try:
            old = self._put(subject, changes)
        except RegexploreError as error:
            raise ReferrersError(ReferrersError.UPDATE, subject, str(error), hint=error.hint) from error
        if old is not None and not self._exchange.options.skip_referrers_gc:
            self._drop(subject, old)

    def _put(self, subject: Descriptor, changes: list[Change]) -> Descriptor | None:
        """Write the index until the changes are in it; returns the first one, if it became obsolete."""
        first: Descriptor | None = None
        for round_number in range(MAX_ROUNDS):
            found = self._index_of(subject)
            before = list(found[1].manifests) if found else []
            after = merged(before, changes)
            if after == before:
                return first
            if found is not None and round_number == 0:
                first = found[0]
            if not after and not self._exchange.options.skip_referrers_gc:
                return found[0] if found else None
            written = self._put_index(subject, after)
            if first is not None and first.digest == written:
                first = None
        raise UnsupportedError(
            f"the index was written {MAX_ROUNDS} times, and what is read back is still without the change",
            hint="Others may be writing it at the same time, or the registry gives the tag another meaning.",
        )

    def _put_index(self, subject: Descriptor, referrers: list[Descriptor]) -> Digest:
        content = index_bytes(referrers)
        described = Descriptor.from_bytes(media_types.OCI_INDEX, content)
        reference = self._exchange.reference.with_reference(referrers_tag(subject.digest))
        manifest_push.put_manifest(self._exchange, described, content, reference)
        return described.digest

    def _drop(self, subject: Descriptor, old: Descriptor) -> None:
        scopes = manifest_delete.delete_scopes(self._exchange, reading=False)
        try:
            manifest_delete.delete_manifest(self._exchange, old.digest, scopes=scopes)
        except NotFoundError:
            return
        except RegexploreError as error:
            raise ReferrersError(
                ReferrersError.DELETE, subject, f"the old index {old.digest} could not be deleted: {error}"
            ) from error


def _interrupted(subject: Descriptor) -> ReferrersError:
    """Who waited for a writer that was interrupted was not interrupted itself."""
    return ReferrersError(
        ReferrersError.UPDATE,
        subject,
        "the thread that wrote the index for several was interrupted",
        hint="The change may not be in the index; make it again.",
    )


def merged(before: Iterable[Descriptor], changes: Iterable[Change]) -> list[Descriptor]:
    """Apply changes to the entries of an index: order kept, doubles dropped, new entries last.

    Entries are the same when media type, digest and size are.
    """
    entries: dict[tuple[str, Digest, int], Descriptor] = {}
    for entry in before:
        entries.setdefault(_identity(entry), entry)
    wanted: dict[tuple[str, Digest, int], Change] = {_identity(change.referrer): change for change in changes}
    for identity, change in wanted.items():
        if not change.added:
            entries.pop(identity, None)
        elif identity not in entries:
            entries[identity] = change.referrer
    return list(entries.values())


def referrer_entry(manifest: Descriptor, artifact_type: str, annotations: dict[str, str]) -> Descriptor:
    """Return the entry that an index holds for a referrer."""
    return replace(manifest.plain(), artifact_type=artifact_type, annotations=annotations or None)


def index_bytes(manifests: Iterable[Descriptor]) -> bytes:
    """Return the bytes of an index; its entries in the order given."""
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [entry.to_json() for entry in manifests],
    }
    return json.dumps(tree, separators=(",", ":")).encode()


def _identity(entry: Descriptor) -> tuple[str, Digest, int]:
    return entry.media_type, entry.digest, entry.size
