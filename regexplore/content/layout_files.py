"""The files of an OCI image layout, wherever they are: in a directory, in an archive, or made up from one.

Source: image-spec v1.1 ``image-layout.md``.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO, NamedTuple, Protocol

from regexplore.errors import NotFoundError, SizeExceedsLimitError
from regexplore.oci import Digest

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
# A named pipe in place of a file must not make us wait for a writer.
_FILE_FLAGS = _FLAGS | getattr(os, "O_NONBLOCK", 0)


class OpenedFile(NamedTuple):
    """A file that was opened, and how many bytes it has."""

    file: BinaryIO
    size: int


class LayoutFiles(Protocol):
    """What a layout is read from."""

    def read_top(self, name: str, limit: int) -> bytes:
        """Return ``oci-layout`` or ``index.json``.

        Raises
        ------
        NotFoundError, SizeExceedsLimitError
        """

    def open_blob(self, digest: Digest) -> OpenedFile:
        """Open a blob; its content is not checked here.

        Raises
        ------
        NotFoundError
            It is not there, or is anything but a plain file.
        """


class DirectoryFiles:
    """A directory. Paths are built from checked digests only, and no link is followed."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read_top(self, name: str, limit: int) -> bytes:
        """Return a file of the directory itself."""
        with _opened(self._path, (), name) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise SizeExceedsLimitError(f"{name} has more than {limit} bytes")
        return content

    def open_blob(self, digest: Digest) -> OpenedFile:
        """Open a file below ``blobs``."""
        file = _opened(self._path, ("blobs", digest.algorithm), digest.encoded)
        return OpenedFile(file, os.fstat(file.fileno()).st_size)


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
