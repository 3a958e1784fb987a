"""Files that appear whole or not at all, and folders held against other processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = ".new-"
"""How the names of files in the making begin."""


class FreshFile:
    """A file in the making: it takes the place of a path when it is whole and on disk, or leaves nothing.

    Parameters
    ----------
    path : Path
        What it becomes.
    mode : int
        Permissions, less what the umask takes away.
    """

    def __init__(self, path: Path, mode: int = 0o644) -> None:
        self._path = path
        self._temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(12)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.fdopen(os.open(self._temporary, flags, mode), "wb")

    def write(self, content: bytes) -> None:
        """Add content."""
        self._file.write(content)

    def commit(self, *, sync_folder: bool = True) -> None:
        """Put the file in its place, once its content is on disk.

        ``sync_folder`` puts the name on disk as well: without it, a machine that stops right now may still know
        the old file, or none.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._path)
        except BaseException:
            self.abandon()
            raise
        if sync_folder:
            _sync(self._path.parent)

    def abandon(self) -> None:
        """Leave nothing; after `commit` this does nothing."""
        with contextlib.suppress(OSError):
            # A full disk may only be noticed now.
            self._file.close()
        self._temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def fresh_file(path: Path, mode: int = 0o644, *, sync_folder: bool = True) -> Iterator[FreshFile]:
    """Give a new file that takes the place of a path at the end of the block; after an error nothing of it stays."""
    file = FreshFile(path, mode)
    try:
        yield file
    except BaseException:
        file.abandon()
        raise
    file.commit(sync_folder=sync_folder)


def replace_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Give a file other content, in one step."""
    with fresh_file(path, mode) as file:
        file.write(content)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes; the lock is on the directory, so that no file is added to it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
