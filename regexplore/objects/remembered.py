"""A source as a store, for walks: what is remembered is not fetched again."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from regexplore.content.store import ReferrerLister, RootLister, TagLister, read_range
from regexplore.errors import UnsupportedError
from regexplore.objects.source import MAX_BLOB_BYTES, Source
from regexplore.oci import Descriptor, Document, media_types


class RememberedStore:
    """A read-only store over a source.

    Parameters
    ----------
    source
        Where documents are read and remembered.
    pinned
        Names that stand for documents read before, whatever they name in the registry by now.
    """

    def __init__(self, source: Source, pinned: Mapping[str, Document] | None = None) -> None:
        self._source = source
        self._pinned = dict(pinned or {})
        self._lister = source.store if isinstance(source.store, ReferrerLister) else None

    def resolve(self, reference: str, /) -> Descriptor:
        """Give what a tag or digest names."""
        return self._document(reference).descriptor

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, BinaryIO]:
        """Give what a tag or digest names, and its content."""
        document = self._document(reference)
        return document.descriptor, io.BytesIO(document.raw)

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        """Give content; documents and small blobs from memory if they are known, layers as `Source.open` does."""
        if media_types.is_manifest(target.media_type):
            return io.BytesIO(self._source.by_descriptor(target).raw)
        if target.size <= MAX_BLOB_BYTES and not media_types.is_layer(target.media_type):
            return io.BytesIO(self._source.blob(target))
        return self._source.open(target)

    def read_range(self, target: Descriptor, start: int, end: int, /) -> bytes:
        """Give a part of a blob; always asked."""
        return read_range(self._source.store, target, start, end)

    def exists(self, target: Descriptor, /) -> bool:
        """Whether the content is there; always asked."""
        return self._source.store.exists(target)

    def predecessors(self, target: Descriptor, /) -> list[Descriptor]:
        """Give what points at the target; always asked."""
        return self._source.store.predecessors(target)

    @property
    def referrers_capability(self) -> str:
        """What is known of the registry's referrers API; "" for what is no registry."""
        return str(getattr(self._source.store, "referrers_capability", ""))

    def referrer_pages(self, target: Descriptor, artifact_type: str = "") -> Iterator[list[Descriptor]]:
        """Yield the referrers of the target, page by page; always asked."""
        if self._lister is None:
            raise UnsupportedError(f"{self._source.name} cannot list referrers")
        return self._lister.referrer_pages(target, artifact_type)

    def tag_pages(self, last: str = "") -> Iterator[list[str]]:
        """Yield the tags, page by page; always asked."""
        store = self._source.store
        if not isinstance(store, TagLister):
            raise UnsupportedError(f"{self._source.name} cannot list tags")
        for page in store.tag_pages(last):
            self._source.see_tags(page)
            yield page

    def roots(self) -> list[Descriptor]:
        """Give content that is listed without a tag."""
        store = self._source.store
        return store.roots() if isinstance(store, RootLister) else []

    def _document(self, reference: str) -> Document:
        return self._pinned.get(reference) or self._source.by_reference(reference)
