"""The ``Warning`` header: what a registry wants its users to know.

Read are warnings of code 299, as the distribution-spec has them, with any agent and with or without a date,
several in a line or in several lines. The text is the registry's: it is escaped where it is shown.

Source: RFC 7234 section 5.5; distribution-spec v1.1 "Warnings"; Go ``remote.Warning``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass

from regexplore.oci import Reference
from regexplore.remote.setting import Setting

CODE = 299
MAX_BYTES = 4096
MAX_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class WarningValue:
    """Code, agent and text of a warning (Go ``remote.WarningValue``).

    Examples
    --------
    >>> WarningValue(text="slow down")
    WarningValue(code=299, agent='-', text='slow down')
    """

    code: int = CODE
    agent: str = "-"
    text: str = ""


class RegistryWarning(UserWarning):
    """A warning that a registry sent (Go ``remote.Warning``).

    Attributes
    ----------
    value : WarningValue
    reference : Reference
        What was being asked for.

    Examples
    --------
    >>> warning = RegistryWarning(WarningValue(text="this tag will go"), Reference.parse("r.example/app"))
    >>> warning.text
    'this tag will go'
    """

    def __init__(self, value: WarningValue, reference: Reference) -> None:
        super().__init__(f"{reference}: {value.text!a}"[:500])
        self.value = value
        self.reference = reference

    @property
    def text(self) -> str:
        """The registry's words, raw."""
        return self.value.text

    def __reduce__(self) -> tuple[type[RegistryWarning], tuple[WarningValue, Reference]]:
        return type(self), (self.value, self.reference)


HandleWarning = Callable[[RegistryWarning], None]


def parse_warnings(lines: Iterable[str]) -> list[WarningValue]:
    """Read all ``Warning`` header lines; what is not a warning of code 299 is left out."""
    found: list[WarningValue] = []
    for line in lines:
        rest: str | None = line[:MAX_BYTES]
        while rest and len(found) < MAX_WARNINGS:
            value, rest = _one(rest)
            if value is not None:
                found.append(value)
    return found


# Where warnings go instead, while work of another thread is done here.
_gathered: ContextVar[list[RegistryWarning] | None] = ContextVar("regexplore_gathered_warnings", default=None)


def emit(warning: RegistryWarning) -> None:
    """Pass a warning on to Python's own machinery, which shows each text once."""
    gathered = _gathered.get()
    if gathered is not None:
        gathered.append(warning)
    else:
        warnings.warn(warning, stacklevel=2)


def gathering() -> Setting[list[RegistryWarning]]:
    """Keep the warnings of a block in a list: a worker thread hands them to the thread that asked.

    Python's warning filters belong to the process, so only the caller's thread should speak to them.
    """
    return Setting(_gathered, [])


def _one(text: str) -> tuple[WarningValue | None, str | None]:
    """Read one warning off the front; None as the rest where reading cannot go on."""
    code, _, after = text.lstrip(" \t,").partition(" ")
    agent, _, quoted = after.partition(" ")
    if len(code) != 3 or not (code.isascii() and code.isdigit()) or not agent:
        return None, None
    read = _quoted(quoted)
    if read is None:
        return None, None
    words, rest = read
    # A date may follow, in quotes of its own.
    dated = _quoted(rest.lstrip(" \t"))
    rest = dated[1] if dated is not None else rest
    rest = rest.lstrip(" \t")
    if rest and not rest.startswith(","):
        return None, None
    good = int(code) == CODE and words != ""
    return (WarningValue(CODE, agent, words) if good else None), rest


def _quoted(text: str) -> tuple[str, str] | None:
    """Read a quoted string and return its content and what follows."""
    if not text.startswith('"'):
        return None
    words: list[str] = []
    at = 1
    while at < len(text):
        if text[at] == '"':
            return "".join(words), text[at + 1 :]
        if text[at] == "\\":
            at += 1
            if at == len(text):
                return None
        words.append(text[at])
        at += 1
    return None
