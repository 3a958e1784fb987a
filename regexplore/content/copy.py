"""Copying between stores: a reference, everything it points at, and what refers to it.

Blobs go before the manifests that name them, children before their index, subjects before their referrers; so a
target never holds a manifest without its parts, and a copy that was stopped goes on where it ended: what is there is
not sent again.

Source: Go ``oras.Copy``, ``oras.ExtendedCopy``.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock
from typing import BinaryIO, Protocol, cast, runtime_checkable

from regexplore.content.pool import WORKERS, map_bounded
from regexplore.content.referrers import list_referrers
from regexplore.content.store import ReadOnlyStore, fetch_all
from regexplore.errors import ReferrersError, ServerError, TransportError
from regexplore.oci import Descriptor, Digest, Document, media_types
from regexplore.remote.repository import RemoteRepository

TRIES = 3
MAX_DEPTH = 32
COPIED, MOUNTED, THERE, LEFT_OUT = "copied", "mounted", "there already", "left out"


@runtime_checkable
class Target(Protocol):
    """A store to copy to."""

    def exists(self, target: Descriptor, /) -> bool:
        """Whether the content is there."""

    def push(self, expected: Descriptor, content: bytes | BinaryIO, /) -> None:
        """Take content."""

    def tag(self, target: Descriptor, reference: str, /) -> None:
        """Give a manifest a name."""


@dataclass(slots=True)
class CopyOutcome:
    """What a copy did.

    Attributes
    ----------
    root : Descriptor
        What the reference names.
    done : dict of Digest to str
        What became of each piece of content: ``copied``, ``mounted``, ``there already``, ``left out``.
    copied_bytes : int
        Bytes that went through here.
    notes : list of str
        What was left out, and why.
    complete : bool
        Whether everything that was asked for is at the target.
    """

    root: Descriptor
    done: dict[Digest, str] = field(default_factory=dict)
    copied_bytes: int = 0
    notes: list[str] = field(default_factory=list)
    complete: bool = False

    def count(self, what: str) -> int:
        """How many pieces of content had that fate."""
        return sum(fate == what for fate in self.done.values())


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be sent: blobs, and manifests level by level."""

    blobs: list[Descriptor]
    levels: list[list[tuple[Descriptor, bytes]]]


OnResult = Callable[[Descriptor, str], None]


def copy_graph(
    source: ReadOnlyStore,
    root: Descriptor,
    target: Target,
    *,
    referrers: bool = False,
    workers: int = WORKERS,
    cancel: Event | None = None,
    on_result: OnResult = lambda _descriptor, _fate: None,
) -> CopyOutcome:
    """Copy a manifest with everything below it, and with what refers to any of it.

    Interrupts keep what arrived; the outcome says that it is not complete.

    Raises
    ------
    RegexploreError
        Something could not be read or written. What was copied before stays, and is not sent again next time.
    """
    outcome = CopyOutcome(root)
    copier = _Copier(source, target, outcome, on_result)
    plan = copier.plan(root, referrers=referrers)
    steps: list[list[Callable[[], None]]] = [[partial(copier.blob, blob) for blob in plan.blobs]]
    steps += [[partial(copier.manifest, *item) for item in level] for level in plan.levels]
    for step in steps:
        outcomes = map_bounded(lambda call: call(), step, workers=workers, cancel=cancel)
        for one in outcomes:
            one.result()
        if outcomes.interrupted:
            outcome.notes.append("stopped before everything was copied; copy again to go on")
            return outcome
    outcome.complete = True
    return outcome


