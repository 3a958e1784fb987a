"""Content on disk between sessions: an OCI image layout that is bounded, private, and shared by processes.

Blobs are found by their digest and verified each time they are read, so nothing in the folder is believed. Which is
used least is told by the files' times; when the folder outgrows its bound, those go first. ``index.json`` tells other
tools what tags named when they were last fetched.

Source: image-spec v1.1 ``image-layout.md``; the Cache Directory Tagging Specification.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import stat
import time
from collections.abc import Iterator
from functools import lru_cache
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, NamedTuple, cast

from regexplore.content.fresh_file import TEMPORARY, FreshFile, locked, replace_file
from regexplore.content.layout import REF_NAME
from regexplore.content.layout_files import DirectoryFiles
from regexplore.content.writable_layout import change_index, make_layout, write_blob
from regexplore.errors import CacheError, NotFoundError, RegexploreError
from regexplore.oci import Descriptor, Digest

FOLDER_BYTES = 1 << 30
PRIVATE = 0o700
MAX_NAMES = 20_000
"""Entries that ``index.json`` has at most; the newest stay."""

_TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# This folder is a cache of regexplore: an OCI image layout that may be deleted at any time.
"""
_TAG_NAME = "CACHEDIR.TAG"
_SEEN = "seen"
# After an eviction there is room for a while.
_FILLED_TO = 0.9
_BLOCK = 4096
# How exact the order of last use is; a file's time is not written at every read.
_TOUCH_SECONDS = 60
_PUBLISH_SECONDS = 2.0
# A file in the making that is older was left by a process that died.
_ABANDONED_SECONDS = 3600
_CHUNK = 1 << 20
_BUFFER = 128 << 10


class _Found(NamedTuple):
    """A file of the cache: when it was used last, and what it takes on disk."""

    used_at: float
    size: int
    path: str


