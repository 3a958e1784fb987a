"""How tables of contents write an entry: the words for its type, and its time.

Source: stargz-snapshotter "eStargz: Standard-Compatible Extensions to Tar.gz Layers"; zstd:chunked and SOCI follow it.
"""

from __future__ import annotations

from datetime import datetime

from regexplore.content.tar_entries import (
    BLOCKDEVICE,
    CHARACTER,
    DIRECTORY,
    FIFO,
    FILE,
    HARDLINK,
    OTHER,
    SYMLINK,
)

_TYPES = {
    "reg": FILE,
    "dir": DIRECTORY,
    "symlink": SYMLINK,
    "hardlink": HARDLINK,
    "char": CHARACTER,
    "block": BLOCKDEVICE,
    "fifo": FIFO,
}


def entry_type(word: str) -> str:
    """Return the type of an entry; ``other`` for words that nobody wrote down."""
    return _TYPES.get(word, OTHER)


def entry_seconds(text: object) -> int:
    """Return an RFC 3339 time as seconds since 1970; 0 for what is none."""
    try:
        return int(datetime.fromisoformat(str(text)).timestamp())
    except (ValueError, OverflowError):
        return 0
