"""The tabs, in the order in which they stand. A new one is a module in `tabs` and a line here."""

from __future__ import annotations

from regexplore.explorer.place import Place
from regexplore.explorer.subject import Subject
from regexplore.explorer.tabs import (
    audit,
    changes,
    content,
    files,
    graph,
    history,
    layers,
    manifest,
    overview,
    platforms,
    referrers,
    shared,
    tag_details,
    wire,
)
from regexplore.explorer.visit import Tab

TABS: tuple[Tab, ...] = (
    overview,
    content,
    tag_details,
    manifest,
    platforms,
    layers,
    files,
    shared,
    referrers,
    graph,
    history,
    changes,
    audit,
    wire,
)


def tabs_for(subject: Subject) -> list[Tab]:
    """Give the tabs that a subject has."""
    return [tab for tab in TABS if tab.applies(subject)]


def tab_at(place: Place, subject: Subject) -> Tab:
    """Give the tab that is open at a place; the first where the subject has none of that title."""
    tabs = tabs_for(subject)
    return next((tab for tab in tabs if place.tab == tab.TITLE), tabs[0])
