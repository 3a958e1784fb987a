"""The explorer: its model, its widgets, and what it hands to Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets

from regexplore.explorer.front.parts import CopyButton, Header, Notice, TabBar
from regexplore.explorer.model import Model, What
from regexplore.explorer.names_view import NamesView
from regexplore.explorer.pane_view import PaneView
from regexplore.explorer.still import Still
from regexplore.explorer.subject import File, Layer, Subject
from regexplore.explorer.target import Target, reference_place, repository_place
from regexplore.objects import Artifact
from regexplore.show.element import element

if TYPE_CHECKING:
    import pandas as pd

MOST_SECONDS_TO_DISPLAY = 1.0


class Explorer:
    """A registry, repository or layout to click through. Made by `explore`.

    In a cell it shows itself. What is on the screen can be had in other cells: `selected` and `frame`.

    Parameters
    ----------
    target : Target

    Examples
    --------
    >>> explorer = rx.explore(repo)
    >>> explorer.wait().selected
    <repository 127.0.0.1:.../demo/app>
    >>> explorer.close()
    """

    def __init__(self, target: Target) -> None:
        self.model = Model(target)
        self._closed = False
        self._header = Header(self._header_clicked)
        self._tabs = TabBar(self._tab_clicked)
        self._notice = Notice(self._notice_clicked)
        self._pane = PaneView(self._guarded(self.model.go))
        self._shown: tuple[object, ...] = ()
        model, start = self.model, target.registry_place
        self._repositories = NamesView("Repositories", model, partial(repository_place, start))
        self._tag_names = NamesView("Tags", model, self._tag_place)
        self._code = ipywidgets.HTML()
        self._copy_python = CopyButton(label="Copy Python")
        self._copy_digest = CopyButton(label="Copy digest")
        self._still = Still(self.model)
        self.widget = self._laid_out()
        self.model.listen(self._changed)
        self.model.start()

    # ---- for Python -------------------------------------------------------------------------------

    @property
    def selected(self) -> Subject | None:
        """What is looked at: a `Registry`, `Repository`, `Layout`, `Artifact`, or a layer or file of one.

        None while it is fetched, or when it could not be.
        """
        return self.model.subject

    @property
    def frame(self) -> pd.DataFrame | None:
        """The frame of the open tab; None when the tab shows none."""
        return self.model.pane.frame if self.model.pane is not None else None

    @property
    def python(self) -> str:
        """The line that gives in a cell what the open tab shows."""
        return self.model.pane.python if self.model.pane is not None else ""

    def wait(self, seconds: float = 30) -> Explorer:
        """Wait until nothing is being loaded, and give the explorer; for scripts."""
        self.model.wait(seconds)
        return self

    def close(self) -> None:
        """Stop all work and close the widgets; the cell then shows a still summary."""
        if self._closed:
            return
        self._closed = True
        self.model.close()
        self._still.finish()
        self._pane.close()
        for widget in (*self._all_widgets(), self.widget):
            widget.close()

    def _ipython_display_(self) -> None:
        # A notebook that runs without a reader should hold more than that something is being loaded.
        self.wait(MOST_SECONDS_TO_DISPLAY)
        self._still.display(self.widget)

    def __repr__(self) -> str:
        return self._still.line()

    # ---- the screen -------------------------------------------------------------------------------

    def _laid_out(self) -> Any:
        python = _box(ipywidgets.HBox, "rx-python", self._code, self._copy_python, self._copy_digest)
        self._code.add_class("rx-code")
        top = _box(ipywidgets.VBox, "rx-top", self._header, python)
        lists = [self._tag_names.widget]
        if self.model.target.registry is not None:
            lists.insert(0, self._repositories.widget)
        side = _box(ipywidgets.VBox, "rx-side", *lists)
        main = _box(ipywidgets.VBox, "rx-main", self._tabs, self._notice, self._pane.box)
        body = _box(ipywidgets.HBox, "rx-body", side, main)
        self._boxes = (python, top, side, main, body)
        return _box(ipywidgets.VBox, "rx-explorer", top, body)

    def _all_widgets(self) -> Iterable[Any]:
        names = (self._repositories.widget, self._tag_names.widget)
        parts = (self._header, self._tabs, self._notice, self._code, self._copy_python, self._copy_digest)
        return (*parts, *names, *self._boxes)

    def _changed(self, what: What) -> None:
        """Show what changed; called in any thread, one at a time."""
        with self.model.lock:
            if self._closed:
                return
            try:
                if what == "words":
                    self._show_notice()
                elif what == "names":
                    self._show_names()
                else:
                    self._show_all()
            except Exception as problem:
                # Nobody above would tell the reader: this may be the thread of a job.
                self._pane.show(None, problem)

    def _show_all(self) -> None:
        model = self.model
        jump = "tag or digest" if model.target.registry is None else "repository[:tag]"
        crumbs = [place.label for place in model.here.trail]
        self._header.show(crumbs=crumbs, back=model.can_go_back, forward=model.can_go_forward, jump=jump)
        self._tabs.show(titles=model.tab_titles or [model.tab], open=model.tab)
        self._show_notice()
        self._show_names()
        self._show_python()
        shown = (model.pane, model.error)
        if shown != self._shown:
            self._shown = shown
            self._pane.show(model.pane, model.error)
        if not model.busy:
            self._still.update()

    def _show_notice(self) -> None:
        model = self.model
        notes = [*(model.pane.notes if model.pane is not None else ())]
        notes += [f"the registry warns: {text}" for text in model.warnings]
        actions = []
        if model.busy:
            actions = [{"id": "stop", "label": "Cancel"}]
        elif model.error is not None:
            actions = [{"id": "retry", "label": "Try again"}]
        self._notice.show(busy=model.busy, words=model.words or "loading", notes=notes, actions=actions)

    def _show_names(self) -> None:
        model = self.model
        if model.target.registry is not None:
            self._repositories.show(model.repositories, model.here)
        self._tag_names.widget.layout.display = None if model.has_repository else "none"
        if model.has_repository:
            self._tag_names.show(model.tags, model.here)

    def _show_python(self) -> None:
        python = self.python or self.model.target.python(self.model.here)
        self._code.value = element("code", python, title=python)
        self._copy_python.text = python
        self._copy_digest.text = digest_of(self.model.subject)

    # ---- what was clicked -------------------------------------------------------------------------

    def _tag_place(self, tag: str) -> Any:
        here = self.model.here
        repository = next(place for place in here.trail if place.repository == here.repository)
        return reference_place(repository, tag)

    def _header_clicked(self, message: Mapping[str, Any]) -> None:
        model = self.model
        match message:
            case {"kind": "back"}:
                self._guarded(model.back)()
            case {"kind": "forward"}:
                self._guarded(model.forward)()
            case {"kind": "reload"}:
                self._guarded(model.reload)()
            case {"kind": "jump", "text": str(text)}:
                self._guarded(model.go_to_name)(text.strip())
            case {"kind": "crumb", "n": int(n)} if 0 <= n < len(model.here.trail):
                self._guarded(model.go)(model.here.trail[n])

    def _tab_clicked(self, message: Mapping[str, Any]) -> None:
        match message:
            case {"kind": "tab", "title": str(title)} if title in self.model.tab_titles:
                self._guarded(self.model.open_tab)(title)

    def _notice_clicked(self, message: Mapping[str, Any]) -> None:
        match message:
            case {"kind": "stop"}:
                self._guarded(self.model.stop)()
            case {"kind": "retry"}:
                self._guarded(self.model.reload)()

    def _guarded(self, act: Callable[..., None]) -> Callable[..., None]:
        """Show what an act raises: a notebook shows nothing of errors in callbacks."""

        def guarded(*arguments: Any) -> None:
            try:
                act(*arguments)
            except Exception as problem:
                self._pane.show(None, problem)

        return guarded


def digest_of(subject: Subject | None) -> str:
    """Give the digest of what is looked at; "" if it has none."""
    if isinstance(subject, Artifact):
        return str(subject.digest)
    if isinstance(subject, Layer):
        return str(subject.descriptor.digest)
    return str(subject.image.digest) if isinstance(subject, File) else ""


def _box(kind: Any, name: str, *children: Any) -> Any:
    box = kind(children)
    box.add_class(name)
    return box
