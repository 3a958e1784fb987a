"""An OCI image layout on disk that takes content: each file appears whole or not at all.

Source: image-spec v1.1 ``image-layout.md``; Go ``oras-go/content/oci`` (``Store``).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from regexplore.content.fresh_file import fresh_file, locked, replace_file
from regexplore.content.layout import MAX_INDEX_BYTES, REF_NAME, LayoutStore
from regexplore.content.layout_files import DirectoryFiles
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
            make_layout(Path(path))
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
            write_blob(Path(self.path), expected, source)
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
        with self._lock:
            change_index(Path(self.path), change)
            self.index = self._read_index()
            for cached in ("_tags", "_scanned"):
                self.__dict__.pop(cached, None)


def make_layout(path: Path, mode: int = 0o777) -> None:
    """Make an empty layout; what is there of one already stays. ``mode`` is for its folders and files."""
    (path / "blobs").mkdir(mode, parents=True, exist_ok=True)
    if not (path / "index.json").exists():
        index = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": []}
        _write_index(path, index, mode)
    if not (path / "oci-layout").exists():
        replace_file(path / "oci-layout", b'{"imageLayoutVersion":"1.0.0"}', mode & 0o644)


def change_index(root: Path, change: Callable[[list[Tree]], list[Tree]], mode: int = 0o777) -> None:
    """Replace the entries of ``index.json`` under a lock that other writers wait for; unknown fields stay."""
    with locked(root):
        tree = strict_json.loads(DirectoryFiles(str(root)).read_top("index.json", MAX_INDEX_BYTES))
        entries = tree.get("manifests") or []
        changed = change(entries)
        if changed != entries:
            _write_index(root, {**tree, "manifests": changed}, mode)


def _write_index(root: Path, tree: Tree, mode: int) -> None:
    replace_file(root / "index.json", json.dumps(tree, separators=(",", ":")).encode(), mode & 0o644)


def write_blob(
    root: Path, expected: Descriptor, source: BinaryIO, mode: int = 0o777, *, sync_folder: bool = True
) -> None:
    """Write a blob of a layout; the file gets its name when the content is what the descriptor says.

    Raises
    ------
    ContentError
        It is not; nothing is kept of it.
    """
    folder = root / "blobs" / expected.digest.algorithm
    folder.mkdir(mode, exist_ok=True)
    with fresh_file(folder / expected.digest.encoded, mode & 0o644, sync_folder=sync_folder) as file:
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


def _name(entry: Tree) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(REF_NAME) or "") if isinstance(annotations, dict) else ""


def _holds(entries: list[Tree], digest: Digest) -> bool:
    return any(entry.get("digest") == digest for entry in entries)
