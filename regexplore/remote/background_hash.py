"""Hashing beside the reading: while one part is hashed, the next one arrives.

Both let go of the interpreter, so on two cores a large blob takes as long as the slower of the two, not as both.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from regexplore.oci import Digest
from regexplore.oci.digest import Hasher


class PlainHash:
    """A hash that is worked out at once: small content ends before a thread has begun."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher

    def update(self, part: bytes) -> None:
        """Hash the next part."""
        self._hasher.update(part)

    def digest(self, algorithm: str) -> Digest:
        """Return the digest of everything so far."""
        return Digest.from_hasher(algorithm, self._hasher)

    def close(self) -> None:
        """Do nothing; there is no thread to let go."""


class BackgroundHash:
    """A hash that is fed part by part; one part is under work while the caller gets the next.

    Parameters
    ----------
    hasher
        As `hashlib` gives it.
    """

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="regexplore-hash")
        self._under_work: Future[None] | None = None

    def update(self, part: bytes) -> None:
        """Hand over the next part."""
        self._settle()
        self._under_work = self._worker.submit(self._hasher.update, part)

    def digest(self, algorithm: str) -> Digest:
        """Return the digest of everything so far."""
        self._settle()
        return Digest.from_hasher(algorithm, self._hasher)

    def close(self) -> None:
        """Let the thread go, once it has done what it was given."""
        self._worker.shutdown(wait=False)

    def _settle(self) -> None:
        if self._under_work is not None:
            self._under_work.result()
