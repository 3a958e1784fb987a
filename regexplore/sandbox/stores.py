"""Where the embedded registry keeps its content: the protocol, and the store in memory.

Every method is safe to call from any thread, so content can be loaded while the server runs.
Digests and names are checked by the caller at the door; stores index what they are given.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from regexplore.errors import MismatchedDigestError
from regexplore.oci import Digest
from regexplore.sandbox.spool import READ_SIZE, Blob, FileBlob, Spool
from regexplore.sandbox.subject import Referrer, referrer


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest as it was pushed: exact bytes, and the media type that was said."""

    digest: Digest
    media_type: str
    content: bytes


class RegistryStore(Protocol):
    """What the server needs of a store.

    `blocking` says that writes wait for a disk, so that the server calls them in a thread.

    Examples
    --------
    >>> from regexplore.sandbox import MemoryStore
    >>> store: RegistryStore = MemoryStore()
    >>> store.has_repository("demo/app")
    False
    """

    blocking: bool

    def repositories(self) -> list[str]:
        """Names of the repositories that hold a manifest, sorted."""

    def has_repository(self, repository: str) -> bool:
        """Whether anything was ever pushed there."""

    def new_spool(self, algorithm: str = "sha256") -> Spool:
        """Return a place for the bytes of an upload."""

    def commit(self, repository: str, digest: Digest, spool: Spool) -> None:
        """Keep the bytes of an upload whose digest was checked; they survive when this returns."""

    def put_blob(self, repository: str, digest: Digest, content: bytes | Path) -> None:
        """Keep a blob. Raises MismatchedDigestError if the content has another digest."""

    def blob(self, repository: str, digest: Digest) -> Blob | None:
        """Return a reader of a blob, or None; the caller closes it."""

    def has_blob(self, repository: str, digest: Digest) -> bool:
        """Whether the repository holds a blob."""

    def mount(self, repository: str, digest: Digest, source: str | None) -> bool:
        """Make a blob of `source` (None: of any repository) a blob of `repository` too; False if missing."""

    def delete_blob(self, repository: str, digest: Digest) -> bool:
        """Remove a blob from one repository; False if it was not there."""

    def put_manifest(
        self,
        repository: str,
        media_type: str,
        content: bytes,
        *,
        tags: Iterable[str] = (),
        digest: Digest | None = None,
    ) -> Digest:
        """Keep a manifest under `digest` (default: its sha256) and move `tags` to it; return the digest.

        Raises MismatchedDigestError if the content has another digest.
        """

    def manifest(self, repository: str, reference: str) -> StoredManifest | None:
        """Return a manifest by tag or digest, or None."""

    def has_manifest(self, repository: str, digest: str) -> bool:
        """Whether the repository holds a manifest with this digest."""

    def delete_manifest(self, repository: str, digest: Digest) -> bool:
        """Remove a manifest and all its tags; False if it was not there."""

    def delete_tag(self, repository: str, tag: str) -> bool:
        """Remove a tag, not the manifest; False if it was not there."""

    def tags(self, repository: str) -> list[str]:
        """Tags in the order in which they were first pushed."""

    def referrers(self, repository: str, subject: str) -> Sequence[Referrer]:
        """Descriptors of the manifests whose subject has this digest, in the order of their pushes."""


@dataclass(slots=True)
class _Repository:
    blobs: dict[str, Blob] = field(default_factory=dict)
    manifests: dict[str, StoredManifest] = field(default_factory=dict)
    tags: dict[str, StoredManifest] = field(default_factory=dict)
    referrers: dict[str, dict[str, Referrer]] = field(default_factory=dict)


