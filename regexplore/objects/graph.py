"""The content graph as a notebook holds it: frames, pictures, questions."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Self

from regexplore.content.node import Edge
from regexplore.content.store import ReadOnlyStore
from regexplore.content.walk import Root, WalkOptions, walk
from regexplore.errors import MissingExtraError, NotFoundError, UnsupportedError
from regexplore.graph import mermaid, rows, tree
from regexplore.graph.dot import to_dot
from regexplore.graph.fold import LIMIT
from regexplore.graph.model import ContentGraph
from regexplore.graph.render import HOW_TO_INSTALL, render
from regexplore.graph.svg import standalone
from regexplore.objects.graph_card import description, graph_card
from regexplore.objects.graph_home import Home, Homes, Opener
from regexplore.objects.graph_node import GraphNode
from regexplore.objects.graph_page import graph_page
from regexplore.oci import Platform, Reference
from regexplore.show.bundle import line, mimebundle
from regexplore.show.progress import Progress, Show

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.objects.graph_widget import GraphWidget


class Graph:
    """What points at what: tags, indexes, images, artifacts, layers, and everything about them.

    Made by ``repository.graph()``, ``image.graph()`` or `Graph.of`. In a cell it draws itself, and fetches
    nothing. `widget` gives it to be clicked; only there a reader may have more fetched.

    Parameters
    ----------
    content : ContentGraph
        The graph as a plain value.
    homes : tuple of Home
        The stores to ask for more.

    Examples
    --------
    >>> graph = repo.get("v1.2").graph()
    >>> print(graph.to_text().splitlines()[0])
    127.0.0.1:.../demo/app:v1.2
    >>> graph.nodes["kind"].value_counts()["image"]
    2
    """

    def __init__(self, content: ContentGraph, homes: Homes = ()) -> None:
        self.content = content
        self._homes = homes
        self._selected: GraphNode | None = None

    @classmethod
    def of(
        cls,
        store: ReadOnlyStore,
        roots: Iterable[Root] | None = None,
        *,
        name: str = "",
        depth: int | None = None,
        referrers: bool = True,
        platform: Platform | str | None = None,
        options: WalkOptions | None = None,
        executor: Executor | None = None,
        cancel: Event | None = None,
        progress: Show = True,
        opener: Opener | None = None,
    ) -> Self:
        """Walk a store and return what was found.

        One request for each tag, manifest and index, and one for the referrers of each manifest and index;
        layers and configs are not fetched. Ctrl-C keeps what arrived.

        Parameters
        ----------
        store : ReadOnlyStore
            A repository, a layout, a memory store.
        roots : iterable of str or Descriptor, optional
            Where to begin; everything in the store by default.
        name : str
            What the store goes by; its own name by default.
        depth : int, optional
            How many steps from a root.
        referrers : bool
            Whether to ask for referrers.
        platform : Platform or str, optional
            Of indexes, follow only the children for this platform: ``"linux/amd64"``.
        options : WalkOptions, optional
            Everything else, budgets included; the arguments before it win.
        executor, cancel
            As in `regexplore.content.walk.walk`.
        progress
            As everywhere: True, False or a callable.
        opener : callable, optional
            Gives the object behind a tag or digest, for ``graph.selected.get()``.

        Examples
        --------
        >>> from regexplore.content.memory import MemoryStore
        >>> store = MemoryStore()
        >>> index = store.add_document("application/vnd.oci.image.index.v1+json", {"manifests": []})
        >>> store.tag(index, "v1")
        >>> Graph.of(store).nodes["kind"].tolist()
        ['tag', 'index']
        """
        name = name or _name_of(store)
        chosen = _options(options or WalkOptions(), depth, referrers, platform)
        bare = None if roots is None else [_bare(root, name) for root in roots]
        with Progress("node", show=progress) as shown:
            counted = 0

            def advance(nodes: int, calls: int) -> None:
                nonlocal counted
                shown.advance(nodes - counted, note=f"{calls:,} calls")
                counted = nodes

            found = walk(
                store, bare, name=name, options=chosen, executor=executor, cancel=cancel, on_progress=advance
            )
            if not found.complete:
                shown.stop()
        single = bare[0] if bare is not None and len(bare) == 1 and isinstance(bare[0], str) else ""
        return cls(ContentGraph.from_walk(found, _title(name, single)), (Home(store, name, chosen, opener),))

    # ---- frames ----

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """One row for each tag, document and blob; see `regexplore.objects.graph_frames.NODES`."""
        from regexplore.objects.graph_frames import nodes_frame

        return nodes_frame(self.content)

    @cached_property
    def edges(self) -> pd.DataFrame:
        """One row for each edge; see `regexplore.objects.graph_frames.EDGES`."""
        from regexplore.objects.graph_frames import edges_frame

        return edges_frame(self.content)

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for is in it."""
        return self.content.complete

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why something may be missing."""
        return self.content.reasons

    # ---- questions ----

    def path(self, start: str, end: str) -> pd.DataFrame:
        """Return the edges of a shortest way along the arrows; no rows if there is none.

        Parameters
        ----------
        start, end : str
            Ids, tags, or the beginnings of digests.

        Raises
        ------
        NotFoundError
            One of the nodes is not in the graph, or the text fits more than one.
        """
        from regexplore.objects.graph_frames import edges_frame

        way: tuple[Edge, ...] = self.content.path(self._find(start), self._find(end))
        return edges_frame(self.content, way)

    def roots(self, node: str) -> pd.DataFrame:
        """Return what still needs a node, such as a layer: tags, and documents that nothing else keeps.

        Raises
        ------
        NotFoundError
            The node is not in the graph, or the text fits more than one.
        """
        from regexplore.objects.graph_frames import nodes_frame

        return nodes_frame(self.content, self.content.roots_of(self._find(node)))

    def around(self, *nodes: str) -> Graph:
        """Return the graph of some nodes, of all that they lead to, and of all that is about those.

        Raises
        ------
        NotFoundError
            A node is not in the graph, or the text fits more than one.
        """
        wanted = self.content.reachable(self._find(node) for node in nodes)
        return Graph(self.content.subgraph(wanted), self._homes)

    def diff(self, other: Graph) -> Graph:
        """Return both graphs as one, coloured by what was added and removed from this one to the other."""
        return Graph(self.content.diff(other.content), self._homes_with(other))

    def __or__(self, other: Graph) -> Graph:
        return Graph(self.content | other.content, self._homes_with(other))

    def __and__(self, other: Graph) -> Graph:
        return Graph(self.content & other.content, self._homes_with(other))

    def _homes_with(self, other: Graph) -> Homes:
        return (*self._homes, *(home for home in other._homes if home not in self._homes))

    def __len__(self) -> int:
        return len(self.content)

    def __contains__(self, node: object) -> bool:
        return node in self.content

    def __eq__(self, other: object) -> bool:
        return self.content == other.content if isinstance(other, Graph) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.content)

    # ---- clicking ----

    def widget(self, *, limit: int = LIMIT) -> GraphWidget:
        """Return the graph as a widget: pan, zoom, search, click, and have more fetched.

        A click on a node sets `selected`, here and in the widget. Where no widget can live, such as in a
        saved notebook or on a page made of one, the still picture stands in its place.

        Parameters
        ----------
        limit : int
            Above so many nodes the picture folds; a click unfolds.

        Examples
        --------
        In a cell::

            view = graph.widget()
            view
            # after a click, in another cell:
            graph.selected.digest, graph.selected.get()
        """
        from regexplore.objects.graph_widget import GraphWidget

        return GraphWidget(self.content, self._homes, limit=limit, on_select=self._select)

    @property
    def selected(self) -> GraphNode | None:
        """What was clicked last in a widget of this graph; None before."""
        return self._selected

    def _select(self, node: GraphNode | None) -> None:
        self._selected = node

    def _find(self, node: str) -> str:
        try:
            return self.content.find(node)
        except KeyError as problem:
            raise NotFoundError(str(problem.args[0])) from None

    # ---- other forms ----

    def to_dot(self, *, limit: int = LIMIT) -> str:
        """Return DOT source; above ``limit`` nodes the picture folds."""
        return to_dot(self.content, limit=limit)

    def to_mermaid(self, *, limit: int = LIMIT) -> str:
        """Return a Mermaid flowchart; above ``limit`` nodes the picture folds."""
        return mermaid.to_mermaid(self.content, limit=limit)

    def to_svg(self, *, limit: int = LIMIT) -> str:
        """Return a stand-alone SVG picture, light or dark as the reader's system.

        Raises
        ------
        UnsupportedError
            There is no layout program, or it failed.
        """
        return standalone(self._render("svg", limit), description(self.content))

    def to_text(self, *, annotations: bool = False) -> str:
        """Return the whole graph as a text tree, with the annotations of each node if wanted."""
        return tree.to_text(self.content, annotations=annotations)

    def to_json(self) -> str:
        """Return the whole graph as JSON: nodes, edges, and why it may be incomplete."""
        return rows.to_json(self.content)

    def to_networkx(self) -> Any:
        """Return a ``networkx.MultiDiGraph`` with the columns of the frames as attributes.

        Raises
        ------
        MissingExtraError
            networkx is not installed.
        """
        try:
            import networkx as nx
        except ImportError:
            raise MissingExtraError("networkx", "networkx") from None
        made = nx.MultiDiGraph(title=self.content.title, complete=self.complete)
        for row in rows.node_rows(self.content):
            made.add_node(row.pop("id"), **row)
        for row in rows.edge_rows(self.content):
            made.add_edge(row.pop("source"), row.pop("target"), key=row["kind"], **row)
        return made

    def save(self, path: str | PathLike[str], *, limit: int = LIMIT) -> Path:
        """Write the graph in the form that the name ends in.

        Parameters
        ----------
        path : path-like
            Ends in ``.svg``, ``.html``, ``.png``, ``.pdf``, ``.dot``, ``.mmd``, ``.json`` or ``.txt``.
        limit : int
            Above so many nodes pictures fold; text and JSON are always whole.

        Raises
        ------
        UnsupportedError
            For another ending, or for a picture where there is no layout program.
        """
        target = Path(path)
        match target.suffix.lower():
            case ".svg":
                target.write_text(self.to_svg(limit=limit), encoding="utf-8")
            case ".html":
                target.write_text(graph_page(self.content, limit), encoding="utf-8")
            case ".png" | ".pdf" as suffix:
                target.write_bytes(self._render(suffix[1:], limit))
            case ".dot":
                target.write_text(self.to_dot(limit=limit), encoding="utf-8")
            case ".mmd":
                target.write_text(self.to_mermaid(limit=limit), encoding="utf-8")
            case ".json":
                target.write_text(self.to_json(), encoding="utf-8")
            case ".txt":
                target.write_text(self.to_text() + "\n", encoding="utf-8")
            case other:
                raise UnsupportedError(
                    f"a graph cannot be saved as {other!a}",
                    hint="Names end in .svg, .html, .png, .pdf, .dot, .mmd, .json or .txt.",
                )
        return target

    def _render(self, form: str, limit: int) -> bytes:
        rendering = render(to_dot(self.content, limit=limit), form)
        if rendering.content is None:
            raise UnsupportedError(f"no picture: {rendering.reason}", hint=HOW_TO_INSTALL)
        return rendering.content

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        return mimebundle(lambda: graph_card(self.content), include, exclude)

    def __repr__(self) -> str:
        return line(lambda: graph_card(self.content))


def _options(
    options: WalkOptions, depth: int | None, referrers: bool, platform: Platform | str | None
) -> WalkOptions:
    wanted = Platform.parse(platform) if isinstance(platform, str) else platform
    return replace(
        options,
        depth=options.depth if depth is None else depth,
        referrers=options.referrers and referrers,
        platform=wanted or options.platform,
    )


def _name_of(store: ReadOnlyStore) -> str:
    """What a store goes by: a repository by its reference, a layout by its path."""
    reference = getattr(store, "reference", None)
    if isinstance(reference, Reference):
        return str(reference.with_reference(""))
    return str(getattr(store, "path", ""))


def _bare(root: Root, name: str) -> Root:
    """Drop the name of the store from a full reference."""
    if isinstance(root, str) and name and root.startswith((f"{name}:", f"{name}@")):
        return root[len(name) + 1 :]
    return root


def _title(name: str, root: str) -> str:
    if not name or not root:
        return name or root
    return f"{name}{'@' if ':' in root else ':'}{root}"