class _Copier:
    def __init__(
        self, source: ReadOnlyStore, target: Target, outcome: CopyOutcome, on_result: OnResult
    ) -> None:
        self._source = source
        self._target = target
        self._outcome = outcome
        self._on_result = on_result
        self._lock = Lock()

    # ---- what to do ------------------------------------------------------------------------------

    def plan(self, root: Descriptor, *, referrers: bool) -> _Plan:
        """Walk the source, and put what is there into the order in which it may be sent."""
        blobs: dict[Digest, Descriptor] = {}
        documents: dict[Digest, tuple[Descriptor, bytes]] = {}
        depths: dict[Digest, int] = {}
        waiting = [(root, 0)]
        while waiting:
            descriptor, depth = waiting.pop()
            # A manifest is sent after everything that is deeper than it; referrers count upwards from there.
            known = depths.get(descriptor.digest)
            if (known is not None and known >= depth) or depth > MAX_DEPTH:
                continue
            depths[descriptor.digest] = depth
            if known is not None:
                document = Document.examine(documents[descriptor.digest][1], descriptor)
            else:
                raw = fetch_all(self._source, descriptor)
                documents[descriptor.digest] = (descriptor, raw)
                document = Document.examine(raw, descriptor)
                if referrers:
                    waiting += [(found, depth - 1) for found in list_referrers(self._source, descriptor)]
            for child in document.successors():
                if document.subject is not None and child.digest == document.subject.digest:
                    continue
                if media_types.is_manifest(child.media_type):
                    waiting.append((child, depth + 1))
                else:
                    blobs.setdefault(child.digest, child)
        order = sorted({depths[digest] for digest in documents}, reverse=True)
        levels = [[documents[d] for d in documents if depths[d] == depth] for depth in order]
        # The largest first: the last one to end should not have been the last to begin.
        return _Plan(sorted(blobs.values(), key=lambda blob: -blob.size), levels)

    # ---- doing it --------------------------------------------------------------------------------

    def blob(self, blob: Descriptor) -> None:
        """Bring one blob over, by the cheapest way."""
        if self._target.exists(blob):
            self._note(blob, THERE)
        elif blob.urls and media_types.is_nondistributable(blob.media_type) and not self._source.exists(blob):
            self._note(blob, LEFT_OUT)
            self._outcome.notes.append(f"{blob.digest} is to be had elsewhere only, and was left out")
        elif self._may_mount():
            self._mount(blob)
        else:
            self._again(lambda: self._target.push(blob, self._opened(blob)))
            self._note(blob, COPIED, blob.size)

    def manifest(self, descriptor: Descriptor, raw: bytes) -> None:
        """Bring one manifest over; everything it names is there."""
        if self._target.exists(descriptor):
            self._note(descriptor, THERE)
            return
        try:
            self._again(lambda: self._target.push(descriptor.plain(), raw))
        except ReferrersError as error:
            if not error.is_referrers_index_delete:
                raise
            self._outcome.notes.append(f"an old referrers index stays: {error}")
        self._note(descriptor, COPIED, len(raw))

    def _mount(self, blob: Descriptor) -> None:
        source = cast("RemoteRepository", self._source)
        moved: list[Descriptor] = []

        def get_content() -> BinaryIO:
            moved.append(blob)
            return self._opened(blob)

        def mount() -> None:
            cast("RemoteRepository", self._target).mount(blob, source.reference.repository, get_content)

        self._again(mount)
        self._note(blob, COPIED if moved else MOUNTED, blob.size if moved else 0)

    def _may_mount(self) -> bool:
        return (
            isinstance(self._source, RemoteRepository)
            and isinstance(self._target, RemoteRepository)
            and self._source.reference.host == self._target.reference.host
        )

    def _opened(self, blob: Descriptor) -> BinaryIO:
        return cast("BinaryIO", _Forward(self._source.fetch(blob)))

    def _again(self, call: Callable[[], None]) -> None:
        """Try a few times where a line broke: what is streamed cannot be rewound, but it can be fetched again."""
        for left in range(TRIES - 1, -1, -1):
            try:
                call()
            except (TransportError, ServerError):
                if not left:
                    raise
            else:
                return

    def _note(self, descriptor: Descriptor, fate: str, moved: int = 0) -> None:
        with self._lock:
            self._outcome.done[descriptor.digest] = fate
            self._outcome.copied_bytes += moved
        self._on_result(descriptor, fate)


class _Forward(io.RawIOBase):
    """A stream that is read forward only, so that its digest stays checked."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)

    def close(self) -> None:
        self._stream.close()
        super().close()
