"""An OCI image layout on disk, read as a store.

Nothing in the directory is trusted: paths are built from checked digests only and opened below the
directory's own file descriptor without following links; documents have limits; what is read is verified.

Source: image-spec v1.1 ``image-layout.md``; Go ``oras-go/content/oci`` (``ReadOnlyStore``).
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from threading import RLock
from typing import BinaryIO, cast

from regexplore.content.referrers import are_referrers
from regexplore.content.store import fetch_all
from regexplore.content.verified import VerifiedFile
from regexplore.errors import DocumentError, NotFoundError, RegexploreError, SizeExceedsLimitError
from regexplore.oci import Descriptor, Digest, Document, Index, media_types, strict_json
from regexplore.oci.digest import is_digest

REF_NAME = "org.opencontainers.image.ref.name"
LAYOUT_VERSION = "1.0.0"
MAX_INDEX_BYTES = 16 << 20
"""The most that is read of ``index.json``: layouts with tens of thousands of entries exist."""
MAX_SCANNED = 50_000
"""The most documents that are read to find predecessors."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
# A named pipe in place of a file must not make us wait for a writer.
_FILE_FLAGS = _FLAGS | getattr(os, "O_NONBLOCK", 0)


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
        The directory that holds ``oci-layout``, ``index.json`` and ``blobs``.

    Raises
    ------
    NotFoundError
        There is no layout.
    DocumentError
        ``oci-layout`` or ``index.json`` cannot be read safely, or the layout has another version.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._lock = RLock()
        _check_version(self._read_top("oci-layout", 4096))
        raw = self._read_top("index.json", MAX_INDEX_BYTES)
        descriptor = Descriptor.from_bytes(media_types.OCI_INDEX, raw)
        document = Document.parse(raw, descriptor)
        if not isinstance(document, Index):
            raise DocumentError("index.json is not an index")
        self.index: Index = document

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
        return cast("BinaryIO", VerifiedFile(self._open_blob(target.digest), target))

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
            self._open_blob(target.digest).close()
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
        with self._open_blob(digest) as file:
            size = os.fstat(file.fileno()).st_size
        return Descriptor(media_types.OCTET_STREAM, digest, size)

    def _read_top(self, name: str, limit: int) -> bytes:
        with _opened(self.path, (), name) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise SizeExceedsLimitError(f"{name} has more than {limit} bytes")
        return content

    def _open_blob(self, digest: Digest) -> BinaryIO:
        return _opened(self.path, ("blobs", digest.algorithm), digest.encoded)

    def __repr__(self) -> str:
        return f"<LayoutStore {self.path}: {len(self._tags)} names>"


def _opened(root: str, folders: tuple[str, ...], name: str) -> BinaryIO:
    """Open a plain file below a directory, following no link on the way."""
    here = -1
    try:
        here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        for folder in folders:
            inner = os.open(folder, _FLAGS | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = inner
        file = os.open(name, _FILE_FLAGS, dir_fd=here)
    except OSError as error:
        where = "/".join((*folders, name))
        why = "is a link" if error.errno in (errno.ELOOP, errno.EMLINK) else os.strerror(error.errno or 0)
        raise NotFoundError(f"{where} in the layout at {root}: {why}") from None
    finally:
        if here >= 0:
            os.close(here)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NotFoundError(f"{'/'.join((*folders, name))} in the layout at {root} is not a plain file")
    return os.fdopen(file, "rb", buffering=0)


def _check_version(raw: bytes) -> None:
    tree = strict_json.loads(raw)
    version = tree.get("imageLayoutVersion") if isinstance(tree, dict) else None
    if version != LAYOUT_VERSION:
        raise DocumentError(
            f"layout version is {version!a}, not {LAYOUT_VERSION}", where="oci-layout: $.imageLayoutVersion"
        )
