"""Uploads under way: the bytes so far, and who may go on with them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

from regexplore.sandbox.spool import Spool

IDLE_SECONDS = 3600.0
MOST_SESSIONS = 10_000


@dataclass(slots=True)
class Session:
    """One upload: `state` is a secret of some profiles' locations; `busy` says that bytes come in."""

    identity: str
    repository: str
    spool: Spool
    state: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    busy: bool = False
    used: float = field(default_factory=time.monotonic)

    @property
    def range(self) -> bytes:
        """The bytes so far, as the ``Range`` header has them (``0-0`` also when there are none)."""
        return b"0-%d" % max(self.spool.size - 1, 0)


class Sessions:
    """All uploads under way. Those idle for an hour end, as do the oldest when there are too many."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def open(self, repository: str, spool: Spool) -> Session:
        """Begin an upload."""
        self._expire()
        session = Session(secrets.token_hex(16), repository, spool)
        self._sessions[session.identity] = session
        return session

    def find(self, repository: str, identity: str) -> Session | None:
        """Return an upload of this repository by its id, or None."""
        session = self._sessions.get(identity)
        if session is None or session.repository != repository:
            return None
        session.used = time.monotonic()
        return session

    def close(self, session: Session) -> None:
        """End an upload; its spool is the caller's."""
        self._sessions.pop(session.identity, None)

    def discard_all(self) -> None:
        """End every upload and forget its bytes."""
        for session in self._sessions.values():
            session.spool.discard()
        self._sessions.clear()

    def _expire(self) -> None:
        oldest = time.monotonic() - IDLE_SECONDS
        crowded = len(self._sessions) >= MOST_SESSIONS
        for session in list(self._sessions.values()):
            if session.busy or not (session.used < oldest or crowded):
                continue
            self.close(session)
            session.spool.discard()
            crowded = False
