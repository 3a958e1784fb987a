"""The page on the visual language of graphs says what the code draws."""

from __future__ import annotations

import runpy
from pathlib import Path

from regexplore.graph.fold import fold
from regexplore.graph.style import ABOUT_STROKE, CONTENT_STROKE, FAMILIES, TAG_STROKE

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_the_code_says() -> None:
    made = runpy.run_path(str(DOCS / "graph_legend.py"))
    assert (DOCS / "graphs.md").read_text() == made["page"](), "run: python docs/graph_legend.py"


def test_the_picture_has_every_family_and_every_line() -> None:
    graph = runpy.run_path(str(DOCS / "graph_legend.py"))["legend_graph"]()
    assert {item.family for item in fold(graph).items.values()} == FAMILIES.keys()
    words = (DOCS / "images" / "graph-legend.svg").read_text()
    for stroke in (CONTENT_STROKE, ABOUT_STROKE, TAG_STROKE):
        assert stroke.word in words
    for name in FAMILIES:
        assert name.lower() in words.lower()
