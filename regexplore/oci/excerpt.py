"""Foreign text in messages: short, and with every odd character visible and inert."""

from __future__ import annotations

import re

LIMIT = 80
# User and password in front of a host. A digest stands behind an @ too, and is none.
_USER = re.compile(r"^([a-z]+://)?.*@(?!sha\d{3}:)", re.DOTALL)


def excerpt_of_name(text: str, limit: int = LIMIT) -> str:
    """Quote a name that somebody typed, without the user and password that may stand in front of it.

    Examples
    --------
    >>> excerpt_of_name("https://ada:secret@registry.example/app")
    "'https://***@registry.example/app'"
    """
    return excerpt(_USER.sub(r"\1***@", text[: 10 * limit]), limit)


def excerpt(text: str, limit: int = LIMIT) -> str:
    r"""Quote the start of a text in ASCII.

    Control, bidirectional and look-alike characters come out as escapes, so that a hostile name
    cannot change how an error message reads.

    Examples
    --------
    >>> excerpt("caf\u00e9")
    "'caf\\xe9'"
    """
    quoted = ascii(text[: limit + 1])
    return quoted if len(text) <= limit and len(quoted) <= limit + 2 else quoted[:limit] + "...'"
