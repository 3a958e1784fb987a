"""A graph as one HTML page: nothing to fetch, nothing that runs; light or dark as the reader's system."""

from __future__ import annotations

from dataclasses import replace

from regexplore.graph.model import ContentGraph
from regexplore.graph.svg import system_colours
from regexplore.objects.graph_card import Drawing, Tree, description, graph_card
from regexplore.show.card import Section
from regexplore.show.escape import html
from regexplore.show.theme import system_palette

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = (
    "html{color-scheme:light dark}body{margin:16px;background:#fff}"
    "@media (prefers-color-scheme:dark){body{background:#212121}}"
    "html .rx-card{max-width:none}html .rx-card pre{max-height:none}"
)


def graph_page(graph: ContentGraph, limit: int) -> str:
    """Give the page: the card with the picture, folded above ``limit`` nodes, and the whole tree."""
    card = graph_card(graph)
    if graph.nodes:
        picture = Section("Picture", Drawing(graph, limit), count="", open=True)
        tree = Section(
            "Tree", Tree(graph, lines=2 * len(graph.nodes) + len(graph.edges)), count="", open=False
        )
        card = replace(card, sections=(picture, tree))
    style = f"{_STYLE}{system_palette('html .rx-card')}{system_colours()}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{html(_POLICY)}">'
        f"<title>{html(description(graph))}</title><style>{style}</style></head>"
        f"<body>{card.to_html()}</body></html>\n"
    )
