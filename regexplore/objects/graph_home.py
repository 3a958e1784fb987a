"""Where the content of a graph lives: the store to ask when a reader wants to know more of a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from regexplore.content.draft import NOT_FOLLOWED
from regexplore.content.node import NAMED, READ, TAG, Node
from regexplore.content.store import ReadOnlyStore
from regexplore.content.walk import WalkOptions, walk
from regexplore.errors import NotFoundError, UnsupportedError
from regexplore.graph.model import ContentGraph
from regexplore.objects.source import Source
from regexplore.oci.media_types import is_manifest
from regexplore.show.text import count

Advance = Callable[[int, int], None]
Opener = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Home:
    """A store, and how a graph walked over it.

    Attributes
    ----------
    store : ReadOnlyStore
    name : str
        What the store goes by.
    options : WalkOptions
    opener : callable, optional
        Gives the object behind a tag or digest.
    """

    store: ReadOnlyStore
    name: str = ""
    options: WalkOptions = field(default_factory=WalkOptions)
    opener: Opener | None = None

    def more(
        self, node: Node, cancel: Event | None = None, on_progress: Advance | None = None
    ) -> ContentGraph:
        """Walk one step further from a node and return what is there."""
        options = replace(self.options, depth=1, configs=True, layers=True, referrers=True)
        root = node.name if node.kind == TAG else node.descriptor or node.id
        found = walk(
            self.store, [root], name=self.name, options=options, cancel=cancel, on_progress=on_progress
        )
        return ContentGraph.from_walk(found)

    def get(self, node: Node) -> Any:
        """Fetch the document of a node, or what a tag names: as an object if an opener is known.

        Raises
        ------
        UnsupportedError
            The node is a layer or another blob.
        NotFoundError
            It is not there.
        RegexploreError
            It could not be fetched.
        """
        if node.media_type and not is_manifest(node.media_type):
            raise UnsupportedError(
                f"a {node.kind} is no document of its own", hint="Get the image or artifact that holds it."
            )
        reference = node.name if node.kind == TAG else node.id
        if self.opener is not None:
            return self.opener(reference)
        source = Source(self.store, self.name)
        return source.by_descriptor(node.descriptor) if node.descriptor else source.by_reference(reference)


Homes = tuple[Home, ...]


def more_of(
    homes: Homes, graph: ContentGraph, node: Node, cancel: Event, on_progress: Advance | None = None
) -> ContentGraph:
    """Return a graph with one more step from a node in it, from the first home that knows the node.

    Raises
    ------
    NotFoundError
        No home knows the node.
    """
    for home in homes:
        found = home.more(node, cancel, on_progress)
        if any(known.state == READ for known in found.nodes.values()):
            return _joined(graph, found)
    raise NotFoundError(f"{node.name or node.id} could not be read", hint="Is the registry still there?")


def _joined(graph: ContentGraph, found: ContentGraph) -> ContentGraph:
    """Unite what was known with what was found, and say anew what is still not followed."""
    both = graph | found
    reasons = [reason for reason in both.reasons if not reason.endswith(NOT_FOLLOWED)]
    left = sum(node.state == NAMED and is_manifest(node.media_type) for node in both.nodes.values())
    if left:
        reasons.append(f"{count(left, 'document')} {NOT_FOLLOWED}")
    return replace(
        both,
        title=graph.title,
        roots=graph.roots,
        reasons=tuple(reasons),
        changes=graph.changes,
        edge_changes=graph.edge_changes,
    )
