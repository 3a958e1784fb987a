"""What a repository and a layout have in common: tags, what they name, what refers to it, and the graph."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from regexplore.content.pool import map_bounded
from regexplore.content.store import TagLister
from regexplore.content.walk import WalkOptions
from regexplore.errors import UnsupportedError
from regexplore.frames.origin import Origin
from regexplore.objects.artifact import Artifact
from regexplore.objects.image import Image
from regexplore.objects.index import Index
from regexplore.objects.listing import listed
from regexplore.objects.remembered import RememberedStore
from regexplore.objects.source import Source
from regexplore.oci import Descriptor, Document, Platform
from regexplore.oci.digest import is_digest
from regexplore.remote.budget import Budget, under
from regexplore.remote.budget import reasons as budget_reasons
from regexplore.show.progress import Progress, Show
from regexplore.show.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.frames.schema import Row
    from regexplore.objects.graph import Graph

# Imported so that `Artifact.of` knows them.
KINDS = (Image, Index)


class Collection(Shown):
    """Mixin over a store that lists tags."""

    _source: Source

    def tags(
        self,
        last: str = "",
        *,
        detail: bool = False,
        match: str | None = None,
        limit: int | None = None,
        executor: Executor | None = None,
        budget: Budget | None = None,
        progress: Show = True,
    ) -> pd.DataFrame:
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
            At most so many tags; then the frame is partial.
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

        Raises
        ------
        RegexploreError
            Not even the first page could be listed.
        """
        from regexplore.frames.tags import tag_details_frame, tags_frame

        origin = self._origin()
        with under(budget):
            names = self._listed(last, match, limit, origin, progress)
            if not detail:
                return tags_frame(names, origin)
            rows = self._details(names, origin, executor, progress)
        return tag_details_frame(rows, origin)

    def _details(
        self, names: list[str], origin: Origin, executor: Executor | None, progress: Show
    ) -> list[Row]:
        from regexplore.frames.tags import tag_row

        with Progress("tag", len(names), show=progress) as shown:
            outcomes = map_bounded(
                partial(tag_row, reader=self._source),
                names,
                executor=executor,
                on_result=lambda _: shown.advance(note=origin.spent),
            )
            if outcomes.interrupted:
                shown.stop()
                origin.partial(f"stopped at {len(outcomes)} of {len(names)} tags")
        self._source.settle()
        for reason in budget_reasons():
            origin.partial(reason)
        return [outcome.result() for outcome in outcomes]

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
        return Artifact.of(self._source, document, f"{self._source.name}{separator}{bare}")

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

    def _document(self, target: Descriptor | str) -> Document:
        if isinstance(target, Descriptor):
            return self._source.by_descriptor(target)
        return self._source.by_reference(self._bare(target))

    def _bare(self, reference: str) -> str:
        return reference

    def _listed(
        self, last: str, match: str | None, limit: int | None, origin: Origin, progress: Show = True
    ) -> list[str]:
        pages = self._pages(last)
        see = self._source.see_tags
        return listed(pages, "tag", origin, match=match, limit=limit, progress=progress, on_page=see)

    def _pages(self, last: str) -> Iterator[list[str]]:
        if not isinstance(self._source.store, TagLister):
            raise UnsupportedError(f"{self._source.name} cannot list tags")
        return self._source.store.tag_pages(last)

    def _origin(self) -> Origin:
        return Origin(self._source.name, self._source.requests)

    def _ipython_key_completions_(self) -> list[str]:
        return self._source.tags_seen()
