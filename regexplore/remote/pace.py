"""Pace: how much is asked of one host at once, by what it says itself.

A host that says "too many" is asked half as much at once, and nobody asks it anything before the time that it named;
with every answer that is fine again it is asked a little more. One pace is shared by every thread that talks to a host.

Source: RFC 6585 section 4 (429); RFC 9110 section 10.2.3 (Retry-After); additive increase, multiplicative decrease
as TCP has it (RFC 5681 section 3.1), one decrease for all that was under way.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Condition, Lock

from regexplore.errors import DeadlineExceededError, RateLimitedError
from regexplore.remote import clock, redact
from regexplore.remote.allowance import Allowance, read_allowance

TOO_MANY, UNAVAILABLE = 429, 503
# How long a turn is waited for before it is looked whether somebody forgot to tell.
_LOOK = 1.0


class Turn:
    """One request's leave to go out.

    Attributes
    ----------
    waited : float
        Seconds until it was given.
    """

    __slots__ = ("_era", "_pace", "_told", "waited")

    def __init__(self, pace: Pace, era: int, waited: float) -> None:
        self._pace = pace
        self._era = era
        self._told = False
        self.waited = waited

    def heard(self, status: int, headers: Mapping[str, str], retry_after: float | None) -> None:
        """Take in what an answer says; the request may be tried again under the same turn."""
        allowance = read_allowance(headers)
        if status in (TOO_MANY, UNAVAILABLE):
            self._era = self._pace._slow_down(self._era, retry_after)
            self._told = True
        elif self._told or self._pace.slowed:
            self._pace._went_well(waited_as_told=self._told)
            self._told = False
        if allowance is not None:
            self._pace._allow(allowance)

    def end(self) -> None:
        """Give the turn back."""
        self._pace._end()


class Pace:
    """How fast one host may be asked.

    Parameters
    ----------
    most : int
        How many requests at once when all is well.
    cap : float
        Seconds; the longest that is waited because the host asks for it. Where it asks for more, requests fail
        at once for so long, and are not sent.

    Attributes
    ----------
    limit : float
        How many requests at once now.
    allowance : Allowance or None
        What the host said last.
    """

    def __init__(self, most: int, cap: float) -> None:
        self.most = most
        self.cap = cap
        self.limit = float(most)
        self.allowance: Allowance | None = None
        self._under_way = 0
        self._era = 0
        self._not_before = 0.0
        self._refusing: tuple[float, float] | None = None
        self._room = Condition(Lock())

    @property
    def slowed(self) -> bool:
        """Whether the host is asked less than it could be."""
        return self.limit < self.most

    def turn(self, method: str, url: str) -> Turn:
        """Wait until a request may go out; the time does not count against its deadline.

        Raises
        ------
        RateLimitedError
            The host asked for a longer wait than the cap; nothing is sent.
        DeadlineExceededError
            There was no turn within the cap.
        """
        began = time.monotonic()
        with self._room:
            while (wait := self._wait(method, url)) > 0:
                if time.monotonic() - began >= self.cap:
                    raise DeadlineExceededError(
                        f'{method} "{redact.url(url)}": the registry asks to be asked less, and there was no turn '
                        f"within {self.cap:g} s"
                    )
                self._room.wait(min(wait, _LOOK))
            self._under_way += 1
            era = self._era
        waited = time.monotonic() - began
        deadline = clock.current()
        if deadline is not None and waited > 0.01:
            deadline.postpone(waited)
        return Turn(self, era, waited)

    def _wait(self, method: str, url: str) -> float:
        """How long to wait at least; 0 to go."""
        if self._refusing is None and not self._not_before and self._under_way < self.limit:
            return 0.0
        now = time.monotonic()
        if self._refusing is not None:
            until, asked = self._refusing
            if now < until:
                said = f"not sent: a moment ago the registry asked to wait for {asked:,.0f} s"
                raise RateLimitedError(
                    method,
                    redact.url(url),
                    TOO_MANY,
                    message=said,
                    headers={"retry-after": f"{asked:.0f}"},
                    attempts=0,
                )
            self._refusing = None
        if now < self._not_before:
            return self._not_before - now
        self._not_before = 0.0
        return 0.0 if self._under_way < max(1, int(self.limit)) else _LOOK

    # ---- what turns tell -------------------------------------------------------------------------

    def _slow_down(self, era: int, retry_after: float | None) -> int:
        """Ask half as much at once, but only once for all that was under way; return the era that begins."""
        with self._room:
            if era == self._era:
                self.limit = max(1.0, min(self.limit, self._under_way) / 2)
                self._era += 1
            if retry_after:
                now = time.monotonic()
                self._not_before = max(self._not_before, now + min(retry_after, self.cap))
                if retry_after > self.cap:
                    self._refusing = (now + self.cap, retry_after)
            return self._era

    def _went_well(self, *, waited_as_told: bool) -> None:
        with self._room:
            if waited_as_told:
                # It waited as long as it was told, and was welcome: so is everybody.
                self._not_before = 0.0
                self._refusing = None
            self.limit = min(float(self.most), self.limit + 1 / self.limit)
            self._room.notify_all()

    def _allow(self, allowance: Allowance) -> None:
        with self._room:
            self.allowance = allowance
            if allowance.remaining == 0 and allowance.reset and allowance.reset <= self.cap:
                self._not_before = max(self._not_before, time.monotonic() + allowance.reset)
            if allowance.remaining < self.limit:
                self.limit = float(max(1, allowance.remaining))

    def _end(self) -> None:
        with self._room:
            self._under_way -= 1
            self._room.notify()

    def __repr__(self) -> str:
        return f"<Pace {int(self.limit)} of {self.most} at once>"
