"""Globs over paths: ``*`` and ``?`` stop at slashes, ``**`` does not."""

from __future__ import annotations

import re

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]/]+\]|.", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
LONGEST = 1000


def path_pattern(glob: str) -> re.Pattern[str]:
    """Return the regular expression of a glob.

    Raises
    ------
    ValueError
        It is longer than a thousand characters.

    Examples
    --------
    >>> bool(path_pattern("/etc/*.conf").fullmatch("/etc/a.conf")), bool(path_pattern("/e*").fullmatch("/etc/x"))
    (True, False)
    """
    if len(glob) > LONGEST:
        raise ValueError(f"a pattern of {len(glob)} characters; {LONGEST} are enough")
    return re.compile("".join(_part(found) for found in _PARTS.findall(glob)), re.DOTALL)


def _part(found: str) -> str:
    if found in _MEANING:
        return _MEANING[found]
    if found.startswith("[") and len(found) > 1:
        negated = found[1] in "!^"
        inside = found[2:-1] if negated else found[1:-1]
        kept = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside)
        return f"[{'^/' if negated else ''}{kept}]" if kept else re.escape(found)
    return re.escape(found)
