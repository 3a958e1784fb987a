"""Foreign text in messages: short, and with every odd character visible and inert."""

from __future__ import annotations

LIMIT = 80


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
