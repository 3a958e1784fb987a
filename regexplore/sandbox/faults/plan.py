"""A plan: which requests meet which fault. Rules come and go while the registry runs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Self

from regexplore.sandbox.app.call import Application, Receive, Scope, Send
from regexplore.sandbox.faults.acts import ACTS
from regexplore.sandbox.faults.fault import Fault


@dataclass(eq=False)
class Rule:
    """A fault, and the requests that meet it.

    Attributes
    ----------
    fault : Fault
    method : str
        ``*`` for all.
    path : str
        A glob; ``*`` matches slashes too.
    skip : int
        So many matching requests go through first.
    times : int or None
        So many meet the fault then; None for all of them.
    probability : float
        Of meeting it at all; drawn from the seed, so the same on every run.
    met : int
        How many have met it so far.

    Examples
    --------
    >>> Rule(Fault.delay(0.1), method="GET").method
    'GET'
    """

    fault: Fault
    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    met: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311

    def takes(self, method: str, path: str) -> bool:
        """Whether this request meets the fault; counts it."""
        if self.method not in ("*", method) or not fnmatchcase(path, self.path):
            return False
        with self._lock:
            self._seen += 1
            due = self._seen > self.skip and (self.times is None or self.met < self.times)
            if not due or self._random.random() >= self.probability:
                return False
            self.met += 1
            return True

    def __str__(self) -> str:
        return f"{self.fault.kind} on {self.method} {self.path}"


class FaultPlan:
    """Rules, each applied to the requests that match it; several can apply to one request.

    Examples
    --------
    >>> plan = FaultPlan([Rule(Fault.status(429), times=1)])
    >>> plan
    <FaultPlan: status on * *>
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = tuple(rules)
        self._lock = Lock()

    @classmethod
    def from_data(cls, data: Iterable[Mapping[str, Any]]) -> Self:
        """Read a plan from a list such as JSON holds: ``[{"fault": {"kind": "reset"}, "path": "/v2/*"}]``.

        Raises
        ------
        ValueError
            A rule is not readable.
        """
        rules = []
        for entry in data:
            settings = {key: value for key, value in entry.items() if key != "fault"}
            try:
                rules.append(Rule(Fault.from_data(entry["fault"]), **settings))
            except (KeyError, TypeError) as error:
                raise ValueError(f"not a rule: {dict(entry)!r} ({error})") from None
        return cls(rules)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order they were added."""
        return self._rules

    def add(
        self,
        fault: Fault,
        *,
        method: str = "*",
        path: str = "*",
        skip: int = 0,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
    ) -> Rule:
        """Add a rule and return it; see `Rule` for what the settings mean."""
        rule = Rule(fault, method, path, skip, times, probability, seed)
        with self._lock:
            self._rules = (*self._rules, rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Take a rule back; one that is gone already is not missed."""
        with self._lock:
            self._rules = tuple(kept for kept in self._rules if kept is not rule)

    def clear(self) -> None:
        """Take all rules back."""
        with self._lock:
            self._rules = ()

    def wrap(self, application: Application) -> Application:
        """Return an application that goes through the faults first."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            inner = application
            rules = self._rules
            if rules and scope["type"] == "http":
                for rule in reversed(rules):
                    if rule.takes(scope["method"], scope["path"]):
                        inner = _with_fault(rule.fault, inner)
            await inner(scope, receive, send)

        return faulty

    def __repr__(self) -> str:
        return f"<FaultPlan: {', '.join(map(str, self._rules)) or 'nothing goes wrong'}>"


def _with_fault(fault: Fault, application: Application) -> Application:
    act = ACTS[fault.kind]

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        await act(fault.settings, application, scope, receive, send)

    return faulty
