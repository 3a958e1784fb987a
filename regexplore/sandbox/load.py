"""Load an OCI image layout from disk into a store, to serve it.

Source: image-spec 1.1 ``image-layout.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from regexplore.errors import DocumentError, InvalidDigestError
from regexplore.oci import Digest, media_types
from regexplore.oci.reference import is_tag
from regexplore.sandbox.profile import MANIFEST_LIMIT
from regexplore.sandbox.stores import RegistryStore

REF_NAME = "org.opencontainers.image.ref.name"
INDEX_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came out of a layout: numbers of manifests and blobs, the tags, and digests that were missing."""

    manifests: int
    blobs: int
    tags: tuple[str, ...]
    missing: tuple[str, ...]


def load_layout(store: RegistryStore, layout: str | Path, repository: str) -> Loaded:
    """Copy all that the index of a layout reaches into one repository.

    Parameters
    ----------
    store : RegistryStore
        Where it goes.
    layout : path
        Directory with ``index.json``.
    repository : str
        Name it gets.

    Raises
    ------
    FileNotFoundError
        There is no layout.
    DocumentError
        Its index is no index.
    MismatchedDigestError
        A file has another digest than its name says.
    """
    root = Path(layout)
    tree = _tree((root / "index.json").read_bytes())
    if tree is None:
        raise DocumentError(f"{root / 'index.json'} is no image index")
    return _Loading(store, root, repository).run(tree)


class _Loading:
    def __init__(self, store: RegistryStore, root: Path, repository: str) -> None:
        self._store = store
        self._root = root
        self._repository = repository
        self._seen: set[str] = set()
        self._manifests = 0
        self._blobs = 0
        self._missing: list[str] = []

    def run(self, index: dict[str, Any]) -> Loaded:
        tags: dict[str, None] = {}
        for descriptor in _descriptors(index):
            self._load(descriptor)
            tag = (descriptor.get("annotations") or {}).get(REF_NAME)
            if isinstance(tag, str) and is_tag(tag) and self._tag(descriptor, tag):
                tags[tag] = None
        return Loaded(self._manifests, self._blobs, tuple(tags), tuple(self._missing))

    def _load(self, root: dict[str, Any]) -> None:
        """Load a descriptor and all that it reaches, children before parents."""
        waiting = [(root, False)]
        while waiting:
            descriptor, children_done = waiting.pop()
            digest = str(descriptor.get("digest"))
            if digest in self._seen:
                continue
            path = self._file(digest)
            if path is None:
                self._missing.append(digest)
                self._seen.add(digest)
            elif not media_types.is_manifest(str(descriptor.get("mediaType"))):
                self._store.put_blob(self._repository, Digest(digest), path)
                self._blobs += 1
                self._seen.add(digest)
            elif children_done:
                self._put_manifest(descriptor, path)
                self._seen.add(digest)
            else:
                waiting.append((descriptor, True))
                waiting += [(child, False) for child in _descriptors(_tree(_content(path)) or {})]

    def _put_manifest(self, descriptor: dict[str, Any], path: Path, tags: tuple[str, ...] = ()) -> None:
        digest = Digest(str(descriptor["digest"]))
        media_type = str(descriptor["mediaType"])
        self._store.put_manifest(self._repository, media_type, _content(path), tags=tags, digest=digest)
        self._manifests += not tags

    def _tag(self, descriptor: dict[str, Any], tag: str) -> bool:
        path = self._file(str(descriptor.get("digest")))
        if path is None or not media_types.is_manifest(str(descriptor.get("mediaType"))):
            return False
        self._put_manifest(descriptor, path, (tag,))
        return True

    def _file(self, text: str) -> Path | None:
        try:
            digest = Digest(text)
        except InvalidDigestError:
            return None
        path = self._root / "blobs" / digest.algorithm / digest.encoded
        return path if path.is_file() else None


def _descriptors(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    config = tree.get("config")
    listed = [config, *(entry for key in ("layers", "blobs", "manifests") for entry in tree.get(key) or [])]
    yield from (entry for entry in listed if isinstance(entry, dict) and "digest" in entry)


def _content(path: Path) -> bytes:
    if path.stat().st_size > MANIFEST_LIMIT:
        raise DocumentError(f"{path} is too large for a manifest")
    return path.read_bytes()


def _tree(content: bytes) -> dict[str, Any] | None:
    if len(content) > INDEX_LIMIT:
        return None
    try:
        tree = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    return tree if isinstance(tree, dict) else None
