"""A store in memory: for tests, for content built in a notebook, and as a place to copy to.

Source: Go ``oras-go/content/memory``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from threading import RLock
from typing import Any, BinaryIO

from regexplore.content.referrers import are_referrers
from regexplore.content.store import read_all
from regexplore.errors import AlreadyExistsError, NotFoundError
from regexplore.oci import Descriptor, Digest, Document
from regexplore.oci.digest import is_digest
from regexplore.oci.media_types import is_manifest


class MemoryStore:
    """Content, tags and who points at whom, in memory. May be used from many threads at once.

    Examples
    --------
    >>> store = MemoryStore()
    >>> blob = store.add("text/plain", b"hello")
    >>> store.tag(blob, "greeting")
    >>> store.resolve("greeting") == blob
    True
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._content: dict[Digest, tuple[Descriptor, bytes]] = {}
        self._tags: dict[str, Descriptor] = {}
        self._parents: dict[Digest, dict[Digest, Descriptor]] = {}

    def push(self, expected: Descriptor, content: bytes | BinaryIO) -> None:
        """Store content under its descriptor.

        Raises
        ------
        AlreadyExistsError
            It is there already.
        ContentError
            The bytes are not those of the descriptor.
        """
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        raw = read_all(stream, expected, limit=expected.size)
        document = Document.examine(raw, expected)
        with self._lock:
            if expected.digest in self._content:
                raise AlreadyExistsError(f"{expected.digest} is there already")
            self._content[expected.digest] = (expected, raw)
            seen_as = expected.plain().with_annotations(document.annotations or None)
            for child in document.successors():
                self._parents.setdefault(child.digest, {})[expected.digest] = seen_as

    def add(self, media_type: str, content: bytes) -> Descriptor:
        """Store bytes, or find them there, and return their descriptor."""
        descriptor = Descriptor.from_bytes(media_type, content)
        try:
            self.push(descriptor, content)
        except AlreadyExistsError:
            return descriptor
        return descriptor

    def add_document(self, media_type: str, fields: Mapping[str, Any]) -> Descriptor:
        """Store a new document made of plain objects; ``mediaType`` and ``schemaVersion`` are filled in."""
        tree = {"schemaVersion": 2, "mediaType": media_type, **fields}
        return self.add(media_type, json.dumps(tree, separators=(",", ":")).encode())

    def tag(self, target: Descriptor, reference: str) -> None:
        """Give content a name.

        Raises
        ------
        NotFoundError
            The content is not here.
        """
        with self._lock:
            if target.digest not in self._content:
                raise NotFoundError(f"{target.digest} is not in this store")
            self._tags[reference] = target

    def resolve(self, reference: str, /) -> Descriptor:
        """Return the descriptor of a tag or digest.

        Raises
        ------
        NotFoundError
        """
        with self._lock:
            if reference in self._tags:
                return self._tags[reference]
            if is_digest(reference) and Digest(reference) in self._content:
                return self._content[Digest(reference)][0]
        raise NotFoundError(f"nothing is called {reference!a} in this store")

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        """Open the content.

        Raises
        ------
        NotFoundError
        """
        with self._lock:
            if target.digest not in self._content:
                raise NotFoundError(f"{target.digest} is not in this store")
            return io.BytesIO(self._content[target.digest][1])

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, BinaryIO]:
        """Return the descriptor of a tag or digest, and its content opened.

        Raises
        ------
        NotFoundError
        """
        target = self.resolve(reference)
        return target, self.fetch(target)

    def exists(self, target: Descriptor, /) -> bool:
        """Whether the content is here."""
        with self._lock:
            return target.digest in self._content

    def predecessors(self, target: Descriptor, /) -> list[Descriptor]:
        """Return every manifest and index here that points at the target, oldest first."""
        with self._lock:
            return list(self._parents.get(target.digest, {}).values())

    def roots(self) -> list[Descriptor]:
        """Return every manifest and index that nothing here points at, oldest first."""
        with self._lock:
            return [
                descriptor
                for digest, (descriptor, _) in self._content.items()
                if is_manifest(descriptor.media_type) and digest not in self._parents
            ]

    def contents(self) -> list[Descriptor]:
        """Return everything that is here, oldest first."""
        with self._lock:
            return [descriptor for descriptor, _ in self._content.values()]

    def tag_pages(self, last: str = "") -> Iterator[list[str]]:
        """Yield the tags after ``last`` in lexical order, as one page."""
        with self._lock:
            page = sorted(tag for tag in self._tags if tag > last)
        # Outside of the lock: who takes the page may ask for more before the next one.
        yield page

    def referrer_pages(self, target: Descriptor, artifact_type: str = "") -> Iterator[list[Descriptor]]:
        """Yield the manifests whose subject is the target, as one page."""
        yield are_referrers(self, self.predecessors(target), target, artifact_type)
