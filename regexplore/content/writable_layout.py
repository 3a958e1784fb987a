"""An OCI image layout on disk that takes content: each file appears whole or not at all.

Source: image-spec v1.1 ``image-layout.md``; Go ``oras-go/content/oci`` (``Store``).
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import secrets
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from regexplore.content.layout import MAX_INDEX_BYTES, REF_NAME, LayoutStore
from regexplore.errors import (
    InvalidReferenceError,
    MismatchedDigestError,
    NotFoundError,
    ShortContentError,
    TrailingDataError,
    UnsupportedError,
)
from regexplore.oci import Descriptor, Digest, Document, Index, media_types, strict_json
from regexplore.oci.document import Document as AnyDocument

CHUNK = 1 << 20
MAX_DOCUMENT_BYTES = 4 << 20

Tree = dict[str, Any]


class WritableLayout(LayoutStore):
    """A layout to write to; made if it is not there.

    Safe against crashes (content is synced before it gets its name, and before anything refers to it) and against
    other processes that write through this class.

    Parameters
    ----------
    path : path-like
        A directory; an archive can be read, but not written to.
    create : bool
        Whether to make a layout where there is none.

    Raises
    ------
    NotFoundError
        There is no layout, and none was to be made.
    DocumentError
        What is there cannot be read safely.
    """

    def __init__(self, path: str | PathLike[str], *, create: bool = True) -> None:
        if create and not Path(path).is_file():
            _make(Path(path))
        super().__init__(path)

    def push(self, expected: Descriptor, content: bytes | BinaryIO, /) -> None:
        """Take content that has the descriptor; what is there already is not read again.

        A manifest or index is entered into ``index.json`` too, unless an index in it holds it.

        Raises
        ------
        ContentError
            The content is not what the descriptor says; nothing is kept of it.
        UnsupportedError
            The layout is in an archive.
        """
        self._require_directory()
        source = io.BytesIO(content) if isinstance(content, bytes | bytearray | memoryview) else content
        if not self.exists(expected):
            _write_blob(Path(self.path), expected, source)
        if media_types.is_manifest(expected.media_type):
            self._enter(expected.plain())

    def push_reference(self, expected: Descriptor, content: bytes | BinaryIO, reference: str, /) -> None:
        """Take a manifest and give it a name.

        Raises
        ------
        ContentError, InvalidReferenceError
        """
        self.push(expected, content)
        self.tag(expected, reference)

    def tag(self, target: Descriptor, reference: str, /) -> None:
        """Give a manifest a name; what had that name before has it no longer.

        Raises
        ------
        NotFoundError
            The target is not in the layout.
        InvalidReferenceError
            The name is empty.
        """
        if not reference:
            raise InvalidReferenceError("a name is needed")
        if not self.exists(target):
            raise NotFoundError(f"{target.digest} is not in the layout at {self.path}")

        def change(entries: list[Tree]) -> list[Tree]:
            kept = [entry for entry in entries if _name(entry) != reference]
            kept = [entry for entry in kept if _name(entry) or entry.get("digest") != target.digest]
            named = {**(target.annotations or {}), REF_NAME: reference}
            return [*kept, {**target.to_json(), "annotations": named}]

        self._change_index(change)

    def untag(self, reference: str, /) -> None:
        """Take a name away; the manifest stays.

        Raises
        ------
        NotFoundError
            Nothing has that name.
        """
        target = self._tags.get(reference)
        if target is None:
            raise NotFoundError(f"nothing is called {reference!a} in this layout")

        def change(entries: list[Tree]) -> list[Tree]:
            kept = [entry for entry in entries if _name(entry) != reference]
            return kept if _holds(kept, target.digest) else [*kept, target.plain().to_json()]

        self._change_index(change)

    def _enter(self, target: Descriptor) -> None:
        """Make a manifest findable; an index takes the entries of its own children over."""
        with self.fetch(target) as stream:
            document: AnyDocument = Document.examine(stream.read(MAX_DOCUMENT_BYTES), target)
        held = {child.digest for child in document.manifests} if isinstance(document, Index) else set()
        if _holds([entry.to_json() for entry in self.index.manifests], target.digest) and not held:
            return

        def change(entries: list[Tree]) -> list[Tree]:
            kept = [entry for entry in entries if _name(entry) or entry.get("digest") not in held]
            return kept if _holds(kept, target.digest) else [*kept, target.to_json()]

        self._change_index(change)

    def _require_directory(self) -> None:
        if not Path(self.path).is_dir():
            raise UnsupportedError(
                f"{self.path} is an archive, which is only read",
                hint="Copy it to a directory, and write there.",
            )

    def _change_index(self, change: Callable[[list[Tree]], list[Tree]]) -> None:
        """Replace ``index.json`` under a lock that other writers wait for; unknown fields stay."""
        self._require_directory()
        with self._lock, _locked(Path(self.path)):
            tree = strict_json.loads(self._files.read_top("index.json", MAX_INDEX_BYTES))
            entries = tree.get("manifests") or []
            changed = change(entries)
            if changed != entries:
                raw = json.dumps({**tree, "manifests": changed}, separators=(",", ":")).encode()
                _replace(Path(self.path) / "index.json", raw)
            self.index = self._read_index()
            for cached in ("_tags", "_scanned"):
                self.__dict__.pop(cached, None)


def _make(path: Path) -> None:
    (path / "blobs").mkdir(parents=True, exist_ok=True)
    if not (path / "index.json").exists():
        index = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": []}
        _replace(path / "index.json", json.dumps(index, separators=(",", ":")).encode())
    if not (path / "oci-layout").exists():
        _replace(path / "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


def _write_blob(root: Path, expected: Descriptor, source: BinaryIO) -> None:
    folder = root / "blobs" / expected.digest.algorithm
    folder.mkdir(exist_ok=True)
    with _fresh(folder / expected.digest.encoded) as file:
        hasher, size = expected.digest.hasher(), 0
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > expected.size:
                raise TrailingDataError(f"{expected.digest} goes on after {expected.size} bytes")
            hasher.update(chunk)
            file.write(chunk)
        if size < expected.size:
            raise ShortContentError(f"{expected.digest} ended after {size} of {expected.size} bytes")
        actual = Digest.from_hasher(expected.digest.algorithm, hasher)
        if actual != expected.digest:
            raise MismatchedDigestError(f"content has digest {actual}, the descriptor says {expected.digest}")


def _replace(path: Path, content: bytes) -> None:
    with _fresh(path) as file:
        file.write(content)


@contextlib.contextmanager
def _fresh(path: Path) -> Iterator[BinaryIO]:
    """Give a new file that takes the place of a path when it is whole and on disk; else nothing of it stays."""
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o644), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the layout against other processes; the lock is on the directory, so that no file is added to it."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _name(entry: Tree) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(REF_NAME) or "") if isinstance(annotations, dict) else ""


def _holds(entries: list[Tree], digest: Digest) -> bool:
    return any(entry.get("digest") == digest for entry in entries)
