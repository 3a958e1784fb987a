"""Taking turns on this machine: one writer at a time for what a registry cannot change in one step.

The tag schema keeps an index that is read, changed and written: two writers at once, and the change of one is lost
without either knowing. Repository objects, threads and processes of one user take turns by a lock on a file, which
the system gives back when a process dies. Other machines are not in the queue.
"""

from __future__ import annotations

import fcntl
import os
import random
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

# So many empty files at most; what shares one waits for nothing worse than a request or two.
STRIPES = 64
LONGEST = 30.0
_BETWEEN = 0.005
_PRIVATE = 0o700


@contextmanager
def turn(name: str, longest: float = LONGEST) -> Iterator[bool]:
    """Hold the turn for a name; gives False where no turn could be had, which is no reason not to write."""
    handle = _opened(name)
    if handle is None:
        yield False
        return
    try:
        yield _locked(handle, longest)
    finally:
        os.close(handle)


def _locked(handle: int, longest: float) -> bool:
    end = time.monotonic() + longest
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() > end:
                return False
        time.sleep(_BETWEEN * (0.5 + random.random()))  # noqa: S311 - who waits less long is no secret


def _opened(name: str) -> int | None:
    folder = Path(tempfile.gettempdir(), f"regexplore-{os.getuid()}")
    try:
        folder.mkdir(mode=_PRIVATE, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            return None
        number = int.from_bytes(sha256(name.encode()).digest()[:4], "big") % STRIPES
        return os.open(
            folder / f"turn-{number:02}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
    except OSError:
        return None
