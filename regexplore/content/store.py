"""What a source of content can do, as small protocols; a function asks for the least that it needs.

A remote repository, an OCI layout on disk and a `MemoryStore` are all a `ReadOnlyStore`. What only some
can do (list tags, list referrers, fetch by tag in one go) has a protocol of its own.

Source: oras-go ``content`` (``Resolver``, ``Fetcher``, ``ReadOnlyStorage``, ``PredecessorFinder``),
``oras.ReadOnlyGraphTarget`` and ``registry.TagLister``, ``registry.ReferrerLister``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, Protocol, runtime_checkable

from regexplore.errors import ShortContentError, SizeExceedsLimitError, TrailingDataError
from regexplore.oci import Descriptor

MAX_DOCUMENT_BYTES = 4 << 20
"""The most that is read of a manifest or index; registries refuse larger ones (distribution-spec)."""


class Resolver(Protocol):
    """Turns a tag or digest into a descriptor."""

    def resolve(self, reference: str, /) -> Descriptor:
        """Return the descriptor that a tag or digest names.

        Raises
        ------
        NotFoundError
            Nothing goes by that name.
        """


class Fetcher(Protocol):
    """Gives the bytes of a descriptor."""

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        """Open the content; reading to the end verifies it.

        Raises
        ------
        NotFoundError
            The content is not there.
        """


@runtime_checkable
class ReadOnlyStore(Resolver, Fetcher, Protocol):
    """Anything to explore: resolves, fetches, and knows what points at what (``ReadOnlyGraphTarget``)."""

    def exists(self, target: Descriptor, /) -> bool:
        """Whether the content is there."""

    def predecessors(self, target: Descriptor, /) -> list[Descriptor]:
        """Return what points at the target: for a registry its referrers, locally every parent."""


@runtime_checkable
class TagLister(Protocol):
    """A store that can list its tags."""

    def tag_pages(self, last: str = "") -> Iterator[list[str]]:
        """Yield the tags after ``last``, page by page."""


@runtime_checkable
class ReferrerLister(Protocol):
    """A store that can tell referrers from other predecessors."""

    def referrer_pages(self, target: Descriptor, artifact_type: str = "") -> Iterator[list[Descriptor]]:
        """Yield the manifests whose subject is the target, page by page."""


@runtime_checkable
class RootLister(Protocol):
    """A store that knows content which no tag leads to."""

    def roots(self) -> list[Descriptor]:
        """Return where a walk over everything may begin, beside the tags."""


@runtime_checkable
class ReferenceFetcher(Protocol):
    """A store that resolves and fetches in one go."""

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, BinaryIO]:
        """Return the descriptor that a tag or digest names, and its content opened."""


@runtime_checkable
class RangeReader(Protocol):
    """A store that gives a part of a blob without the rest."""

    def read_range(self, target: Descriptor, start: int, end: int, /) -> bytes:
        """Return the bytes from ``start`` up to ``end``.

        Raises
        ------
        NotSeekableError
            It serves no ranges after all.
        """


@runtime_checkable
class WholeFetcher(Protocol):
    """A store with a shorter way to small content than a file."""

    def fetch_whole(self, target: Descriptor, limit: int, /) -> bytes:
        """Return the content, verified; refuse more than ``limit`` bytes."""


def read_range(store: Fetcher, target: Descriptor, start: int, end: int) -> bytes:
    """Return a part of a blob, by the cheapest way that the store has.

    Raises
    ------
    NotSeekableError
        The store serves no ranges.
    RegexploreError
        Whatever the store raises.
    """
    if isinstance(store, RangeReader):
        return store.read_range(target, start, end)
    with store.fetch(target) as stream:
        stream.seek(start)
        return _read_up_to(stream, end - start)


def read_all(stream: BinaryIO, target: Descriptor, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Read and close a stream, and check that it holds exactly what the descriptor promises.

    Source: Go ``content.ReadAll``.

    Raises
    ------
    SizeExceedsLimitError
        The descriptor promises more than ``limit``; nothing is read.
    ShortContentError, TrailingDataError, MismatchedDigestError
        The bytes are not those of the descriptor.
    """
    with stream:
        if target.size > limit:
            raise SizeExceedsLimitError(f"{target.digest} has {target.size} bytes, the limit is {limit}")
        content = _read_up_to(stream, target.size + 1)
    if len(content) < target.size:
        raise ShortContentError(f"{target.digest} ended after {len(content)} of {target.size} bytes")
    if len(content) > target.size:
        raise TrailingDataError(f"{target.digest} goes on after {target.size} bytes")
    target.digest.verify(content)
    return content


def fetch_all(store: Fetcher, target: Descriptor, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Fetch the content of a descriptor, checked (Go ``content.FetchAll``).

    Raises
    ------
    NotFoundError
        The content is not there.
    SizeExceedsLimitError, ContentError
        As in `read_all`.
    """
    if target.size > limit:
        raise SizeExceedsLimitError(f"{target.digest} has {target.size} bytes, the limit is {limit}")
    if not _fetches_whole(type(store)):
        return read_all(store.fetch(target), target, limit)
    content: bytes = store.fetch_whole(target, limit)  # type: ignore[attr-defined]  # asked above, once for a class
    if len(content) != target.size:
        error = ShortContentError if len(content) < target.size else TrailingDataError
        raise error(f"{target.digest} has {len(content)} bytes, the descriptor says {target.size}")
    return content


@lru_cache
def _fetches_whole(kind: type) -> bool:
    return issubclass(kind, WholeFetcher)


def _read_up_to(stream: BinaryIO, size: int) -> bytes:
    """Read until ``size`` or the end: one read of a socket may give less than was asked for."""
    parts = []
    while size > 0 and (part := stream.read(min(size, 1 << 16))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
