"""A JSON document as lines of a pane: annotated, and every digest a link to where its descriptor leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regexplore.explorer.pane import Lines, Piece
from regexplore.explorer.place import Place
from regexplore.knowledge.annotated_json import Path, Span, annotated

Lead = Callable[[Path], Place | None]


def annotated_lines(document: Any, leads: Lead, kind: str = "") -> Lines:
    """Write a document.

    Parameters
    ----------
    document
        Plain objects, as JSON gives them.
    leads
        Gives the place of the descriptor at a path such as ``("layers", 0)``.
    kind
        What its fields are explained as; "" for not at all.
    """

    def piece(span: Span) -> Piece:
        return Piece(span.text, span.look, None if span.path is None else leads(span.path))

    return Lines(tuple(tuple(map(piece, line)) for line in annotated(document, kind)))
