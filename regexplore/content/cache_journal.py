"""What one repository was seen to hold, line by line in a file, so that another session knows it.

A digest says what content is, not where it is: what one repository showed is never taken for the content of another.
The file only grows while it is used, and each line is written in one go, so that processes may write side by side and
one that dies leaves at most a torn line, which is skipped.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

from regexplore.content.fresh_file import locked, replace_file
from regexplore.errors import RegexploreError
from regexplore.oci import Descriptor, Digest

MAX_BYTES = 64 << 20
MAX_TAGS = 200_000
MAX_CONTENTS = 400_000
# A file with so many lines that say nothing new is written anew.
_SPARE_LINES = 1000


class Journal:
    """What a repository was seen to hold; may be used from many threads, and its file by many processes.

    Parameters
    ----------
    path : Path
        The file; made with the first line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._tags: OrderedDict[str, Descriptor] = OrderedDict()
        self._contents: OrderedDict[Digest, Descriptor] = OrderedDict()
        lines = self._load()
        if lines > len(self._tags) + 2 * len(self._contents) + _SPARE_LINES:
            self._rewrite()

    def tag(self, tag: str) -> Descriptor | None:
        """Give what a tag named when it was last fetched."""
        with self._lock:
            return self._tags.get(tag)

    def content(self, digest: Digest) -> Descriptor | None:
        """Give the descriptor of content that was seen here."""
        with self._lock:
            return self._contents.get(digest)

    def add(self, target: Descriptor, tag: str = "") -> bool:
        """Note content, and the tag that named it; whether that was news."""
        plain = target.plain()
        with self._lock:
            if self._contents.get(target.digest) == plain and (not tag or self._tags.get(tag) == plain):
                return False
            self._note(plain, tag)
        line = _line(plain, tag)
        with contextlib.suppress(OSError):
            # The line end comes first: a line that was torn before must not take this one along.
            _append(self._path, b"\n" + line)
        return True

    def _note(self, target: Descriptor, tag: str) -> None:
        self._contents[target.digest] = target
        if tag:
            self._tags.pop(tag, None)
            self._tags[tag] = target
        for known, most in ((self._contents, MAX_CONTENTS), (self._tags, MAX_TAGS)):
            while len(known) > most:
                known.popitem(last=False)

    def _load(self) -> int:
        """Read the file; returns how many lines it has."""
        try:
            with _opened(self._path, os.O_RDONLY) as file:
                raw = file.read(MAX_BYTES)
        except OSError:
            return 0
        lines = raw.splitlines()
        for line in lines:
            found = _read(line)
            if found is not None:
                self._note(*found)
        return len(lines)

    def _rewrite(self) -> None:
        named = [_line(target, tag) for tag, target in self._tags.items()]
        held = {target.digest for target in self._tags.values()}
        loose = [_line(target, "") for digest, target in self._contents.items() if digest not in held]
        with contextlib.suppress(OSError), locked(self._path.parent):
            # A line that another process adds right now may be lost; it costs that process's content one request.
            replace_file(self._path, b"\n".join([*loose, *named]), 0o600)


def _line(target: Descriptor, tag: str) -> bytes:
    fields: dict[str, Any] = {"tag": tag} if tag else {}
    return json.dumps({**fields, **target.to_json()}, separators=(",", ":")).encode()


def _read(line: bytes) -> tuple[Descriptor, str] | None:
    """Read a line; None when it is torn, or says what cannot be."""
    try:
        fields = json.loads(line)
        tag, media_type = fields.get("tag", ""), fields["mediaType"]
        if not isinstance(tag, str) or not isinstance(media_type, str):
            return None
        return Descriptor(media_type, Digest(fields["digest"]), fields["size"]), tag
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, RegexploreError):
        return None


def _append(path: Path, content: bytes) -> None:
    with _opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
        file.write(content)


def _opened(path: Path, flags: int) -> Any:
    handle = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
    return os.fdopen(handle, "rb" if flags == os.O_RDONLY else "wb", buffering=0)