class CacheFolder:
    """A folder of content; may be used from many threads and processes at once.

    Parameters
    ----------
    path : path-like
        Made if it is not there. A folder that holds anything else is refused, for what is used least is deleted.
    max_bytes : int
        What it may take on disk; when there is more, what was not used for longest is deleted.

    Attributes
    ----------
    problems : list of str
        What went wrong so far; no problem here ever stops the work.

    Raises
    ------
    CacheError
        The folder is a link, belongs to somebody else, can be written by others, or is no cache.
    """

    def __init__(self, path: str | PathLike[str], max_bytes: int = FOLDER_BYTES) -> None:
        self.path = Path(path).absolute()
        self.max_bytes = max_bytes
        self.problems: list[str] = []
        self._told = 0
        self._lock = Lock()
        self._names: dict[str, Descriptor] = {}
        self._used: int | None = None
        self._writable = True
        self._publish_next = 0.0
        _prepare(self.path)
        self._files = DirectoryFiles(str(self.path))

    # ---- reading ---------------------------------------------------------------------------------

    def has(self, target: Descriptor) -> bool:
        """Whether there is a file for the content; nothing is checked."""
        return self._blob(target.digest).is_file()

    def read(self, target: Descriptor) -> bytes | None:
        """Give verified content; None when it is not there. What is not what its name says is deleted, and told."""
        file = self._opened(target)
        if file is None:
            return None
        with file:
            content = file.read(target.size)
            if target.digest.matches(content):
                return content
        self._drop(target.digest)
        return None

    def open(self, target: Descriptor) -> BinaryIO | None:
        """Open large content, verified before anybody gets a byte of it; None when it is not there."""
        file = self._opened(target)
        if file is None:
            return None
        hasher = target.digest.hasher()
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
        if Digest.from_hasher(target.digest.algorithm, hasher) != target.digest:
            file.close()
            self._drop(target.digest)
            return None
        file.seek(0)
        return io.BufferedReader(cast("io.RawIOBase", file), _BUFFER)

    def _opened(self, target: Descriptor) -> BinaryIO | None:
        try:
            file, size = self._files.open_blob(target.digest)
        except NotFoundError:
            return None
        if size != target.size:
            file.close()
            self._drop(target.digest)
            return None
        _touch(file.fileno())
        return file

    def _drop(self, digest: Digest) -> None:
        with contextlib.suppress(OSError):
            self._blob(digest).unlink()
        self._tell(
            f"{digest.algorithm}:{digest.short} was not what its name says: deleted, and fetched again"
        )

    # ---- writing ---------------------------------------------------------------------------------

    def keep(self, target: Descriptor, content: bytes) -> None:
        """Take content that was verified; content that is not what the descriptor says is not kept."""
        if not self._takes(target) or self.has(target):
            return
        with self._noting_problems():
            write_blob(self.path, target, io.BytesIO(content), PRIVATE, sync_folder=False)
            self._grew(target.size)

    def begin(self, target: Descriptor) -> FreshFile | None:
        """Begin a file for large content that is about to be read; None when it cannot be kept.

        `finish` takes the file when the content was verified.
        """
        if not self._takes(target):
            return None
        with self._noting_problems():
            blob = self._blob(target.digest)
            blob.parent.mkdir(PRIVATE, exist_ok=True)
            return FreshFile(blob, 0o600)
        return None

    def finish(self, target: Descriptor, file: FreshFile) -> bool:
        """Take a file that was begun; whether it is kept now."""
        with self._noting_problems():
            file.commit(sync_folder=False)
            self._grew(target.size)
            return True
        return False

    def _takes(self, target: Descriptor) -> bool:
        return self._writable and target.size <= self.max_bytes // 2

    def _grew(self, size: int) -> None:
        on_disk = -(-size // _BLOCK) * _BLOCK
        with self._lock:
            self._used = (self._measured() if self._used is None else self._used) + on_disk
            if self._used > self.max_bytes:
                self._evict()

    # ---- names for other tools -------------------------------------------------------------------

    def name(self, reference: str, target: Descriptor) -> None:
        """Note what a full reference named, for `publish`."""
        with self._lock:
            self._names.pop(reference, None)
            self._names[reference] = target

    def publish_soon(self) -> None:
        """Do `publish`, if the last time was not just now: the whole file is written anew for each name."""
        if time.monotonic() >= self._publish_next:
            self.publish()

    def publish(self) -> None:
        """Tell other tools in ``index.json`` what was named since the last time."""
        began = time.monotonic()
        self._publish_names()
        ended = time.monotonic()
        # A long file is written less often: a twentieth of the time at most.
        self._publish_next = ended + max(_PUBLISH_SECONDS, 20 * (ended - began))

    def _publish_names(self) -> None:
        with self._lock:
            names, self._names = self._names, {}
        if not names or not self._writable:
            return

        def change(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            kept = [entry for entry in entries if _reference(entry) not in names]
            fresh = [
                {**target.plain().to_json(), "annotations": {REF_NAME: reference}}
                for reference, target in names.items()
            ]
            return [*kept, *fresh][-MAX_NAMES:]

        with self._noting_problems():
            change_index(self.path, change, PRIVATE)

    # ---- room ------------------------------------------------------------------------------------

    @property
    def used(self) -> int:
        """What the folder takes on disk, by the last look."""
        with self._lock:
            if self._used is None:
                self._used = self._measured()
            return self._used

    def journal(self, name: str) -> Path:
        """Give the file for what one place was seen to hold."""
        return self.path / _SEEN / Digest.of(name.encode()).encoded

    def _measured(self) -> int:
        return sum(found.size for found in self._everything())

    def _everything(self) -> Iterator[_Found]:
        """Yield every file that may be deleted; what processes that died left behind is deleted here."""
        for folder in (*_folders(self.path / "blobs"), str(self.path / _SEEN)):
            for entry in _entries(folder):
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if entry.name.startswith(TEMPORARY) and time.time() - found.st_mtime > _ABANDONED_SECONDS:
                        Path(entry.path).unlink()
                        continue
                    yield _Found(found.st_mtime, max(found.st_blocks * 512, found.st_size), entry.path)

    def _evict(self) -> None:
        """Delete what was not used for longest. Other processes may do the same; a file is deleted only once."""
        with self._noting_problems(), locked(self.path):
            files = sorted(self._everything())
            used = sum(found.size for found in files)
            for found in files:
                if used <= self.max_bytes * _FILLED_TO:
                    break
                with contextlib.suppress(FileNotFoundError):
                    Path(found.path).unlink()
                used -= found.size
            self._used = used
        with self._noting_problems():
            change_index(self.path, self._with_content, PRIVATE)

    def _with_content(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [entry for entry in entries if self._holds(entry.get("digest"))]

    def _holds(self, digest: object) -> bool:
        try:
            return self._blob(Digest(str(digest))).is_file()
        except RegexploreError:
            return False

    # ---- inside ----------------------------------------------------------------------------------

    def _blob(self, digest: Digest) -> Path:
        return self.path / "blobs" / digest.algorithm / digest.encoded

    @contextlib.contextmanager
    def _noting_problems(self) -> Iterator[None]:
        """A cache that cannot be written costs requests, not the work."""
        try:
            yield
        except (OSError, RegexploreError) as error:
            self._writable = isinstance(error, RegexploreError) and self._writable
            reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
            self._tell(f"not kept: {reason}")

    def _tell(self, problem: str) -> None:
        text = f"cache {self.path}: {problem}"
        if text not in self.problems and len(self.problems) < 100:
            self.problems.append(text)

    def untold(self) -> list[str]:
        """Give the problems that were not given before."""
        with self._lock:
            found = self.problems[self._told :]
            self._told = len(self.problems)
        return found

    def __repr__(self) -> str:
        return f"<CacheFolder {self.path}>"


def open_folder(path: str | PathLike[str], max_bytes: int = 0) -> CacheFolder:
    """Give the cache in a folder; the same object each time in one process.

    Raises
    ------
    CacheError
        The folder cannot be used.
    """
    return _open(os.getpid(), str(Path(path).absolute()), max_bytes or FOLDER_BYTES)


@lru_cache(maxsize=16)
def _open(_process: int, path: str, max_bytes: int) -> CacheFolder:
    """Open for this process: a fork must not share locks with its parent."""
    folder = CacheFolder(path, max_bytes)
    # Other tools learn what was seen last, however the session ends in peace.
    atexit.register(folder.publish)
    return folder


def _prepare(path: Path) -> None:
    """Make the folder, or check one that is there."""
    try:
        path.mkdir(PRIVATE, parents=True, exist_ok=True)
        _require_private(path)
        with locked(path):
            if not (path / _TAG_NAME).is_file():
                if any(not entry.name.startswith(TEMPORARY) for entry in path.iterdir()):
                    raise CacheError(f"{path} holds something else, and a cache deletes what is used least")
                replace_file(path / _TAG_NAME, _TAG, 0o600)
            make_layout(path, PRIVATE)
            (path / _SEEN).mkdir(PRIVATE, exist_ok=True)
        for folder in (path / "blobs", *map(Path, _folders(path / "blobs")), path / _SEEN):
            _require_private(folder)
    except OSError as error:
        raise CacheError(f"{path} cannot be used as a cache: {os.strerror(error.errno or 0)}") from None


def _require_private(folder: Path) -> None:
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise CacheError(f"{folder} is a link")
    if not stat.S_ISDIR(found.st_mode):
        raise CacheError(f"{folder} is no folder")
    if found.st_uid != os.geteuid():
        raise CacheError(f"{folder} belongs to somebody else")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CacheError(f"{folder} can be written by others")


def _folders(parent: Path) -> list[str]:
    return [entry.path for entry in _entries(str(parent)) if not entry.is_file(follow_symlinks=False)]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _touch(file: int) -> None:
    if time.time() - os.fstat(file).st_mtime > _TOUCH_SECONDS:
        with contextlib.suppress(OSError):
            os.utime(file)


def _reference(entry: dict[str, Any]) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(REF_NAME) or "") if isinstance(annotations, dict) else ""
