"""The content cache: what was fetched and verified once is not fetched again.

In memory, within a bound; and, where a folder is given, on disk, for the next session and for other tools. Its key is
the digest, and with it the repository that showed the content: a registry is never credited with what another one
holds. Tags are only remembered as a hint what to ask for; what they name now is always asked.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, BinaryIO

from regexplore.content.bounded_memory import BoundedMemory
from regexplore.content.cache_folder import CacheFolder
from regexplore.content.cache_journal import Journal
from regexplore.content.kept_stream import KeptStream
from regexplore.content.store import ReadOnlyStore
from regexplore.oci import Descriptor, Digest, Document

MEMORY_BYTES = 256 << 20

# Bytes, typed view and all: measured on manifests and configs, which take two to four times their bytes.
_DOCUMENT_FACTOR, _OVERHEAD = 4, 1024
_TAG_COST = 512
# Of the memory, for what was worked out from content: it never drives out the documents.
_WORKED_OUT_SHARE = 4


@dataclass
class Saved:
    """What the cache answered instead of a registry.

    Attributes
    ----------
    answers : int
        How often content came from memory or disk.
    bytes : int
        How much.
    from_disk : int
        How many of the answers came from the folder.
    """

    answers: int = 0
    bytes: int = 0
    from_disk: int = 0


class ContentCache:
    """What the repositories of one registry object share.

    Parameters
    ----------
    memory_bytes
        Bound of what is kept in memory, with the typed views of documents.
    folder
        Where content is kept between sessions; None for memory alone.
    layers
        Whether layers are kept in the folder, too.
    """

    def __init__(
        self, memory_bytes: int = MEMORY_BYTES, folder: CacheFolder | None = None, *, layers: bool = False
    ) -> None:
        self.memory = BoundedMemory(memory_bytes)
        self.worked_out = BoundedMemory(memory_bytes // _WORKED_OUT_SHARE)
        self.folder = folder
        self.layers = layers
        self.saved = Saved()
        self._lock = Lock()

    def place(self, name: str) -> Place:
        """Give the part of one repository, named with its registry."""
        return Place(self, name)

    def answered(self, size: int, *, from_disk: bool = False) -> None:
        """Count an answer that did not come from a registry."""
        with self._lock:
            self.saved.answers += 1
            self.saved.bytes += size
            self.saved.from_disk += from_disk

    def __repr__(self) -> str:
        return f"<ContentCache {self.saved.answers} answers, {self.memory.used} bytes in memory>"


class Place:
    """What one repository holds, as far as the cache has seen it."""

    def __init__(self, cache: ContentCache, name: str) -> None:
        self.cache = cache
        self.name = name
        self._disk = None if cache.folder is None else _PlaceOnDisk(cache.folder, name)

    # ---- tags ------------------------------------------------------------------------------------

    def named(self, tag: str) -> Digest | None:
        """Give what a tag named when it was last fetched; it may name something else by now."""
        held: Digest | None = self.cache.memory.get((self.name, tag, "tag"))
        if held is not None or self._disk is None:
            return held
        noted = self._disk.journal.tag(tag)
        return None if noted is None else noted.digest

    def name_tag(self, tag: str, target: Descriptor) -> None:
        """Note what a tag names now; for later sessions and other tools, too, where there is a folder."""
        self.cache.memory.put((self.name, tag, "tag"), target.digest, _TAG_COST)
        if self._disk is not None and self._disk.journal.add(target, tag):
            self._disk.folder.name(f"{self.name}:{tag}", target)

    # ---- what was worked out ---------------------------------------------------------------------

    def worked_out(self, key: Hashable) -> Any:
        """Give what was worked out from verified content of this repository; None if it was not, or is gone."""
        return self.cache.worked_out.get((self.name, key))

    def keep_worked_out(self, key: Hashable, value: Any, cost: int) -> None:
        """Keep what was worked out from verified content, and costs so many bytes."""
        self.cache.worked_out.put((self.name, key), value, cost)

    # ---- documents and small blobs ---------------------------------------------------------------

    def document(self, digest: Digest) -> Document | None:
        """Give a document of this repository that was seen before; costs no request."""
        held: Document | None = self.cache.memory.get((self.name, digest))
        if held is not None:
            self.cache.answered(len(held.raw))
            return held
        content = self._from_disk(digest)
        if content is None:
            return None
        return self._remember(Document.examine(*content))

    def keep_document(self, document: Document) -> Document:
        """Take a document that was fetched and verified."""
        self._to_disk(document.descriptor, document.raw)
        return self._remember(document)

    def blob(self, target: Descriptor) -> bytes | None:
        """Give the content of a small blob of this repository that was seen before."""
        held: bytes | None = self.cache.memory.get((self.name, target.digest, "blob"))
        if held is not None and len(held) == target.size:
            self.cache.answered(len(held))
            return held
        found = self._from_disk(target.digest)
        return (
            None if found is None or len(found[0]) != target.size else self._remember_blob(target, found[0])
        )

    def keep_blob(self, target: Descriptor, content: bytes) -> bytes:
        """Take the content of a small blob that was fetched and verified."""
        self._to_disk(target, content)
        return self._remember_blob(target, content)

    def _remember(self, document: Document) -> Document:
        cost = _DOCUMENT_FACTOR * len(document.raw) + _OVERHEAD
        self.cache.memory.put((self.name, document.descriptor.digest), document, cost)
        return document

    def _remember_blob(self, target: Descriptor, content: bytes) -> bytes:
        self.cache.memory.put((self.name, target.digest, "blob"), content, len(content) + _OVERHEAD)
        return content

    def _from_disk(self, digest: Digest) -> tuple[bytes, Descriptor] | None:
        found = None if self._disk is None else self._disk.read(digest)
        if found is not None:
            self.cache.answered(len(found[0]), from_disk=True)
        return found

    def _to_disk(self, target: Descriptor, content: bytes) -> None:
        if self._disk is not None:
            self._disk.keep(target, content)

    # ---- layers ----------------------------------------------------------------------------------

    def open(self, target: Descriptor, store: ReadOnlyStore) -> BinaryIO:
        """Open content of any size: from disk if it is there, else from the store; then it is kept if layers are.

        Content that the folder has from another repository is asked for with a HEAD first.

        Raises
        ------
        RegexploreError
            Whatever the store raises.
        """
        if self._disk is None:
            return store.fetch(target)
        held = self._disk.open(target, store)
        if held is not None:
            self.cache.answered(target.size, from_disk=True)
            return held
        return self._disk.keeping(store.fetch(target), target) if self.cache.layers else store.fetch(target)


class _PlaceOnDisk:
    """The part of a folder that one repository was seen to hold."""

    def __init__(self, folder: CacheFolder, name: str) -> None:
        self.folder = folder
        self.journal = Journal(folder.journal(name))

    def read(self, digest: Digest) -> tuple[bytes, Descriptor] | None:
        seen = self.journal.content(digest)
        content = None if seen is None else self.folder.read(seen)
        return None if seen is None or content is None else (content, seen)

    def keep(self, target: Descriptor, content: bytes) -> None:
        # The digest of a signed schema 1 manifest is not that of its file, which could not be verified later.
        if len(content) != target.size or not target.digest.matches(content):
            return
        self.folder.keep(target, content)
        self.journal.add(target)

    def open(self, target: Descriptor, store: ReadOnlyStore) -> BinaryIO | None:
        if not self.folder.has(target):
            return None
        if self.journal.content(target.digest) is None and not store.exists(target):
            return None
        stream = self.folder.open(target)
        if stream is not None:
            self.journal.add(target)
        return stream

    def keeping(self, stream: BinaryIO, target: Descriptor) -> BinaryIO:
        return KeptStream(stream, target, self.folder, lambda: self.journal.add(target))
