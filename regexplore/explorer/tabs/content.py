"""What is in a file of an image, or in a small blob such as an SBOM or a signature."""

from __future__ import annotations

import json

from regexplore.content.store import fetch_all
from regexplore.errors import SizeExceedsLimitError
from regexplore.explorer.annotated_json import annotated_lines
from regexplore.explorer.pane import Block, Lines, Pane, Piece
from regexplore.explorer.subject import File, Layer, Subject
from regexplore.explorer.visit import Visit
from regexplore.objects import Image
from regexplore.objects.remembered import RememberedStore
from regexplore.show import text as words

TITLE = "Content"
MOST = 1 << 20
BEGINNING = 64 << 10
MAX_LINES = 4_000
DUMP_BYTES = 4_096


def applies(subject: Subject) -> bool:
    """Files, and blobs that are no layers of a file system."""
    if isinstance(subject, Layer):
        return not isinstance(subject.artifact, Image)
    return isinstance(subject, File)


def load(visit: Visit) -> Pane:
    """Read it, verified if it is small; of larger ones the beginning."""
    subject = visit.subject
    if isinstance(subject, File):
        python = f"{visit.python}.read({subject.path!r})"
        try:
            return _pane(subject.image.read(subject.path, MOST), python)
        except SizeExceedsLimitError:
            with subject.image.open(subject.path) as stream:
                beginning = stream.read(BEGINNING)
        note = f"partial: the first {words.human_bytes(BEGINNING)}, not verified; the file is larger"
        return _pane(beginning, python, note)
    if isinstance(subject, Layer):
        store = RememberedStore(subject.artifact._source)
        python = f"{visit.target.python(visit.place.child())}.layer_descriptors[{subject.number - 1}]"
        return _pane(fetch_all(store, subject.descriptor, MOST), python)
    return Pane(())


def _pane(content: bytes, python: str, *notes: str) -> Pane:
    return Pane((_block(content, whole=not notes),), None, python, notes)


def _block(content: bytes, *, whole: bool) -> Block:
    if b"\0" in content[:BEGINNING]:
        return _dump(content)
    text = content.decode("utf-8", "backslashreplace")
    if whole and text[:1] in ("{", "["):
        try:
            return annotated_lines(json.loads(text), lambda _: None)
        except (ValueError, RecursionError):
            pass
    lines = text.splitlines()
    shown = [(Piece(words.cut(line, 2_000)),) for line in lines[:MAX_LINES]]
    if len(lines) > MAX_LINES:
        shown.append((Piece(f"… {len(lines) - MAX_LINES:,} more lines", "note"),))
    return Lines(tuple(shown))


def _dump(content: bytes) -> Lines:
    """Give bytes that are no text as hexadecimal and ASCII, sixteen a line."""
    lines: list[tuple[Piece, ...]] = []
    for at in range(0, min(len(content), DUMP_BYTES), 16):
        part = content[at : at + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append((Piece(f"{at:08x}  ", "note"), Piece(f"{part.hex(' '):<47}  "), Piece(shown, "text")))
    if len(content) > DUMP_BYTES:
        lines.append((Piece(f"… {len(content) - DUMP_BYTES:,} more bytes", "note"),))
    return Lines(tuple(lines))
