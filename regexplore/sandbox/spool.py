"""Content as it is received, and content at rest.

A `Spool` takes the bytes of one upload: in memory while they are few, in a file from then on, so a
blob of any size costs the same memory. What it becomes is a `Blob`, read by position.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO, Protocol

from regexplore.oci import Digest
from regexplore.oci.digest import Hasher, new_hasher

SPILL_SIZE = 1 << 20
READ_SIZE = 1 << 20


class Blob(Protocol):
    """Content that is read by position; closing it ends this reader only."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""

    def close(self) -> None:
        """Let go of what the reader holds."""


class BytesBlob:
    """A blob in memory."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self._content)

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""
        if start == 0 and length >= len(self._content):
            return self._content
        return self._content[start : start + length]

    def close(self) -> None:
        """Nothing to let go of."""


class FileBlob:
    """A blob in an open file. It stays readable after the file's name is gone."""

    __slots__ = ("_file", "size")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    @classmethod
    def open(cls, path: Path) -> FileBlob:
        """Open a file by name; raises FileNotFoundError."""
        return cls(path.open("rb", buffering=0))

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, wherever other readers are."""
        return os.pread(self._file.fileno(), length, start)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SharedFileBlob(FileBlob):
    """A blob in a nameless file that several readers share; the file goes when nobody holds the blob."""

    def __init__(self, file: BinaryIO) -> None:
        own = os.fdopen(os.dup(file.fileno()), "rb", buffering=0)
        super().__init__(own)
        weakref.finalize(self, own.close)

    def close(self) -> None:
        """Leave the file to the other readers."""


class Spool:
    """The bytes of one upload, hashed as they come.

    Parameters
    ----------
    directory : Path, optional
        Where the file is made when the bytes outgrow memory; it then has a name there. Without a
        directory the file has no name and vanishes with the process.
    algorithm : str
        What to hash with while receiving. Another algorithm asked for at the end costs a second read.
    """

    def __init__(self, directory: Path | None = None, algorithm: str = "sha256") -> None:
        self.size = 0
        self.path: Path | None = None
        self._directory = directory
        self._algorithm = algorithm
        self._hasher: Hasher = new_hasher(algorithm)
        self._memory = bytearray()
        self._file: BinaryIO | None = None

    def write(self, chunk: bytes) -> None:
        """Take in more bytes."""
        self._hasher.update(chunk)
        self.size += len(chunk)
        if self._file is None and self.size <= SPILL_SIZE:
            self._memory += chunk
            return
        file = self._file or self._spill()
        file.write(chunk)

    def digest(self, algorithm: str) -> Digest:
        """Digest of all bytes so far."""
        if algorithm == self._algorithm:
            return Digest.from_hasher(algorithm, self._hasher)
        hasher = new_hasher(algorithm)
        blob = self.blob()
        for start in range(0, self.size, READ_SIZE):
            hasher.update(blob.read(start, READ_SIZE))
        return Digest.from_hasher(algorithm, hasher)

    def blob(self) -> BytesBlob | SharedFileBlob:
        """Return the content as a blob that outlives the spool."""
        if self._file is None:
            return BytesBlob(bytes(self._memory))
        return SharedFileBlob(self._file)

    def save(self, directory: Path) -> Path:
        """Make sure that the content is on the disk, flushed, in a file with a name; return the name."""
        if self._file is None:
            self._directory = directory
            self._spill()
        if self._file is None or self.path is None:  # pragma: no cover - _spill sets both
            raise RuntimeError("a spool with a directory has a named file")
        os.fsync(self._file.fileno())
        self._file.close()
        return self.path

    def discard(self) -> None:
        """Forget the bytes."""
        self._memory.clear()
        if self._file is not None:
            self._file.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _spill(self) -> BinaryIO:
        if self._directory is None:
            file: BinaryIO = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it outlives this call
        else:
            number, name = tempfile.mkstemp(dir=self._directory)
            self.path = Path(name)
            file = os.fdopen(number, "w+b", buffering=0)
        file.write(self._memory)
        self._memory.clear()
        self._file = file
        weakref.finalize(self, file.close)
        return file
