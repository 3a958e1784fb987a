"""Mime bundles: what a front end gets when an object is the value of a cell.

Two forms only, ``text/html`` and ``text/plain``. JSON is left out on purpose: JupyterLab would show its tree
in place of the HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from regexplore.show.card import Card

LIMIT = 100_000
"""A bundle is smaller than this many bytes, so that a notebook with many outputs stays small."""

# Rows and characters a value, from generous to nearly nothing; the first that fits is taken.
CUTS = ((60, 200), (30, 120), (10, 80), (3, 40), (0, 20))


def mimebundle(
    make_card: Callable[[], Card],
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
) -> dict[str, str]:
    """Give the forms of a card, the way IPython asks for them.

    Parameters
    ----------
    make_card
        Called without arguments. What it raises is shown, not raised: a cell's value always shows.
    include, exclude
        Mime types that are wanted, or not wanted.

    Returns
    -------
    dict of str to str
        ``text/html`` and ``text/plain``, cut at the same place, together under 100 kB.
    """
    page, plain = _fitting(safe_card(make_card))
    forms = {"text/html": page, "text/plain": plain}
    wanted = set(forms if include is None else include) - set(exclude or ())
    return {mime: form for mime, form in forms.items() if mime in wanted}


def line(make_card: Callable[[], Card]) -> str:
    """Give the one-line form of a card, for ``repr``; never raises."""
    return f"<{safe_card(make_card).cut(0, 200).line()}>"


def safe_card(make_card: Callable[[], Card]) -> Card:
    """Give the card, or one that says why there is none."""
    try:
        return make_card()
    except Exception as problem:
        # IPython would swallow it and show nothing at all.
        return Card("error", "this object cannot be shown", (type(problem).__name__, str(problem)))


def _fitting(card: Card) -> tuple[str, str]:
    for rows, width in CUTS:
        smaller = card.cut(rows, width)
        page, plain = smaller.to_html(), smaller.to_text()
        if len(page.encode()) + len(plain.encode()) < LIMIT:
            return page, plain
    bare = Card(card.kind, "", ("too large to be shown",))
    return bare.to_html(), bare.to_text()
