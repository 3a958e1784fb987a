"""The one walk over content: from tags and digests to everything they lead to, concurrently.

It goes level by level: all questions of one level are asked at once, the answers merged in their order, so
that the result does not depend on what arrived first. Each document is fetched once. A cycle ends at what
was visited, a budget ends the rest, and whatever is left out is told.

Source: Go ``oras.ExtendedCopyGraph`` and ``content.Successors`` for what follows from what;
distribution-spec v1.1 for referrers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from threading import Event

from regexplore.content.draft import Draft
from regexplore.content.jobs import Answer, Check, Job, ListReferrers, Read, Resolve, Worker
from regexplore.content.node import ATTESTS, CHILD, CONFIG, CONTENT_EDGES, SUBJECT, Edge, Node
from regexplore.content.pool import WORKERS, Outcome, map_bounded
from regexplore.content.reference_tags import parse_reference_tag, reference_tags_of
from regexplore.content.store import MAX_DOCUMENT_BYTES, ReadOnlyStore, RootLister, TagLister
from regexplore.content.successors import Link, attested, children_for, links
from regexplore.errors import RegexploreError
from regexplore.oci import Descriptor, Digest, Document, Index, Platform
from regexplore.oci.digest import is_digest
from regexplore.oci.media_types import is_manifest
from regexplore.remote.budget import Budget, under

Root = str | Descriptor
UNKNOWN_CAPABILITY = "unknown"
STOPPED = "stopped before everything was read"


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkOptions:
    """What a walk follows, and how far.

    Attributes
    ----------
    configs, layers : bool
        Add configs, layers and other blobs as nodes. Their bytes are never fetched.
    subjects, referrers : bool
        Follow subjects upwards; ask for the referrers of every manifest, at any depth.
    reference_tags : bool
        List the tags once to find what cosign's tags and the referrers tag schema say of the content.
    check_blobs : bool
        Ask for each blob whether it is there: one request each.
    platform : Platform, optional
        Of indexes, follow only the children for this platform and their attestations.
    depth : int
        How many steps from a root.
    max_nodes, max_calls, max_tags : int
        Bounds of the result, whatever the store: nodes in it, questions to the store, tags listed.
    budget : Budget, optional
        What may be asked of a registry: requests, bytes, seconds.
    max_document_bytes : int
    workers : int
    """

    configs: bool = True
    layers: bool = True
    subjects: bool = True
    referrers: bool = True
    reference_tags: bool = True
    check_blobs: bool = False
    platform: Platform | None = None
    depth: int = 16
    max_nodes: int = 5_000
    max_calls: int = 20_000
    max_tags: int = 10_000
    budget: Budget | None = None
    max_document_bytes: int = MAX_DOCUMENT_BYTES
    workers: int = WORKERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk found.

    Attributes
    ----------
    nodes : mapping of str to Node
        By id, in the order they were found.
    edges : tuple of Edge
    roots : tuple of str
        Ids of the nodes where it began.
    reasons : tuple of str
        Why something may be missing; empty when everything asked for was read.
    notes : tuple of str
        What the options left out, and where store and documents contradict each other.
    documents : mapping of Digest to Document
        The documents that were read.
    calls : int
        How many questions were put to the store: a page of tags, a document, the referrers of a manifest.
    """

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    roots: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    documents: Mapping[Digest, Document] = field(default_factory=dict, repr=False)
    calls: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was read."""
        return not self.reasons


def walk(
    store: ReadOnlyStore,
    roots: Iterable[Root] | None = None,
    *,
    name: str = "",
    options: WalkOptions | None = None,
    executor: Executor | None = None,
    cancel: Event | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Walk:
    """Follow content from some roots, or from everything that the store lists.

    Parameters
    ----------
    store : ReadOnlyStore
    roots : iterable of str or Descriptor, optional
        Tags, digests, descriptors. By default all tags, and what the store knows without a tag.
    name : str
        What the store goes by; tags are called ``name:tag``, so that graphs of several can be united.
    options : WalkOptions, optional
    executor : concurrent.futures.Executor, optional
        Where to run in place of own threads.
    cancel : threading.Event, optional
        Set it from anywhere to stop. So does Ctrl-C; what arrived is kept in both cases.
    on_progress : callable, optional
        Called with the numbers of nodes and of calls so far, in the caller's thread.

    Returns
    -------
    Walk
        Never raises for what the store answers: that becomes the state of a node, or a reason.

    Examples
    --------
    >>> from regexplore.content.memory import MemoryStore
    >>> store = MemoryStore()
    >>> index = store.add_document("application/vnd.oci.image.index.v1+json", {"manifests": []})
    >>> store.tag(index, "v1")
    >>> [node.kind for node in walk(store, ["v1"]).nodes.values()]
    ['tag', 'index']
    """
    chosen = options or WalkOptions()
    walker = _Walker(store, name, chosen, on_progress)
    with under(chosen.budget):
        walker.run(None if roots is None else list(roots), executor, cancel or Event())
    return walker.result()


class _Walker:
    """One walk: a queue of jobs, and the draft that their answers are merged into."""

    def __init__(
        self,
        store: ReadOnlyStore,
        name: str,
        options: WalkOptions,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self._store = store
        self._options = options
        self._draft = Draft(name, options.max_nodes)
        self._on_progress = on_progress
        self._queue: list[Job] = []
        self._asked: set[tuple[type, str]] = set()
        self._tags: set[str] = set()
        self._knows_all_tags = False
        self._found_out = False
        self._calls = 0

    # ---- the loop ----

    def run(self, roots: list[Root] | None, executor: Executor | None, cancel: Event) -> None:
        try:
            self._begin(roots)
            tags = self._tags if self._knows_all_tags else None
            worker = Worker(self._store, self._options.max_document_bytes, tags)
            while batch := self._next_batch():
                outcomes = map_bounded(
                    worker, batch, self._options.workers, executor, on_result=self._count, cancel=cancel
                )
                for outcome in outcomes:
                    self._merge(outcome)
                if outcomes.interrupted:
                    self._draft.incomplete(STOPPED)
                    return
        except KeyboardInterrupt:
            self._draft.incomplete(STOPPED)

    def result(self) -> Walk:
        found = self._draft.finish()
        return Walk(
            nodes=found.nodes,
            edges=found.edges,
            roots=found.roots,
            reasons=found.reasons,
            notes=found.notes,
            documents=found.documents,
            calls=self._calls,
        )

    def _begin(self, roots: list[Root] | None) -> None:
        if roots is None or self._options.reference_tags:
            self._list_tags(needed=roots is None)
        if roots is None:
            roots = [
                *sorted(self._tags),
                *(self._store.roots() if isinstance(self._store, RootLister) else ()),
            ]
        for root in roots:
            if isinstance(root, str):
                self._draft.root(self._resolve_later(root, 0))
            elif self._add(root, 0):
                self._draft.root(root.digest)

    def _list_tags(self, *, needed: bool) -> None:
        """List the tags once: for the roots, or to know which tags speak of a digest."""
        if not isinstance(self._store, TagLister):
            return
        try:
            for page in self._store.tag_pages():
                self._calls += 1
                self._tags.update(page)
                if len(self._tags) > self._options.max_tags:
                    self._tags = set(sorted(self._tags)[: self._options.max_tags])
                    self._draft.incomplete(
                        f"more than {self._options.max_tags:,} tags; the rest was not read"
                    )
                    return
            self._knows_all_tags = True
        except RegexploreError as error:
            what = "tags" if needed else "tags that speak of digests (cosign, tag schema)"
            self._draft.incomplete(f"{what} could not be listed: {error}")

    def _next_batch(self) -> list[Job]:
        if not self._queue and self._options.subjects:
            # A tag spoke of digests that nothing else led to.
            for digest in self._draft.unknown_subjects():
                self._resolve_later(digest, 1)
        waiting, later = self._one_that_finds_out(self._queue)
        room = max(self._options.max_calls - self._calls, 0)
        batch, left = waiting[:room], waiting[room:]
        if left:
            self._draft.incomplete(f"stopped after {self._calls + len(batch):,} calls")
        self._queue = later if batch else []
        return batch

    def _one_that_finds_out(self, jobs: list[Job]) -> tuple[list[Job], list[Job]]:
        """Put off all questions for referrers but one, where that one tells whether the others are worth it."""
        listing = [job for job in jobs if isinstance(job, ListReferrers)]
        unknown = getattr(self._store, "referrers_capability", "") == UNKNOWN_CAPABILITY
        if not (listing and unknown and self._knows_all_tags) or self._found_out:
            return jobs, []
        self._found_out = True
        return [job for job in jobs if not isinstance(job, ListReferrers) or job is listing[0]], [
            *listing[1:]
        ]

    def _count(self, _: Outcome[Job, Answer]) -> None:
        self._calls += 1
        if self._on_progress is not None:
            self._on_progress(len(self._draft.nodes), self._calls)

    def _ask(self, job: Job, key: str) -> None:
        """Queue a question that was not asked before."""
        if (type(job), key) not in self._asked:
            self._asked.add((type(job), key))
            self._queue.append(job)

    # ---- what to ask next ----

    def _resolve_later(self, reference: str, depth: int) -> str:
        self._ask(Resolve(reference, depth), reference)
        return self._draft.add_reference(reference)

    def _add(self, target: Descriptor, depth: int, edge: str = CHILD) -> bool:
        """Add content and queue what follows from it; False when the budget of nodes is used up."""
        if not self._draft.add_content(target, edge):
            return False
        if not is_manifest(target.media_type):
            if self._options.check_blobs:
                self._ask(Check(target), target.digest)
            return True
        if depth >= self._options.depth:
            self._draft.cut(target.digest, depth)
            return True
        self._draft.reached(target.digest)
        self._ask(Read(target, depth), target.digest)
        if self._options.referrers:
            self._ask(ListReferrers(target, depth), target.digest)
        if self._options.reference_tags:
            for tag in reference_tags_of(target.digest):
                if tag in self._tags:
                    self._resolve_later(tag, depth + 1)
        return True

    # ---- answers ----

    def _merge(self, outcome: Outcome[Job, Answer]) -> None:
        answer, error = outcome.value or Answer(), outcome.error
        match outcome.item:
            case Resolve(reference=reference, depth=depth):
                self._resolved(reference, depth, answer, error)
            case Read(target=target, depth=depth):
                if answer.document is not None:
                    self._read(answer.document, depth)
                elif error is not None:
                    self._draft.fail(target.digest, error)
            case ListReferrers(target=target, depth=depth):
                self._referred(target, depth, answer, error)
            case Check(target=target):
                if error is not None:
                    self._draft.fail(target.digest, error)
                else:
                    self._draft.checked(target.digest, there=answer.exists)

    def _resolved(self, reference: str, depth: int, answer: Answer, error: RegexploreError | None) -> None:
        if answer.target is None:
            if error is not None:
                self._draft.fail(self._draft.id_of(reference), error)
            return
        target = answer.target
        if answer.document is not None:
            # The answer brought the document along: it need not be asked for again.
            self._asked.add((Read, target.digest))
        if not self._add(target, depth):
            return
        if not is_digest(reference):
            self._draft.tagged(reference, target.digest)
            said = parse_reference_tag(reference)
            if said is not None:
                self._draft.speaks_of(target.digest, said.about, said.edge)
        new = target.digest not in self._draft.documents
        if answer.document is not None and new and depth < self._options.depth:
            self._read(answer.document, depth)

    def _read(self, document: Document, depth: int) -> None:
        source = document.descriptor.digest
        self._draft.read(document)
        for link in self._followed(document):
            if link.kind == SUBJECT and not self._options.subjects:
                self._draft.connect(Edge(source, link.target.digest, SUBJECT))
                continue
            if not self._add(link.target, depth + 1, link.kind):
                continue
            self._draft.connect(Edge(source, link.target.digest, link.kind, link.position))
            about = attested(link.target) if link.kind == CHILD else None
            if about is not None:
                self._draft.connect(Edge(link.target.digest, about, ATTESTS))

    def _followed(self, document: Document) -> list[Link]:
        """What a document points at, less what the options leave out."""
        found = list(links(document))
        if isinstance(document, Index) and self._options.platform is not None:
            kept = children_for(self._options.platform, document)
            self._draft.left_out(
                f"children of other platforms than {self._options.platform}",
                sum(link.kind == CHILD and link.target.digest not in kept for link in found),
            )
            found = [link for link in found if link.kind != CHILD or link.target.digest in kept]
        return [link for link in found if self._wants(link.kind)]

    def _wants(self, kind: str) -> bool:
        if kind == CONFIG:
            return self._options.configs
        return self._options.layers or kind in (CHILD, SUBJECT) or kind not in CONTENT_EDGES

    def _referred(
        self, subject: Descriptor, depth: int, answer: Answer, error: RegexploreError | None
    ) -> None:
        if error is not None:
            self._draft.incomplete(f"referrers could not be listed: {error}")
        for referrer in answer.referrers:
            if self._add(referrer, depth + 1):
                self._draft.listed(referrer.digest, subject.digest)
