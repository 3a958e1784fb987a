"""Whether work grows faster than its input, told by the processor time of this thread alone.

A busy machine makes single measurements longer, never shorter: the smallest of several is what counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# Below this, 100 kB are read so fast that what is measured is noise, and nobody could notice the growth.
NOTICED = 0.05
TWICE = 3.0
TRIES = 6


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Return the processor seconds of the fastest run."""
    best = float("inf")
    for _ in range(times):
        began = time.thread_time()
        work()
        best = min(best, time.thread_time() - began)
    return best


def grows_too_fast(small: Callable[[], object], large: Callable[[], object]) -> str:
    """Tell how much longer twice as much takes; "" when it is about twice as long, or no time at all."""
    for _ in range(TRIES):
        taken = seconds(large)
        if taken < NOTICED:
            return ""
        if taken < TWICE * seconds(small, 2):
            return ""
    return f"{taken:.3f} s, {taken / seconds(small, 3):.1f} times that of half as much"
