"""The plain parts; tables have a module of their own."""

from __future__ import annotations

from typing import Any

import traitlets

from regexplore.explorer.front.part import Part, script, style


class Header(Part):
    """Back, forward, reload, crumbs, and a box for names: ``crumbs``, ``back``, ``forward``, ``jump``."""

    _esm = script("header")
    _css = style()


class TabBar(Part):
    """A row of tabs: ``titles``, ``open``."""

    _esm = script("tab_bar")


class Notice(Part):
    """Progress and notes: ``busy``, ``words``, ``notes``, ``actions``."""

    _esm = script("notice")


class ChoiceList(Part):
    """One of several: ``title``, ``options``, ``current``."""

    _esm = script("choice")


class LinesView(Part):
    """A document: ``lines`` of pieces, each text, look, and the number of its link or None."""

    _esm = script("lines")
    lines: Any = traitlets.List().tag(sync=True)


class CopyButton(Part):
    """A button that puts ``text`` on the clipboard."""

    _esm = script("copy_button")
    label = traitlets.Unicode("Copy").tag(sync=True)
    text = traitlets.Unicode("").tag(sync=True)
