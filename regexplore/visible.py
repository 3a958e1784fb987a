"""Text from outside with nothing hidden in it: what a terminal would obey, or a reader not see, is spelled out.

Below everything else, because errors show foreign text too: a traceback is printed by whoever catches it, past any
escaper of ours.
"""

from __future__ import annotations

import re

# Characters that are not seen, or that change how their neighbours are seen: C0, DEL and C1 controls, soft
# hyphen, joiners and fillers, bidirectional marks and overrides, line and paragraph separators, tags.
# Lone surrogates are here because they cannot be encoded when the notebook is saved.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


def spelled_out(text: str, *, multiline: bool = False) -> str:
    r"""Give ``text`` with every control, bidirectional and invisible character as ``\u{...}``.

    Parameters
    ----------
    text
    multiline
        Keep line feeds and tabs.

    Examples
    --------
    >>> print(spelled_out("v1\u202etxt.exe\x1b[2J"))
    v1\u{202e}txt.exe\u{1b}[2J
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_spell_unless_layout if multiline else _spell, text)


def _spell(found: re.Match[str]) -> str:
    return f"\\u{{{ord(found.group()):x}}}"


def _spell_unless_layout(found: re.Match[str]) -> str:
    return found.group() if found.group() in "\n\t" else _spell(found)
