"""What a repository and a layout have in common: tags, what they name, what refers to it, and the graph."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Unpack, overload

from regexplore.content.store import TagLister
from regexplore.content.walk import WalkOptions
from regexplore.errors import UnsupportedError
from regexplore.frames.order import version_key
from regexplore.frames.origin import Origin
from regexplore.objects.artifact import Artifact
from regexplore.objects.image import Image
from regexplore.objects.index import Index
from regexplore.objects.listing import Choice, How, Listing, ListOptions, Run, require_positive
from regexplore.objects.remembered import RememberedStore
from regexplore.objects.source import Source
from regexplore.oci import Descriptor, Document, Platform
from regexplore.oci.digest import is_digest
from regexplore.remote.budget import Budget
from regexplore.show.progress import Show
from regexplore.show.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.objects.graph import Graph

# Imported so that `Artifact.of` knows them.
KINDS = (Image, Index)


class _TagOptions(ListOptions, total=False):
    newest: int | None


class Collection(Shown):
    """Mixin over a store that lists tags."""

    _source: Source

    @overload
    def tags(self, last: str = ..., *, chunks: None = ..., **how: Unpack[_TagOptions]) -> pd.DataFrame: ...

    @overload
    def tags(self, last: str = ..., *, chunks: int, **how: Unpack[_TagOptions]) -> Iterator[pd.DataFrame]: ...

    def tags(
        self,
        last: str = "",
        *,
        detail: bool = False,
        match: str | None = None,
        limit: int | None = None,
        newest: int | None = None,
        sample: int | None = None,
        chunks: int | None = None,
        executor: Executor | None = None,
        budget: Budget | None = None,
        progress: Show = True,
    ) -> pd.DataFrame | Iterator[pd.DataFrame]:
        """Give the tags as a frame, sorted as versions.

        Names cost one request a page. ``detail`` costs one GET for each tag and one for each distinct image
        config; which column costs what stands in `regexplore.frames.tags`. A tag that cannot be read is a
        row with its ``error``. Ctrl-C keeps the rows that arrived.

        Parameters
        ----------
        last
            Only tags that the registry lists after this one.
        detail
            Also digest, kind, sizes, platforms, created, annotations.
        match
            A glob such as ``v1.*``; compared here, so the pages cost the same.
        limit
            At most so many tags, in the registry's order; no page is asked for after that. Then the frame is
            partial.
        newest
            At most so many tags: the last ones in the order of versions (``1.10`` after ``1.9`` after ``1.9-rc1``;
            words such as ``latest`` before all numbers). This is told by the names alone, before anything is
            fetched: every page of names is listed, and detail is fetched for these only. Tags that are no
            versions are not newest by this; when something was made stands in ``created``, which costs the
            detail of every tag. When there are more tags the frame says that it is partial.
        sample
            At most so many tags, drawn at random from all; the same ones each time from the same listing.
        chunks
            Rows a frame: gives an iterator of frames instead of one, and holds no more than one at a time. They
            come in the registry's order, each sorted as versions; the index goes on from one to the next, and
            ``attrs`` tells of each what it cost. The last one tells why there may be more.
        executor
            Where to run instead of own threads.
        budget
            What this may cost; see `regexplore.Budget`. Tags that it does not allow for are rows with an ``error``.
        progress
            True for a bar or a line after half a second; a callable; None for nothing.

        Returns
        -------
        pandas.DataFrame
            Columns as in `regexplore.frames.tags`; ``attrs`` tells source, cost, and whether it is complete.
            With ``chunks`` an iterator of such frames, at least one.

        Raises
        ------
        RegexploreError
            Not even the first page could be listed.
        ValueError
            More than one of limit, newest and sample, or a number that is none.

        Examples
        --------
        ::

            repo.tags(detail=True, match="v1.*", newest=50)
            for frame in repo.tags(chunks=10_000):
                ...
        """
        from regexplore.frames.tags import tags_frame

        listing = Listing(
            self._pages(last),
            "tag",
            Choice(match, limit, newest, sample),
            self._origin,
            see=self._source.see_tags,
            how=How(executor, budget, progress),
        )
        details = self._tag_details if detail else None
        if chunks is None:
            return listing.frame(tags_frame, details)
        return listing.frames(require_positive("chunks", chunks), tags_frame, details)

    def _tag_details(self, names: list[str], run: Run) -> pd.DataFrame:
        from regexplore.frames.tags import TAG_DETAILS, joined_tag_details, tag_row

        row = partial(tag_row, reader=self._source)
        parts = run.rows(row, sorted(names, key=version_key), "tag", TAG_DETAILS)
        self._source.settle()
        return joined_tag_details(parts, run.origin)

    def get(self, reference: str) -> Artifact:
        """Fetch what a tag or digest names. Costs one request, two for an image (its config).

        Returns
        -------
        Artifact
            An `Index`, an `Image`, or an `Artifact` for anything else, unreadable documents included.

        Raises
        ------
        NotFoundError
            Nothing goes by that name.
        RegexploreError
            It could not be fetched, or its bytes are not those of its digest.
        """
        bare = self._bare(reference)
        document = self._source.by_reference(bare)
        separator = "@" if is_digest(bare) else ":"
        found = Artifact.of(self._source, document, f"{self._source.name}{separator}{bare}")
        self._source.settle()
        return found

    def __getitem__(self, reference: str) -> Artifact:
        """Give the same as `get`; the Tab key completes names that were seen."""
        return self.get(reference)

    def referrers(
        self, target: Descriptor | Artifact | str, artifact_type: str = "", *, recursive: bool = False
    ) -> pd.DataFrame:
        """Give what refers to a manifest; see `Artifact.referrers`. A name costs one request more.

        Raises
        ------
        RegexploreError
            The target is not there, or its referrers could not be listed.
        """
        if isinstance(target, Artifact):
            return target.referrers(artifact_type, recursive=recursive)
        document = self._document(target)
        known = Artifact.of(self._source, document, f"{self._source.name}@{document.descriptor.digest}")
        return known.referrers(artifact_type, recursive=recursive)

    def graph(
        self,
        *references: str,
        depth: int | None = None,
        referrers: bool = True,
        platform: Platform | str | None = None,
        options: WalkOptions | None = None,
        cancel: Event | None = None,
        progress: Show = True,
    ) -> Graph:
        """Give the graph of some references, or of everything that is listed.

        Costs one request for each tag, for each manifest and index that is not known yet, and for the
        referrers of each; layers are not fetched. Ctrl-C keeps what arrived.

        Parameters
        ----------
        *references
            Tags or digests; everything that is listed by default.
        depth
            How many steps from there.
        referrers
            Whether to ask for referrers.
        platform
            Of indexes, follow only the children for this platform: ``"linux/amd64"``.
        options
            Everything else, budgets included; see `WalkOptions`.
        cancel
            Set it from another thread to stop.
        progress
            As everywhere: True, False or a callable.
        """
        from regexplore.objects.graph import Graph

        roots = [self._bare(reference) for reference in references] or None
        store = RememberedStore(self._source)
        graph = Graph.of(
            store,
            roots,
            name=self._source.name,
            depth=depth,
            referrers=referrers,
            platform=platform,
            options=options,
            cancel=cancel,
            progress=progress,
            opener=self.get,
        )
        self._source.settle()
        return graph

    def untagged(self, *, cancel: Event | None = None, progress: Show = True) -> pd.DataFrame:
        """Give the manifests that no tag names: platforms of indexes, and referrers of any depth.

        Costs what `graph` costs. A registry lists tags only: what neither a tag nor any of these leads to stays
        unseen.

        Returns
        -------
        pandas.DataFrame
            See `regexplore.objects.untagged_frame.UNTAGGED`; ``kept_by`` names the tags that each stays for.
        """
        from regexplore.objects.untagged_frame import untagged_frame

        graph = self.graph(cancel=cancel, progress=progress)
        return untagged_frame(graph.content, self._origin())

    def _document(self, target: Descriptor | str) -> Document:
        if isinstance(target, Descriptor):
            return self._source.by_descriptor(target)
        return self._source.by_reference(self._bare(target))

    def _bare(self, reference: str) -> str:
        return reference

    def _pages(self, last: str) -> Iterator[list[str]]:
        if not isinstance(self._source.store, TagLister):
            raise UnsupportedError(f"{self._source.name} cannot list tags")
        return self._source.store.tag_pages(last)

    def _origin(self) -> Origin:
        return Origin(self._source.name, self._source.requests)

    def _ipython_key_completions_(self) -> list[str]:
        return self._source.tags_seen()
