"""A bound on what this process may ask for from now on, so that a parser that grows without end ends by name."""

from __future__ import annotations

import resource
from pathlib import Path

MORE = 1 << 30


def bounded(more: int = MORE) -> None:
    """Let the process ask for so many bytes more than it holds now; beyond is a MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = pages * resource.getpagesize() + more
    resource.setrlimit(
        resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
    )
