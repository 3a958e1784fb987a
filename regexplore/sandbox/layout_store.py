"""A store on disk: one OCI image layout for each repository, which other tools can open.

``<root>/demo+app`` is the layout of ``demo/app`` (no repository name holds a plus sign). Every manifest
stands in its ``index.json``, once for each of its tags. A write is acknowledged when it is on the disk:
temporary file, fsync, rename, fsync of the directory. What was half done when the process died is
swept away at the next start.

Source: image-spec 1.1 ``image-layout.md``.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import msgspec

from regexplore.errors import InvalidReferenceError
from regexplore.oci import Digest, media_types
from regexplore.oci.digest import is_digest
from regexplore.oci.reference import check_repository, is_tag
from regexplore.sandbox.spool import Blob, FileBlob, Spool
from regexplore.sandbox.stores import StoredManifest, checked_digest, filled_spool
from regexplore.sandbox.subject import Referrer, referrer

REF_NAME = "org.opencontainers.image.ref.name"
_MARKER = b'{"imageLayoutVersion":"1.0.0"}'
_SPOOLS = ".uploads"
_LOCK = ".lock"


@dataclass(slots=True)
class _Layout:
    """One repository: what its index.json says, kept in memory, and who writes it."""

    path: Path
    media_types: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    referrers: dict[str, dict[str, Referrer]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    writing: threading.Lock = field(default_factory=threading.Lock)
    changed: int = 0
    saved: int = 0

    def file(self, digest: str) -> Path:
        """Path of a blob; the digest was checked before it got here."""
        algorithm, _, encoded = digest.partition(":")
        return self.path / "blobs" / algorithm / encoded


class LayoutStore:
    """A store in a directory that survives the process, however it ends.

    Parameters
    ----------
    root : Path
        The directory; made if it is missing. One process at a time has it open.

    Raises
    ------
    BlockingIOError
        Another process has it open.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = LayoutStore(folder)
    ...     store.repositories()
    ...     store.close()
    []
    """

    blocking = True

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._spools = self.root / _SPOOLS
        self._spools.mkdir(parents=True, exist_ok=True)
        self._lock_file = _locked(self.root / _LOCK)
        self._lock = threading.Lock()
        self._sweep()
        self._layouts = dict(_opened_layouts(self.root))

    def close(self) -> None:
        """Let another process open the directory."""
        self._lock_file.close()

    def repositories(self) -> list[str]:
        """Names of the repositories that hold a manifest, sorted."""
        with self._lock:
            return sorted(name for name, layout in self._layouts.items() if layout.media_types)

    def has_repository(self, repository: str) -> bool:
        """Whether anything was ever pushed there."""
        return repository in self._layouts

    def new_spool(self, algorithm: str = "sha256") -> Spool:
        """Return a place for the bytes of an upload, on the same file system."""
        return Spool(self._spools, algorithm)

    def commit(self, repository: str, digest: Digest, spool: Spool) -> None:
        """Keep the bytes of an upload whose digest was checked; they are on the disk when this returns."""
        layout = self._layout(repository)
        _place(spool.save(self._spools), layout.file(digest))

    def put_blob(self, repository: str, digest: Digest, content: bytes | Path) -> None:
        """Keep a blob.

        Raises
        ------
        MismatchedDigestError
            The content has another digest.
        """
        self.commit(repository, digest, filled_spool(self.new_spool(digest.algorithm), digest, content))

    def blob(self, repository: str, digest: Digest) -> Blob | None:
        """Return a reader of a blob, or None; the caller closes it."""
        layout = self._layouts.get(repository)
        if layout is None:
            return None
        try:
            return FileBlob.open(layout.file(digest))
        except FileNotFoundError:
            return None

    def has_blob(self, repository: str, digest: Digest) -> bool:
        """Whether the repository holds a blob."""
        layout = self._layouts.get(repository)
        return layout is not None and layout.file(digest).exists()

    def mount(self, repository: str, digest: Digest, source: str | None) -> bool:
        """Link a blob of another repository; False if it is missing."""
        with self._lock:
            layouts = [self._layouts.get(source)] if source is not None else list(self._layouts.values())
        for layout in layouts:
            if layout is not None and layout.file(digest).exists():
                _link(layout.file(digest), self._layout(repository).file(digest))
                return True
        return False

    def delete_blob(self, repository: str, digest: Digest) -> bool:
        """Remove a blob from one repository; False if it was not there, or is a manifest."""
        layout = self._layouts.get(repository)
        if layout is None or digest in layout.media_types:
            return False
        return _remove(layout.file(digest))

    def put_manifest(
        self,
        repository: str,
        media_type: str,
        content: bytes,
        *,
        tags: Iterable[str] = (),
        digest: Digest | None = None,
    ) -> Digest:
        """Keep a manifest and move tags to it; return its digest. Both are on the disk by then.

        Raises
        ------
        MismatchedDigestError
            The content has another digest than the one given.
        """
        digest = checked_digest(content, digest)
        self.put_blob(repository, digest, content)
        layout = self._layout(repository)
        with layout.lock:
            _enter(layout, digest, media_type, content)
            layout.tags.update(dict.fromkeys(tags, str(digest)))
            layout.changed += 1
        _save(layout)
        return digest

    def manifest(self, repository: str, reference: str) -> StoredManifest | None:
        """Return a manifest by tag or digest, or None."""
        layout = self._layouts.get(repository)
        if layout is None:
            return None
        digest = layout.tags.get(reference, reference)
        media_type = layout.media_types.get(digest)
        if media_type is None:
            return None
        try:
            return StoredManifest(Digest(digest), media_type, layout.file(digest).read_bytes())
        except FileNotFoundError:
            return None

    def has_manifest(self, repository: str, digest: str) -> bool:
        """Whether the repository holds a manifest with this digest."""
        layout = self._layouts.get(repository)
        return layout is not None and digest in layout.media_types

    def delete_manifest(self, repository: str, digest: Digest) -> bool:
        """Remove a manifest and all its tags; False if it was not there."""
        layout = self._layouts.get(repository)
        if layout is None:
            return False
        with layout.lock:
            if layout.media_types.pop(digest, None) is None:
                return False
            layout.sizes.pop(digest, None)
            layout.tags = {tag: held for tag, held in layout.tags.items() if held != digest}
            for refers in layout.referrers.values():
                refers.pop(digest, None)
            layout.changed += 1
        _save(layout)
        return _remove(layout.file(digest))

    def delete_tag(self, repository: str, tag: str) -> bool:
        """Remove a tag, not the manifest; False if it was not there."""
        layout = self._layouts.get(repository)
        if layout is None:
            return False
        with layout.lock:
            if layout.tags.pop(tag, None) is None:
                return False
            layout.changed += 1
        _save(layout)
        return True

    def tags(self, repository: str) -> list[str]:
        """Tags in the order in which they were first pushed."""
        layout = self._layouts.get(repository)
        if layout is None:
            return []
        with layout.lock:
            return list(layout.tags)

    def referrers(self, repository: str, subject: str) -> Sequence[Referrer]:
        """Descriptors of the manifests whose subject has this digest."""
        layout = self._layouts.get(repository)
        if layout is None:
            return []
        with layout.lock:
            return list(layout.referrers.get(subject, {}).values())

    def _layout(self, repository: str) -> _Layout:
        with self._lock:
            layout = self._layouts.get(repository)
            if layout is None:
                layout = _made_layout(self.root, repository)
                self._layouts[repository] = layout
            return layout

    def _sweep(self) -> None:
        for path in self._spools.iterdir():
            path.unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"<LayoutStore: {len(self._layouts)} repositories in {self.root}>"


def _locked(path: Path) -> TextIO:
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def _made_layout(root: Path, repository: str) -> _Layout:
    check_repository(repository)
    layout = _Layout(root / repository.replace("/", "+"))
    for algorithm in ("sha256", "sha384", "sha512"):
        (layout.path / "blobs" / algorithm).mkdir(parents=True, exist_ok=True)
    _write(layout.path / "oci-layout", _MARKER)
    _write(layout.path / "index.json", _index(layout))
    _sync(layout.path / "blobs")
    _sync(root)
    return layout


def _opened_layouts(root: Path) -> Iterable[tuple[str, _Layout]]:
    for path in sorted(root.iterdir()):
        name = path.name.replace("+", "/")
        try:
            check_repository(name)
        except InvalidReferenceError:
            continue
        if (path / "index.json").is_file():
            yield name, _opened(path)


def _opened(path: Path) -> _Layout:
    """Read a layout back. Manifests whose bytes are gone are left out."""
    layout = _Layout(path)
    index = msgspec.json.decode((path / "index.json").read_bytes(), type=dict[str, Any])
    for descriptor in index.get("manifests", []):
        digest, media_type = str(descriptor.get("digest")), str(descriptor.get("mediaType"))
        if not is_digest(digest) or not layout.file(digest).is_file():
            continue
        if digest not in layout.media_types:
            _enter(layout, Digest(digest), media_type, layout.file(digest).read_bytes())
        tag = (descriptor.get("annotations") or {}).get(REF_NAME)
        if isinstance(tag, str) and is_tag(tag):
            layout.tags[tag] = digest
    return layout


def _enter(layout: _Layout, digest: Digest, media_type: str, content: bytes) -> None:
    layout.media_types[str(digest)] = media_type
    layout.sizes[str(digest)] = len(content)
    refers = referrer(digest, media_type, content)
    if refers is not None:
        layout.referrers.setdefault(refers.subject, {})[str(digest)] = refers


def _save(layout: _Layout) -> None:
    """Write index.json; whoever waits meanwhile finds its change written with the next one's."""
    with layout.lock:
        mine = layout.changed
    with layout.writing:
        if layout.saved >= mine:
            return
        with layout.lock:
            saving, content = layout.changed, _index(layout)
        _write(layout.path / "index.json", content)
        layout.saved = saving


def _index(layout: _Layout) -> bytes:
    tagged: dict[str, list[str]] = {}
    for tag, digest in layout.tags.items():
        tagged.setdefault(digest, []).append(tag)
    entries: list[dict[str, Any]] = []
    for digest, media_type in layout.media_types.items():
        entry = {"mediaType": media_type, "digest": digest, "size": layout.sizes[digest]}
        names = tagged.get(digest)
        entries += [{**entry, "annotations": {REF_NAME: tag}} for tag in names] if names else [entry]
    return msgspec.json.encode({"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries})


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there wholly or not at all."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _place(temporary, path)


def _place(source: Path, target: Path) -> None:
    source.replace(target)
    _sync(target.parent)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        return
    _sync(target.parent)


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    _sync(path.parent)
    return True


def _sync(directory: Path) -> None:
    number = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
