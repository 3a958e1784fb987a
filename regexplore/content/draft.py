"""The result of a walk while it grows: nodes that become better known, edges, and what was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from regexplore.content.node import (
    ARTIFACT,
    BLOB,
    CONFIG,
    FAILED,
    IMAGE,
    INDEX,
    LAYER,
    MISSING,
    NAMED,
    READ,
    SUBJECT,
    TAG,
    UNKNOWN,
    UNREADABLE,
    Edge,
    Node,
)
from regexplore.errors import BudgetExceededError, NotFoundError, RegexploreError
from regexplore.oci import Descriptor, Digest, Document, UnreadableDocument
from regexplore.oci.digest import is_digest
from regexplore.oci.media_types import is_image_config, is_index, is_layer, is_manifest

NOT_FOLLOWED = "were not followed"
"""How the reason ends that only the depth of a walk is to blame for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finished draft; the fields are those of `regexplore.content.walk.Walk`."""

    nodes: dict[str, Node]
    edges: tuple[Edge, ...]
    roots: tuple[str, ...]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    documents: dict[Digest, Document]


class Draft:
    """What a walk has found so far."""

    def __init__(self, name: str, max_nodes: int) -> None:
        self.nodes: dict[str, Node] = {}
        self.documents: dict[Digest, Document] = {}
        self._prefix = f"{name}:" if name else ""
        self._max_nodes = max_nodes
        self._edges: dict[Edge, None] = {}
        self._roots: dict[str, None] = {}
        self._reasons: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        # (referrer, subject) as a listing says; the document has the last word.
        self._listed: dict[tuple[str, str], None] = {}
        self._cut: dict[str, int] = {}

    # ---- nodes ----

    def id_of(self, reference: str) -> str:
        """Return the id of the node of a tag or digest."""
        return reference if is_digest(reference) else f"{self._prefix}{reference}"

    def add_reference(self, reference: str) -> str:
        """Add the node of a tag or digest that is going to be resolved, and return its id."""
        node_id = self.id_of(reference)
        if node_id not in self.nodes and self._has_room():
            if is_digest(reference):
                self.nodes[node_id] = Node(id=node_id)
            else:
                self.nodes[node_id] = Node(id=node_id, kind=TAG, name=reference)
        return node_id

    def add_content(self, target: Descriptor, edge: str) -> bool:
        """Add content by what a descriptor says of it; False when there is no room."""
        known = self.nodes.get(target.digest)
        if known is None and not self._has_room():
            return False
        if known is None or known.descriptor is None:
            fresh = Node(id=target.digest, kind=_kind_by_descriptor(target, edge), descriptor=target)
            self.nodes[target.digest] = replace(fresh, annotations=target.annotations or {})
        elif is_manifest(target.media_type) and not is_manifest(known.media_type):
            self.nodes[target.digest] = replace(
                known, descriptor=target, kind=_kind_by_descriptor(target, edge)
            )
        self._learn(target)
        return True

    def _learn(self, target: Descriptor) -> None:
        """Take from a descriptor what no other has said before."""
        node = self.nodes[target.digest]
        platform = target.platform if target.platform and not target.platform.is_unknown else None
        self.nodes[target.digest] = replace(
            node,
            platform=node.platform or platform,
            artifact_type=node.artifact_type or target.artifact_type,
            annotations={**(target.annotations or {}), **node.annotations},
        )

    def read(self, document: Document) -> None:
        """Note what a document says of itself."""
        digest = document.descriptor.digest
        self.documents[digest] = document
        node = self.nodes[digest]
        if isinstance(document, UnreadableDocument):
            self.nodes[digest] = replace(node, state=UNREADABLE, error=document.reason)
            return
        kind = document.kind if document.kind in (INDEX, IMAGE, ARTIFACT, CONFIG) else UNKNOWN
        artifact_type = "" if kind == IMAGE else document.artifact_type or node.artifact_type
        self.nodes[digest] = replace(
            node,
            kind=kind,
            state=READ,
            artifact_type=artifact_type,
            annotations={**node.annotations, **document.annotations},
        )

    def fail(self, node_id: str, error: RegexploreError) -> None:
        """Note that asking for a node ended in an error."""
        if isinstance(error, BudgetExceededError):
            # Nobody was asked: nothing is known of it that was not known before.
            self.incomplete(str(error))
            return
        if node_id in self.nodes:
            state = MISSING if isinstance(error, NotFoundError) else FAILED
            self.nodes[node_id] = replace(self.nodes[node_id], state=state, error=str(error))
        if not isinstance(error, NotFoundError):
            self.incomplete(str(error))

    def checked(self, digest: str, *, there: bool) -> None:
        """Note whether a blob is there."""
        if not there:
            self.nodes[digest] = replace(
                self.nodes[digest], state=MISSING, error="the store says that it is not there"
            )

    # ---- edges ----

    def root(self, node_id: str) -> None:
        """Note where the walk began."""
        self._roots[node_id] = None

    def connect(self, edge: Edge) -> None:
        """Add an edge."""
        self._edges[edge] = None

    def tagged(self, tag: str, digest: str) -> None:
        """Note what a tag names."""
        node_id = self.id_of(tag)
        if node_id in self.nodes:
            self.nodes[node_id] = replace(self.nodes[node_id], state=READ)
            self.connect(Edge(node_id, digest, TAG))

    def speaks_of(self, digest: str, about: str, kind: str) -> None:
        """Note that the tag of some content says what it is about."""
        self.connect(Edge(digest, about, kind))

    def listed(self, referrer: str, subject: str) -> None:
        """Note that the store lists a manifest as a referrer."""
        self._listed[referrer, subject] = None

    def unknown_subjects(self) -> list[str]:
        """Return the digests that tags or annotations speak of and that nothing else led to."""
        return [edge.target for edge in self._edges if edge.target not in self.nodes]

    # ---- what was left out ----

    def incomplete(self, reason: str) -> None:
        """Note why something may be missing."""
        self._reasons[reason] += 1

    def left_out(self, what: str, count: int) -> None:
        """Note what the options left out."""
        if count:
            self._left_out[what] += count

    def cut(self, digest: str, depth: int) -> None:
        """Note that a document was not read because of its depth; another way may still lead to it."""
        if self.nodes[digest].state == NAMED and digest not in self.documents:
            self._cut.setdefault(digest, depth)

    def reached(self, digest: str) -> None:
        """Note that a document is read after all."""
        self._cut.pop(digest, None)

    def _has_room(self) -> bool:
        if len(self.nodes) < self._max_nodes:
            return True
        self._reasons[f"stopped at {self._max_nodes:,} nodes"] = 1
        return False

    def finish(self) -> Found:
        """Return what was found, without edges that lead nowhere."""
        notes = [f"left out: {count:,} {what}" for what, count in self._left_out.items()]
        notes += self._settle_listed()
        reasons = [text if n == 1 else f"{text} ({n:,} times)" for text, n in self._reasons.items()]
        if self._cut:
            depth = min(self._cut.values())
            reasons.append(f"{len(self._cut):,} documents at depth {depth} {NOT_FOLLOWED}")
        return Found(
            nodes=self.nodes,
            edges=tuple(e for e in self._edges if e.source in self.nodes and e.target in self.nodes),
            roots=tuple(root for root in self._roots if root in self.nodes),
            reasons=tuple(reasons),
            notes=tuple(notes),
            documents=self.documents,
        )

    def _settle_listed(self) -> list[str]:
        """Believe a listing where the referrer could not be read, and the document where it could."""
        notes = []
        for referrer, subject in self._listed:
            edge = Edge(referrer, subject, SUBJECT)
            if edge in self._edges:
                continue
            if self.nodes[referrer].state == READ:
                notes.append(f"{referrer} is listed as a referrer of {subject}, but does not say so")
            else:
                self.connect(edge)
        return notes


def _kind_by_descriptor(target: Descriptor, edge: str) -> str:
    """Tell the kind before the document is read: by media type, and by role where that says nothing."""
    if is_index(target.media_type):
        return INDEX
    if is_manifest(target.media_type):
        return ARTIFACT if target.artifact_type else IMAGE
    if edge == CONFIG or is_image_config(target.media_type):
        return CONFIG
    return LAYER if is_layer(target.media_type) else BLOB
