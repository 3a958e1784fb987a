"""Threads and sockets that work leaves behind."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

SECONDS = 20


def sockets() -> int:
    """How many sockets this process holds."""
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            count += str(link.readlink()).startswith("socket:")
        except OSError:
            continue
    return count


# The one pool that all crawls of a process share; it is bounded, and stays.
KEPT = "regexplore-crawl"


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.name.startswith(KEPT)}


def awaited(holds: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """Wait until something holds, which it does at once but for what is just ending."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class LeftOver:
    """Remembers what there was, and tells what there is besides."""

    def __init__(self) -> None:
        gc.collect()
        self.threads, self.sockets = threads(), sockets()

    def nothing(self) -> bool:
        """Whether, after a moment, there are no more threads and sockets than before."""

        def gone() -> bool:
            gc.collect()
            return sockets() <= self.sockets

        return awaited(lambda: threads() <= self.threads) and (sockets() <= self.sockets or awaited(gone))

    def __repr__(self) -> str:
        more = sorted(thread.name for thread in threads() - self.threads)
        return f"threads {more}, {sockets() - self.sockets} sockets more"
