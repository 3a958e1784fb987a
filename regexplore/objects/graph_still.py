"""The still form of a widget: a card that stands in its place wherever the widget does not live.

One output cannot be both. A notebook that is opened again without its kernel takes the widget out of a bundle
and finds that it is dead, and does not look at the HTML beside it. So there are two outputs, the card and the
widget, and a style sheet in each of them: the living widget hides the card, the card hides what a dead widget
leaves. A page that strips styles or knows no widgets shows the card alone, for the second output is empty there.
"""

from __future__ import annotations

from typing import Any

from regexplore.show.bundle import mimebundle
from regexplore.show.card import Card

VIEW = "application/vnd.jupyter.widget-view+json"


def still_class(widget: Any) -> str:
    """Give the class of the card that belongs to a widget."""
    return f"rx-still-{widget.model_id}"


def hiding_rules(widget: Any) -> str:
    """Give the rules by which a living widget hides its card, and in JupyterLab the space around it."""
    card = f".{still_class(widget)}"
    return f"{card}{{display:none}} .jp-OutputArea-child:has({card}){{display:none}}"


def display_with_still(widget: Any, card: Card, alive: str) -> None:
    """Display a card and, below it, the widget.

    Parameters
    ----------
    widget : ipywidgets.DOMWidget
    card : Card
    alive : str
        A selector of what only a living widget has on the page.
    """
    from IPython.display import display

    publish: Any = display
    name = still_class(widget)
    dead = f".jp-OutputArea-child:has(.{name})+.jp-OutputArea-child:not(:has({alive})){{display:none}}"
    bundle = mimebundle(lambda: card)
    bundle["text/html"] = f'<div class="{name}"><style>{dead}</style>{bundle["text/html"]}</div>'
    publish(bundle, raw=True)
    publish({VIEW: widget.get_view_spec(), "text/html": "", "text/plain": ""}, raw=True)
