"""Files that run code when they are loaded: told by their names, and by how they begin where that was read.

Source: Python's pickle protocols 2 to 5; PyTorch's zip archives, which hold a ``data.pkl``.
"""

from __future__ import annotations

import re

HEAD_BYTES = 256
"""How much of a file is read to tell."""

_PICKLES = re.compile(r"\.(?:pkl|pickle|joblib|dill)$", re.IGNORECASE)
_PERHAPS = re.compile(r"\.(?:pt|pth|ckpt|bin)$", re.IGNORECASE)


def is_pickle_by_name(title: str) -> bool:
    """Whether a name says that a file is a pickle."""
    return _PICKLES.search(title) is not None


def may_be_pickle(title: str) -> bool:
    """Whether a file of that name may be a pickle: only its beginning tells."""
    return _PERHAPS.search(title) is not None or is_pickle_by_name(title)


def pickle_in(head: bytes) -> str:
    """Tell what runs code in a file that begins so; "" for nothing that is known.

    Examples
    --------
    >>> pickle_in(bytes([0x80, 4, 0x95]))
    'a Python pickle, protocol 4'
    >>> pickle_in(b"GGUF")
    ''
    """
    if head[:1] == b"\x80" and len(head) > 1 and 2 <= head[1] <= 5:
        return f"a Python pickle, protocol {head[1]}"
    if head.startswith(b"PK\x03\x04") and b"data.pkl" in head:
        return "a PyTorch archive with a Python pickle in it"
    return ""
