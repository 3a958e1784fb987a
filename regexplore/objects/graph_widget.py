"""The graph to be clicked: Python lays out and fetches, a small script pans, zooms, searches and lights up.

The script gets plain values and the SVG that `regexplore.graph.svg` has checked, and sends wishes: a node was
clicked, opened or closed. A wish names a node by its counter in the picture that was on the screen; whatever
else it says is ignored. Everything slow runs in a thread, so that the kernel stays free; whatever fails there
is shown in the widget, because an exception in a callback of a widget is shown nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Any

import anywidget
import traitlets

from regexplore.content.node import BYTES
from regexplore.errors import RegexploreError
from regexplore.graph.fold import LIMIT
from regexplore.graph.model import ContentGraph
from regexplore.graph.screen import Screen, screen_of
from regexplore.graph.view import View
from regexplore.objects.graph_card import description, graph_card
from regexplore.objects.graph_home import Homes, more_of
from regexplore.objects.graph_node import GraphNode
from regexplore.objects.graph_still import display_with_still, hiding_rules
from regexplore.show.escape import terminal
from regexplore.show.text import count
from regexplore.show.theme import palette_rules

OnSelect = Callable[[GraphNode | None], None]


_RULES = Path(__file__).with_suffix(".css").read_text("utf-8")


class GraphWidget(anywidget.AnyWidget):
    """A graph in a notebook that answers. Made by ``graph.widget()``.

    Attributes
    ----------
    selected : GraphNode or None
        What was clicked last; ``widget.observe(f, "selected")`` tells of changes.
    content : ContentGraph
        All that is known by now, what was fetched after a click included.
    """

    _esm = Path(__file__).with_suffix(".js").read_text("utf-8")
    _css = f"{palette_rules('.rx-graph')}\n{_RULES}"
    picture = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    selected = traitlets.Any(None, allow_none=True)

    def __init__(
        self,
        content: ContentGraph,
        homes: Homes = (),
        *,
        limit: int = LIMIT,
        on_select: OnSelect = lambda _: None,
    ) -> None:
        self._view = View(graph=content, limit=limit)
        self._homes = homes
        self._on_select = on_select
        self._lock = RLock()
        self._cancel = Event()
        self._screen = Screen()
        self._worker: Thread | None = None
        self._number = 0
        super().__init__()
        self.on_msg(self._hear)
        self._tell(status="", problem="", busy=False, node="", card="")
        self._guarded(self._lay_out)

    @property
    def content(self) -> ContentGraph:
        """All that is known by now."""
        return self._view.graph

    def select(self, node: str) -> GraphNode:
        """Select a node by id, tag, or the beginning of a digest, as a click does.

        Raises
        ------
        KeyError
            Nothing, or more than one node, answers to the text.
        """
        with self._lock:
            node_id = self.content.find(node)
            self._select([self.content.nodes[node_id]], self._name_of(node_id))
            chosen: GraphNode = self.selected
        return chosen

    def wait(self, seconds: float = 30) -> None:
        """Wait until what was asked for has been fetched, in tests and scripts."""
        worker = self._worker
        if worker is not None:
            worker.join(seconds)

    def close(self) -> None:
        """Stop fetching and end the widget."""
        self._cancel.set()
        super().close()

    # ---- what the script asks for ----

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        self._guarded(lambda: self._obey(message))

    def _obey(self, message: Any) -> None:
        if not isinstance(message, Mapping):
            return
        match message:
            case {"kind": "stop"}:
                self._cancel.set()
            case {"kind": "reset"}:
                self._show(self._view.whole())
            case {"kind": "clear"}:
                self._select([], "")
            case {"kind": kind, "node": str(name), "picture": self._number} if name in self._screen.items:
                self._act(str(kind), name)

    def _act(self, kind: str, name: str) -> None:
        item = self._screen.items[name]
        if kind == "select":
            self._select(item.nodes, name)
        elif kind == "collapse":
            self._show(self._view.collapse(item.key))
        elif kind == "expand":
            folded = len(item.nodes) > 1 or item.inside or item.key in self._view.collapsed
            if folded:
                self._show(self._view.open(item))
            elif item.nodes[0].kind not in BYTES:
                self._fetch(item.key)

    def _fetch(self, node_id: str) -> None:
        """Walk one step further from a node, in a thread; one at a time."""
        if self._worker is not None and self._worker.is_alive():
            return
        if not self._homes:
            self._tell(status="this graph does not know where its content lives; nothing can be fetched")
            return
        self._cancel = Event()
        self._tell(status="fetching …", problem="", busy=True)
        self._worker = Thread(target=lambda: self._guarded(lambda: self._grow(node_id)), daemon=True)
        self._worker.start()

    def _grow(self, node_id: str) -> None:
        before = self.content
        try:
            grown = more_of(self._homes, before, before.nodes[node_id], self._cancel, self._count)
        finally:
            self._tell(busy=False, status="")
        if self._cancel.is_set():
            self._tell(status="stopped")
            return
        added = len(grown) - len(before)
        with self._lock:
            known = View.grown(self._view, grown)
            self._show(known)
        self._tell(status=f"{count(added, 'node')} more" if added else "there is nothing more to it")

    def _count(self, nodes: int, calls: int) -> None:
        self._tell(status=f"fetching … {count(nodes, 'node')}, {count(calls, 'request')}")

    # ---- what the script shows ----

    def _show(self, view: View) -> None:
        with self._lock:
            chosen = [node.id for node in self.selected.nodes] if self.selected is not None else []
            self._view = view
            self._lay_out()
            nodes = [view.graph.nodes[node_id] for node_id in chosen if node_id in view.graph]
            self._select(nodes, self._name_of(chosen[0]) if chosen else "")

    def _lay_out(self) -> None:
        with self._lock:
            self._screen = screen_of(self._view, description(self.content))
            self._number += 1
            title = terminal(self.content.title)
            self.picture = {
                **self._screen.state,
                "number": self._number,
                "title": title,
                "hides": hiding_rules(self),
            }

    def _name_of(self, node_id: str) -> str:
        """What a node is called in the picture; "" where it is not drawn."""
        return next(
            (
                name
                for name, item in self._screen.items.items()
                if any(node.id == node_id for node in (*item.nodes, *item.inside))
            ),
            "",
        )

    def _select(self, nodes: list[Any], name: str) -> None:
        chosen = GraphNode(self.content, tuple(nodes), self._homes) if nodes else None
        self.selected = chosen
        self._on_select(chosen)
        card = chosen._repr_mimebundle_(["text/html"])["text/html"] if chosen is not None else ""
        self._tell(node=name, card=card, digest=chosen.digest if chosen is not None else "")

    def _tell(self, **changes: Any) -> None:
        with self._lock:
            self.state = {**self.state, **changes}

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except RegexploreError as error:
            self._tell(problem=terminal(" ".join(filter(None, [str(error), error.hint]))))
        except Exception as error:
            # Nobody would see a traceback: front ends hide what callbacks raise.
            self._tell(problem=terminal(f"{type(error).__name__}: {error}"))

    def _ipython_display_(self, **_: Any) -> None:
        display_with_still(self, graph_card(self.content), alive=".rx-graph")
