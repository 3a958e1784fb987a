"""An OCI image layout on disk, in a directory or an archive, read as a store.

Nothing in it is trusted: files are found by checked digests only, and no link is followed out of it; documents have
limits; what is read is verified.

Source: image-spec v1.1 ``image-layout.md``; Go ``oras-go/content/oci`` (``ReadOnlyStore``).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from threading import RLock
from typing import BinaryIO, cast

from regexplore.content.archive_files import Archive, ArchiveFiles
from regexplore.content.docker_archive import MANIFEST, DockerArchiveFiles
from regexplore.content.layout_files import DirectoryFiles, LayoutFiles
from regexplore.content.referrers import are_referrers
from regexplore.content.store import fetch_all
from regexplore.content.verified import VerifiedFile
from regexplore.errors import DocumentError, NotFoundError, RegexploreError
from regexplore.oci import Descriptor, Digest, Document, Index, media_types, strict_json
from regexplore.oci.digest import is_digest

REF_NAME = "org.opencontainers.image.ref.name"
LAYOUT_VERSION = "1.0.0"
MAX_INDEX_BYTES = 16 << 20
"""The most that is read of ``index.json``: layouts with tens of thousands of entries exist."""
MAX_SCANNED = 50_000
"""The most documents that are read to find predecessors."""


@dataclass(slots=True)
class _Scan:
    """What reading every document once has shown."""

    by_digest: dict[Digest, Descriptor] = field(default_factory=dict)
    parents: dict[Digest, dict[Digest, Descriptor]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class LayoutStore:
    """Read an OCI image layout.

    Parameters
    ----------
    path : path-like
        The directory that holds ``oci-layout``, ``index.json`` and ``blobs``; a plain tar archive of one; or an
        archive that ``docker save`` wrote.

    Raises
    ------
    NotFoundError
        There is no layout.
    DocumentError
        ``oci-layout`` or ``index.json`` cannot be read safely, or the layout has another version.
    UnsupportedError, LayerError
        An archive is compressed or damaged.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._lock = RLock()
        self._files = files_of(self.path)
        _check_version(self._files.read_top("oci-layout", 4096))
        self.index: Index = self._read_index()

    def _read_index(self) -> Index:
        raw = self._files.read_top("index.json", MAX_INDEX_BYTES)
        document = Document.parse(raw, Descriptor.from_bytes(media_types.OCI_INDEX, raw))
        if not isinstance(document, Index):
            raise DocumentError("index.json is not an index")
        return document

    @cached_property
    def _tags(self) -> dict[str, Descriptor]:
        # The last of equal names counts, as in oras-go.
        named = ((entry.annotations or {}).get(REF_NAME) for entry in self.index.manifests)
        return {name: entry for name, entry in zip(named, self.index.manifests, strict=True) if name}

    def resolve(self, reference: str, /) -> Descriptor:
        """Return what ``index.json`` names so, or the content of a digest.

        Raises
        ------
        NotFoundError
        """
        if reference in self._tags:
            return self._tags[reference]
        if is_digest(reference):
            return self._describe(Digest(reference))
        raise NotFoundError(f"nothing is called {reference!a} in this layout")

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        """Open a blob or document; reading to the end verifies it.

        Raises
        ------
        NotFoundError
            It is not in the layout, or stands there as anything but a plain file.
        ContentError
            It has another size than the descriptor says.
        """
        opened = self._files.open_blob(target.digest)
        return cast("BinaryIO", VerifiedFile(opened.file, target, opened.size))

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, BinaryIO]:
        """Return the descriptor of a name or digest, and its content opened.

        Raises
        ------
        NotFoundError, ContentError
            As in `resolve` and `fetch`.
        """
        target = self.resolve(reference)
        return target, self.fetch(target)

    def exists(self, target: Descriptor, /) -> bool:
        """Whether the content is in the layout; its bytes are not checked."""
        try:
            self._files.open_blob(target.digest).file.close()
        except NotFoundError:
            return False
        return True

    def predecessors(self, target: Descriptor, /) -> list[Descriptor]:
        """Return every document reachable from ``index.json`` that points at the target."""
        return list(self._scan.parents.get(target.digest, {}).values())

    def roots(self) -> list[Descriptor]:
        """Return every entry of ``index.json``, named or not."""
        return list(self.index.manifests)

    def tag_pages(self, last: str = "") -> Iterator[list[str]]:
        """Yield the names after ``last`` in lexical order, as one page."""
        yield sorted(name for name in self._tags if name > last)

    def referrer_pages(self, target: Descriptor, artifact_type: str = "") -> Iterator[list[Descriptor]]:
        """Yield the manifests whose subject is the target, as one page."""
        yield are_referrers(self, self.predecessors(target), target, artifact_type)

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read while looking for predecessors."""
        return tuple(self._scan.problems)

    @property
    def _scan(self) -> _Scan:
        with self._lock:
            return self._scanned

    @cached_property
    def _scanned(self) -> _Scan:
        scan = _Scan()
        waiting = deque(self.index.manifests)
        while waiting:
            target = waiting.popleft()
            if target.digest in scan.by_digest or not media_types.is_manifest(target.media_type):
                continue
            if len(scan.by_digest) >= MAX_SCANNED:
                scan.problems.append(f"stopped after {MAX_SCANNED} documents")
                break
            scan.by_digest[target.digest] = target
            try:
                document = Document.examine(fetch_all(self, target), target)
            except RegexploreError as error:
                scan.problems.append(f"{target.digest}: {error}")
                continue
            for child in document.successors():
                scan.parents.setdefault(child.digest, {})[target.digest] = target
                waiting.append(child)
        return scan

    def _describe(self, digest: Digest) -> Descriptor:
        """Describe content by digest: as other documents know it, else as bytes of that size."""
        known = self._scan.by_digest.get(digest)
        if known is not None:
            return known
        opened = self._files.open_blob(digest)
        opened.file.close()
        return Descriptor(media_types.OCTET_STREAM, digest, opened.size)

    def __repr__(self) -> str:
        return f"<LayoutStore {self.path}: {len(self._tags)} names>"


def files_of(path: str) -> LayoutFiles:
    """Return what a layout is read from: a directory, an archive of a layout, or one of ``docker save``.

    Raises
    ------
    NotFoundError, UnsupportedError, LayerError, DocumentError
        There is neither.
    """
    if not Path(path).is_file():
        return DirectoryFiles(path)
    archive = Archive(path)
    # Newer versions of docker write both into one archive; a layout says more.
    if "index.json" not in archive.members and MANIFEST in archive.members:
        return DockerArchiveFiles(archive)
    return ArchiveFiles(archive)


def _check_version(raw: bytes) -> None:
    tree = strict_json.loads(raw)
    version = tree.get("imageLayoutVersion") if isinstance(tree, dict) else None
    if version != LAYOUT_VERSION:
        raise DocumentError(
            f"layout version is {version!a}, not {LAYOUT_VERSION}", where="oci-layout: $.imageLayoutVersion"
        )
