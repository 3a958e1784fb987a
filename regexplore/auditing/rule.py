"""Rules of an audit: what each looks at, how bad it is, and what it answers.

A rule is a function from what it looks at to outcomes. It never raises for what a registry says, and it never
guesses: where something could not be looked at the outcome is ``unknown``, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct

from regexplore.errors import PolicyError

CRITICAL, HIGH, MEDIUM, LOW, INFO = "critical", "high", "medium", "low", "info"
SEVERITIES = (CRITICAL, HIGH, MEDIUM, LOW, INFO)
"""From worst to mildest."""

PASS, FAIL, UNKNOWN, NOT_APPLICABLE, WAIVED = "pass", "fail", "unknown", "n.a.", "waived"
STATUSES = (FAIL, UNKNOWN, WAIVED, PASS, NOT_APPLICABLE)
"""What a rule can answer. ``waived`` is a failure that somebody answers for, until a day; rules never say it."""

Scope = Literal["registry", "repository", "manifest", "image"]
Needs = Literal["registry", "tags", "manifest", "config", "files", "evidence", "snapshots"]

SCOPES: tuple[Scope, ...] = ("registry", "repository", "manifest", "image")
"""What a rule is asked about, once each: the registry, a repository, any manifest, a runnable image."""

NEEDS: tuple[Needs, ...] = ("registry", "tags", "manifest", "config", "evidence", "files", "snapshots")
"""What must have been read for it, from cheap to dear."""

ID = re.compile(r"[A-Z][A-Z0-9_-]{1,30}")


# Each image gets some sixty of them: a struct is made in a quarter of the time of a frozen dataclass.
class Outcome(Struct, frozen=True, gc=False):
    """One answer of a rule.

    Attributes
    ----------
    status : str
        ``pass``, ``fail``, ``unknown`` or ``n.a.``
    message : str
        What was found, or why nothing can be said.
    evidence : str
        What it rests on: a digest, a path, a field. Never a secret.
    severity : str
        Where it differs from the rule's; "" otherwise.
    """

    status: str
    message: str = ""
    evidence: str = ""
    severity: str = ""


def passed(message: str = "", evidence: str = "") -> Outcome:
    """Say that it is as it should be."""
    return Outcome(PASS, message, evidence)


def failed(message: str, evidence: str = "", *, severity: str = "") -> Outcome:
    """Say what is wrong."""
    return Outcome(FAIL, message, evidence, severity)


def unknown(reason: str, evidence: str = "") -> Outcome:
    """Say why it cannot be told."""
    return Outcome(UNKNOWN, reason, evidence)


def not_applicable(reason: str = "") -> Outcome:
    """Say that the rule does not speak of this."""
    return Outcome(NOT_APPLICABLE, reason)


Answer = Outcome | Iterable[Outcome] | bool | None
"""What a check may return: outcomes, or of a user's rule also True (pass), False (fail), None (does not apply)."""

Check = Callable[..., Answer]
Unread = Callable[[str], Outcome | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the catalogue, or of a user.

    Attributes
    ----------
    id : str
        Such as ``SIG01``.
    title : str
        What is wrong when it fails, in a few words.
    severity : str
        One of `SEVERITIES`.
    scope : str
        One of `SCOPES`.
    needs : str
        One of `NEEDS`: without it the outcome is unknown.
    inspects, source, remedy : str
        What it looks at; where the rule comes from; what to do about it.
    check : callable
        Called with the subject of its scope, and the policy.
    unread : callable, optional
        Called with the reason why a reference could not be read, where that alone may answer the rule; None of it
        means that nothing is known.
    """

    id: str
    title: str
    severity: str
    scope: Scope
    needs: Needs
    inspects: str
    source: str
    remedy: str
    check: Check
    unread: Unread | None = None

    def __post_init__(self) -> None:
        for field, value, allowed in (
            ("severity", self.severity, SEVERITIES),
            ("scope", self.scope, SCOPES),
            ("needs", self.needs, NEEDS),
        ):
            if value not in allowed:
                raise PolicyError(f"rule {self.id}: {field} is {value!r}, not one of {', '.join(allowed)}")
        if ID.fullmatch(self.id) is None:
            raise PolicyError(f"{self.id!r} is no id of a rule: capital letters and digits, such as ACME01")

    def outcome_unread(self, reason: str) -> Outcome:
        """Answer for something that could not be read at all."""
        return (self.unread(reason) if self.unread is not None else None) or unknown(f"not read: {reason}")

    def outcomes(self, subject: Any, policy: Any) -> list[Outcome]:
        """Ask the rule; what it answers in short is spelled out.

        Raises
        ------
        PolicyError
            It returned something else than outcomes.
        """
        answer = self.check(subject, policy)
        if isinstance(answer, Outcome):
            return [answer]
        if answer is None:
            return [not_applicable()]
        if isinstance(answer, bool):
            return [passed() if answer else failed(self.title)]
        found = list(answer)
        if not all(isinstance(one, Outcome) for one in found):
            raise PolicyError(f"rule {self.id} returned {type(answer).__name__}, not outcomes")
        return found or [not_applicable("there is nothing of the kind to look at")]


def rule(
    id: str,  # noqa: A002  # the word of the catalogue
    *,
    title: str,
    severity: str,
    scope: Scope = "image",
    needs: Needs = "config",
    inspects: str = "",
    source: str = "",
    remedy: str = "",
    unread: Unread | None = None,
) -> Callable[[Check], Rule]:
    """Make a rule of a function.

    Raises
    ------
    PolicyError
        An id, severity, scope or need that is none.

    Examples
    --------
    >>> @rule("ACME01", title="no owner label", severity="low")
    ... def owner(image, policy):
    ...     return "com.acme.owner" in image.labels
    >>> owner.severity
    'low'
    """

    def made(check: Check) -> Rule:
        return Rule(id, title, severity, scope, needs, inspects, source, remedy, check, unread)

    return made
