"""Challenges: how a registry says which credentials it wants.

Read by hand in one pass: the header is a hostile text, and real registries write it in many ways (lower-case
schemes, values without quotes, several challenges in one line or in several).

Source: RFC 9110 section 11.6.1; distribution's token specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAX_BYTES = 8 << 10
MAX_CHALLENGES = 10

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_BLANK = " \t"
# Bare values of registries hold what a token may not: URLs and scopes.
_BARE_END = frozenset(' \t,"')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: its scheme in lower case and its parameters, names in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Return a parameter; "" when it is not there."""
        return self.parameters.get(name, "")


def parse_challenges(lines: Iterable[str]) -> list[Challenge]:
    """Read all ``WWW-Authenticate`` lines; what is broken ends its line, what stood before is kept.

    Examples
    --------
    >>> [c.scheme for c in parse_challenges(['Bearer realm="https://a/t",service=a, Basic realm="b"'])]
    ['bearer', 'basic']
    """
    found: list[Challenge] = []
    for line in lines:
        found.extend(_line(line[:MAX_BYTES]))
    return found[:MAX_CHALLENGES]


def best_challenge(challenges: Iterable[Challenge]) -> Challenge | None:
    """Return the challenge to answer: bearer before basic; None when there is neither."""
    known = {challenge.scheme: challenge for challenge in reversed(list(challenges))}
    return known.get("bearer") or known.get("basic")


def _line(text: str) -> list[Challenge]:
    cursor = _Cursor(text)
    found: list[Challenge] = []
    while True:
        cursor.skip(_BLANK + ",")
        scheme = cursor.token()
        if not scheme:
            return found
        parameters: dict[str, str] = {}
        found.append(Challenge(scheme.lower(), parameters))
        if not cursor.parameters(parameters):
            return found


class _Cursor:
    """Reads a header from left to right; every step moves on or stops."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def skip(self, characters: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in characters:
            self._at += 1

    def token(self) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] in _TOKEN:
            self._at += 1
        return self._text[start : self._at]

    def parameters(self, into: dict[str, str]) -> bool:
        """Read parameters up to the next scheme; False when the line is broken or at its end."""
        while True:
            self.skip(_BLANK + ",")
            start = self._at
            name = self.token()
            self.skip(_BLANK)
            if not name:
                return False
            if self._peek() != "=":
                # A name without a value begins the next challenge.
                self._at = start
                return True
            self._at += 1
            self.skip(_BLANK)
            value = self._quoted() if self._peek() == '"' else self._bare()
            if value is None:
                return False
            into[name.lower()] = value

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _bare(self) -> str | None:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _BARE_END:
            self._at += 1
        return self._text[start : self._at] or None

    def _quoted(self) -> str | None:
        parts: list[str] = []
        self._at += 1
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 1
            if character == '"':
                return "".join(parts)
            if character == "\\":
                character = self._peek()
                self._at += 1
            parts.append(character)
        return None
