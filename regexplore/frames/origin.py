"""Where a frame comes from: what was asked, what it cost, and whether anything is missing.

Every frame carries this in ``attrs`` as plain values: ``source``, ``fetched_at``, ``seconds``, ``requests``,
``complete`` and ``reasons``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

MAX_REASONS = 100


class Origin:
    """Keeps account while a frame is gathered.

    Parameters
    ----------
    source
        The reference that was asked.
    requests
        Gives the number of requests sent so far; None when nothing is counted.

    Examples
    --------
    >>> origin = Origin("localhost:5000/demo/app")
    >>> origin.partial("limit=10 reached")
    >>> origin.attrs()["complete"], origin.attrs()["reasons"]
    (False, ['limit=10 reached'])
    """

    def __init__(self, source: str, requests: Callable[[], int] | None = None) -> None:
        self.source = source
        self._requests = requests
        self._before = requests() if requests else 0
        self._started = time.monotonic()
        self._fetched_at = datetime.now(UTC)
        self._reasons: list[str] = []

    def partial(self, reason: str) -> None:
        """Note that something is missing, and why; the same reason counts once."""
        if reason not in self._reasons and len(self._reasons) < MAX_REASONS:
            self._reasons.append(reason)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the rows may not be all."""
        return tuple(self._reasons)

    @property
    def complete(self) -> bool:
        """Whether the rows are all that was asked for."""
        return not self._reasons

    @property
    def requests(self) -> int | None:
        """How many requests were sent so far."""
        return self._requests() - self._before if self._requests else None

    @property
    def spent(self) -> str:
        """How many requests were sent so far, in words; empty when they are not counted."""
        sent = self.requests
        return "" if sent is None else f"{sent:,} request{'' if sent == 1 else 's'}"

    def attrs(self) -> dict[str, Any]:
        """Give the account as plain values."""
        return {
            "source": self.source,
            "fetched_at": self._fetched_at.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._started, 3),
            "requests": self.requests,
            "complete": self.complete,
            "reasons": list(self._reasons),
        }
