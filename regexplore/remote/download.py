"""A blob into a file, going on where an earlier try ended.

What is there of an earlier try is read and hashed again before anything is added to it: nothing is believed but the
bytes. The file gets its name only when the digest is right.

Source: distribution-spec v1.1 "Pulling blobs" (Range); RFC 9110 section 14.
"""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Protocol

from regexplore.errors import AlreadyExistsError, ContentError, NotSeekableError
from regexplore.oci import Descriptor, Digest
from regexplore.oci.digest import Hasher

CHUNK = 1 << 20


class Seekable(Protocol):
    """A store whose blobs may be opened anywhere."""

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        """Open a blob."""


def download(store: Seekable, target: Descriptor, path: str | PathLike[str]) -> Path:
    """Write a blob to a file.

    Bytes arrive in ``<path>.part``; when the transfer breaks they stay there, and the next call asks only for the
    rest, where the registry serves ranges.

    Raises
    ------
    AlreadyExistsError
        There is a file of that name, with other content.
    ContentError
        The content is not what the descriptor says; the part is removed.
    NotFoundError, ResponseError, TransportError
    """
    final = Path(path)
    if final.exists():
        _require_same(final, target)
        return final
    part = final.with_name(final.name + ".part")
    with _opened(part) as file:
        try:
            _complete(store, target, file)
        except ContentError:
            part.unlink(missing_ok=True)
            raise
        file.flush()
        os.fsync(file.fileno())
    part.replace(final)
    return final


def _complete(store: Seekable, target: Descriptor, file: BinaryIO) -> None:
    """Bring a file from what it holds to the whole content."""
    hasher, held = target.digest.hasher(), 0
    while held < target.size and (chunk := file.read(min(CHUNK, target.size - held))):
        hasher.update(chunk)
        held += len(chunk)
    if held < target.size or target.size == 0:
        with store.fetch(target) as stream:
            if held and not _moved(stream, held):
                hasher, held = target.digest.hasher(), 0
            file.seek(held)
            # What has arrived is written at once: a line that breaks costs nothing that was there.
            read = getattr(stream, "read1", stream.read)
            while chunk := read(CHUNK):
                file.write(chunk)
                if held:
                    hasher.update(chunk)
            if not held and getattr(stream, "verified", None) is True:
                # The stream has hashed everything on its way.
                file.truncate(target.size)
                return
            if not held:
                hasher = _hash_of(file, target)
    file.truncate(target.size)
    actual = Digest.from_hasher(target.digest.algorithm, hasher)
    if actual != target.digest:
        raise ContentError(f"content has digest {actual}, asked for {target.digest}")


def _hash_of(file: BinaryIO, target: Descriptor) -> Hasher:
    hasher = target.digest.hasher()
    file.seek(0)
    while chunk := file.read(CHUNK):
        hasher.update(chunk)
    return hasher


def _moved(stream: BinaryIO, held: int) -> bool:
    try:
        stream.seek(held)
    except NotSeekableError:
        # No ranges here; the stream still stands at its start.
        return False
    return True


def _opened(part: Path) -> BinaryIO:
    # Somebody else's link must not lead the bytes elsewhere.
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    return os.fdopen(descriptor, "r+b")


def _require_same(final: Path, target: Descriptor) -> None:
    with final.open("rb") as file:
        hasher = _hash_of(file, target)
    if Digest.from_hasher(target.digest.algorithm, hasher) != target.digest:
        raise AlreadyExistsError(f"{final} exists, and is not {target.digest}")