class MemoryStore:
    """A store that ends with the process.

    Blobs of up to a megabyte are in memory, larger ones in nameless temporary files.

    Examples
    --------
    >>> store = MemoryStore()
    >>> config = Digest.of(b"{}")
    >>> store.put_blob("demo/app", config, b"{}")
    >>> store.blob("demo/app", config).size
    2
    """

    blocking = False

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._repositories: dict[str, _Repository] = {}

    def repositories(self) -> list[str]:
        """Names of the repositories that hold a manifest, sorted."""
        with self._lock:
            return sorted(name for name, held in self._repositories.items() if held.manifests)

    def has_repository(self, repository: str) -> bool:
        """Whether anything was ever pushed there."""
        return repository in self._repositories

    def new_spool(self, algorithm: str = "sha256") -> Spool:
        """Return a place for the bytes of an upload."""
        return Spool(algorithm=algorithm)

    def commit(self, repository: str, digest: Digest, spool: Spool) -> None:
        """Keep the bytes of an upload whose digest was checked."""
        with self._lock:
            self._repository(repository).blobs[digest] = spool.blob()

    def put_blob(self, repository: str, digest: Digest, content: bytes | Path) -> None:
        """Keep a blob.

        Raises
        ------
        MismatchedDigestError
            The content has another digest.
        """
        self.commit(repository, digest, filled_spool(self.new_spool(digest.algorithm), digest, content))

    def blob(self, repository: str, digest: Digest) -> Blob | None:
        """Return a reader of a blob, or None."""
        held = self._repositories.get(repository)
        return held.blobs.get(digest) if held is not None else None

    def has_blob(self, repository: str, digest: Digest) -> bool:
        """Whether the repository holds a blob."""
        return self.blob(repository, digest) is not None

    def mount(self, repository: str, digest: Digest, source: str | None) -> bool:
        """Share a blob of another repository; False if it is missing."""
        with self._lock:
            sources = [source] if source is not None else list(self._repositories)
            for name in sources:
                blob = self.blob(name, digest)
                if blob is not None:
                    self._repository(repository).blobs[digest] = blob
                    return True
            return False

    def delete_blob(self, repository: str, digest: Digest) -> bool:
        """Remove a blob from one repository; False if it was not there."""
        with self._lock:
            held = self._repositories.get(repository)
            return held is not None and held.blobs.pop(digest, None) is not None

    def put_manifest(
        self,
        repository: str,
        media_type: str,
        content: bytes,
        *,
        tags: Iterable[str] = (),
        digest: Digest | None = None,
    ) -> Digest:
        """Keep a manifest and move tags to it; return its digest.

        Raises
        ------
        MismatchedDigestError
            The content has another digest than the one given.
        """
        digest = checked_digest(content, digest)
        manifest = StoredManifest(digest, media_type, content)
        refers = referrer(digest, media_type, content)
        with self._lock:
            held = self._repository(repository)
            held.manifests[digest] = manifest
            held.tags.update(dict.fromkeys(tags, manifest))
            if refers is not None:
                held.referrers.setdefault(refers.subject, {})[digest] = refers
        return digest

    def manifest(self, repository: str, reference: str) -> StoredManifest | None:
        """Return a manifest by tag or digest, or None."""
        held = self._repositories.get(repository)
        if held is None:
            return None
        # A tag holds no colon and a digest always does, so the two never meet.
        return held.tags.get(reference) or held.manifests.get(reference)

    def has_manifest(self, repository: str, digest: str) -> bool:
        """Whether the repository holds a manifest with this digest."""
        held = self._repositories.get(repository)
        return held is not None and digest in held.manifests

    def delete_manifest(self, repository: str, digest: Digest) -> bool:
        """Remove a manifest and all its tags; False if it was not there."""
        with self._lock:
            held = self._repositories.get(repository)
            if held is None or held.manifests.pop(digest, None) is None:
                return False
            held.tags = {tag: manifest for tag, manifest in held.tags.items() if manifest.digest != digest}
            for refers in held.referrers.values():
                refers.pop(digest, None)
            return True

    def delete_tag(self, repository: str, tag: str) -> bool:
        """Remove a tag, not the manifest; False if it was not there."""
        with self._lock:
            held = self._repositories.get(repository)
            return held is not None and held.tags.pop(tag, None) is not None

    def tags(self, repository: str) -> list[str]:
        """Tags in the order in which they were first pushed."""
        held = self._repositories.get(repository)
        return list(held.tags) if held is not None else []

    def referrers(self, repository: str, subject: str) -> Sequence[Referrer]:
        """Descriptors of the manifests whose subject has this digest."""
        with self._lock:
            held = self._repositories.get(repository)
            return list(held.referrers.get(subject, {}).values()) if held is not None else []

    def _repository(self, name: str) -> _Repository:
        return self._repositories.setdefault(name, _Repository())

    def __repr__(self) -> str:
        return f"<MemoryStore: {len(self._repositories)} repositories>"


def checked_digest(content: bytes, digest: Digest | None) -> Digest:
    """Return the digest of some content, which must be the one expected if one is."""
    if digest is None:
        return Digest.of(content)
    digest.verify(content)
    return digest


def filled_spool(spool: Spool, digest: Digest, content: bytes | Path) -> Spool:
    """Put content into a spool and check it against its digest."""
    try:
        if isinstance(content, Path):
            _copy(content, spool)
        else:
            spool.write(content)
        check_spool(spool, digest)
    except BaseException:
        spool.discard()
        raise
    return spool


def check_spool(spool: Spool, digest: Digest) -> None:
    """Raise MismatchedDigestError unless the bytes received have this digest."""
    actual = spool.digest(digest.algorithm)
    if actual != digest:
        raise MismatchedDigestError(f"content has digest {actual}, asked for {digest}")


def _copy(source: Path, spool: Spool) -> None:
    blob = FileBlob.open(source)
    try:
        while chunk := blob.read(spool.size, READ_SIZE):
            spool.write(chunk)
    finally:
        blob.close()
