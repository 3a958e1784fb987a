"""A store with a memory: documents are fetched once, and what was seen can be told without asking again.

Everything a notebook holds reads through this, so that a digest known in this process costs no request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future
from threading import Lock
from typing import Any, BinaryIO

from regexplore.content.cache import ContentCache
from regexplore.content.store import MAX_DOCUMENT_BYTES, ReadOnlyStore, ReferenceFetcher, fetch_all, read_all
from regexplore.errors import RegexploreError, SizeExceedsLimitError
from regexplore.oci import Descriptor, Digest, Document, Manifest, media_types
from regexplore.oci.digest import is_digest
from regexplore.oci.document import hashed_part

MAX_CONFIG_BYTES = 8 << 20
MAX_BLOB_BYTES = 4 << 20
"""Blobs up to this size are remembered: evidence, not layers."""
MAX_TAGS_SEEN = 20_000
"""Names that are remembered for completion and for cards."""
MAX_LAYERS_SEEN = 100_000
"""Layers of which is remembered who holds them."""


class Source:
    """Reads documents from a store and remembers them.

    Parameters
    ----------
    store
        A repository, a layout, or anything else that resolves and fetches.
    name
        What references begin with: ``localhost:5000/demo/app``.
    requests
        Gives the number of requests sent so far; None when there are none to count.
    settle
        Called in the caller's thread when work of several threads has ended.
    cache
        Where what was read is remembered; one of its own without it.
    """

    def __init__(
        self,
        store: ReadOnlyStore,
        name: str,
        requests: Callable[[], int] | None = None,
        settle: Callable[[], None] = lambda: None,
        cache: ContentCache | None = None,
    ) -> None:
        self.store = store
        self.name = name
        self.requests = requests
        self.settle = settle
        self._whole = store if isinstance(store, ReferenceFetcher) else None
        self._lock = Lock()
        self._place = (cache or ContentCache()).place(name)
        self._flights: dict[Digest, Future[Document]] = {}
        # What a tag named when it was fetched; None for tags that were only listed.
        self._tags: OrderedDict[str, Digest | None] = OrderedDict()
        self._holders: OrderedDict[Digest, set[Digest]] = OrderedDict()

    def by_reference(self, reference: str) -> Document:
        """Fetch what a tag or digest names.

        A tag always costs one request, for it may have moved; a known digest costs none. A tag that was fetched
        before is only asked for its digest, and what that names is not sent again.

        Raises
        ------
        NotFoundError
            Nothing goes by that name.
        RegexploreError
            It could not be fetched, or its bytes are not those of its digest.
        """
        if is_digest(reference):
            digest = Digest(reference)
            return self._known(digest) or self._shared_flight(digest, lambda: self._named(reference))
        document = self._unmoved(reference) or self._named(reference)
        self._name(reference, document.descriptor)
        return document

    def _named(self, reference: str) -> Document:
        if self._whole is not None:
            descriptor, stream = self._whole.fetch_reference(reference)
            raw = _read_document(stream, descriptor)
        else:
            descriptor = self.store.resolve(reference)
            raw = fetch_all(self.store, descriptor)
        return self._remember(Document.examine(raw, descriptor))

    def _unmoved(self, tag: str) -> Document | None:
        """Give the document of a tag that was fetched before and names what is known; None for any other."""
        digest = self._place.named(tag)
        before = self._known(digest) if digest is not None else None
        if before is None:
            return None
        try:
            now = self.store.resolve(tag)
        except RegexploreError:
            # Not every registry answers HEAD; what is wrong beyond that, the GET that follows will tell.
            return None
        return before if now.digest == digest else self._known(now.digest)

    def blob(self, descriptor: Descriptor) -> bytes:
        """Give the content of a small blob, verified; what was fetched before is not fetched again.

        Raises
        ------
        RegexploreError
            It could not be fetched, or its bytes are not those of its digest.
        """
        known = self._place.blob(descriptor)
        if known is not None:
            return known
        return self._place.keep_blob(descriptor, fetch_all(self.store, descriptor, MAX_BLOB_BYTES))

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """Open a blob of any size; where the cache has it, or is to have it, that costs the registry nothing more.

        Raises
        ------
        RegexploreError
            It could not be opened.
        """
        return self._place.open(descriptor, self.store)

    def worked_out(self, key: Hashable) -> Any:
        """Give what was worked out from verified content before, such as the listing of a layer; None if not."""
        return self._place.worked_out(key)

    def keep_worked_out(self, key: Hashable, value: Any, cost: int) -> None:
        """Remember what was worked out from verified content, and costs so many bytes."""
        self._place.keep_worked_out(key, value, cost)

    def by_descriptor(self, descriptor: Descriptor) -> Document:
        """Give the document of a descriptor; threads that ask for the same one share one request.

        Raises
        ------
        RegexploreError
            It could not be fetched, or its bytes are not those of its digest.
        """
        known = self._known(descriptor.digest) or self._shared_flight(
            descriptor.digest, lambda: self._remember(self._read(descriptor))
        )
        if known.media_type == descriptor.media_type:
            return known
        # The same bytes under another media type are another document, but no other request.
        return Document.examine(known.raw, descriptor)

    def _shared_flight(self, digest: Digest, read: Callable[[], Document]) -> Document:
        with self._lock:
            flight = self._flights.get(digest)
            if flight is None:
                own = self._flights[digest] = Future()
        if flight is not None:
            return flight.result()
        try:
            # It may have arrived since it was looked for.
            own.set_result(self._known(digest) or read())
        except BaseException as error:
            own.set_exception(error)
        finally:
            with self._lock:
                del self._flights[digest]
        return own.result()

    def __reduce__(self) -> tuple[type[Source], tuple[ReadOnlyStore, str]]:
        # Another process remembers for itself.
        return Source, (self.store, self.name)

    def see_tags(self, tags: Iterable[str]) -> None:
        """Remember names of tags, for completion; what they name is not known by that."""
        with self._lock:
            room = MAX_TAGS_SEEN - len(self._tags)
            fresh = [tag for tag in tags if tag not in self._tags]
            self._tags.update(dict.fromkeys(fresh[: max(room, 0)]))

    def tags_seen(self) -> list[str]:
        """Give the tags that were listed or fetched so far."""
        with self._lock:
            return [*self._tags]

    def digest_of(self, tag: str) -> Digest | None:
        """Give what a tag named when it was last fetched; None if it was not."""
        with self._lock:
            return self._tags.get(tag)

    def tags_of(self, digest: str) -> list[str]:
        """Give the tags that were fetched so far and named this digest then."""
        with self._lock:
            return [tag for tag, named in self._tags.items() if named == digest]

    def sharers(self, layer: Digest, besides: Digest) -> list[str]:
        """Give the names of other manifests read so far that hold a layer."""
        with self._lock:
            holders = sorted(self._holders.get(layer, set()) - {besides})
        return [name for holder in holders for name in (self.tags_of(holder) or [holder.short])]

    def _known(self, digest: Digest) -> Document | None:
        return self._place.document(digest)

    def _read(self, descriptor: Descriptor) -> Document:
        inline = descriptor.data
        if inline is not None and len(inline) == descriptor.size and descriptor.digest.matches(inline):
            return Document.examine(inline, descriptor)
        return Document.examine(fetch_all(self.store, descriptor, MAX_CONFIG_BYTES), descriptor)

    def _remember(self, document: Document) -> Document:
        if isinstance(document, Manifest):
            with self._lock:
                for layer in document.layers:
                    self._holders.setdefault(layer.digest, set()).add(document.descriptor.digest)
                while len(self._holders) > MAX_LAYERS_SEEN:
                    self._holders.popitem(last=False)
        return self._place.keep_document(document)

    def _name(self, tag: str, target: Descriptor) -> None:
        self._place.name_tag(tag, target)
        with self._lock:
            self._tags[tag] = target.digest
            if len(self._tags) > MAX_TAGS_SEEN:
                self._tags.popitem(last=False)


def _read_document(stream: BinaryIO, descriptor: Descriptor) -> bytes:
    if not media_types.is_schema1(descriptor.media_type):
        return read_all(stream, descriptor)
    # The digest of a signed schema 1 manifest is not that of all its bytes.
    with stream:
        raw = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise SizeExceedsLimitError(f"{descriptor.digest} has more than {MAX_DOCUMENT_BYTES} bytes")
    descriptor.digest.verify(hashed_part(raw, descriptor.media_type))
    return raw
