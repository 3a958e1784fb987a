"""Registries as a notebook holds them: the client, a frame of repositories, and a card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Unpack, overload

from regexplore.errors import RegexploreError
from regexplore.frames.facts import told
from regexplore.frames.origin import Origin
from regexplore.objects.connection_facts import connection_facts, connection_notes
from regexplore.objects.listing import Choice, How, Listing, ListOptions, Run, require_positive
from regexplore.objects.meter import cache_of, meter_of, metered, settle
from regexplore.objects.repository import Repository
from regexplore.oci import Reference
from regexplore.remote.auth.default import with_access
from regexplore.remote.budget import Budget
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.registry import RemoteRegistry
from regexplore.show.card import Card, Section
from regexplore.show.progress import Show
from regexplore.show.shown import Shown
from regexplore.show.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.frames.schema import Row

MAX_SEEN = 20_000
"""Names that are remembered for completion and for the card."""


class Registry(Shown, RemoteRegistry):
    """A registry.

    Parameters
    ----------
    name
        ``host[:port]``. HTTP is used for loopback hosts and HTTPS for all others, unless ``plain_http`` says.
    options
        See `RepositoryOptions`; handed on to the repositories.
    credential
        For this registry; without it those of docker and podman are used.
    ca_file
        Certificates (PEM) to trust instead of the system's.
    **changes
        Fields of the options, such as ``plain_http=True`` or ``cache_dir="~/.cache/registry"``.

    Raises
    ------
    InvalidReferenceError
        The name is not ``host[:port]``.
    CacheError
        The ``cache_dir`` cannot be used.

    Examples
    --------
    >>> reg = rx.Registry(registry.reference.registry)        # localhost:5000, ghcr.io ...
    >>> reg.ping()
    >>> "demo/app" in set(reg.repositories()["repository"])
    True
    """

    def __init__(
        self,
        name: str,
        *,
        options: RepositoryOptions | None = None,
        credential: Credential | None = None,
        ca_file: str | PathLike[str] | None = None,
        **changes: Any,
    ) -> None:
        given = replace(options or RepositoryOptions(), **changes)
        host = name if "/" in name else Reference(name).host
        super().__init__(name, options=metered(with_access(given, host, credential, ca_file)))
        self._forget()
        cache_of(self.options)

    def _forget(self) -> None:
        self._seen: dict[str, None] = {}
        self._repositories: dict[str, Repository] = {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._forget()
        cache_of(self.options)

    def repository(self, name: str) -> Repository:
        """Give a repository with the options of this registry; the same object each time. Costs no request.

        Raises
        ------
        InvalidReferenceError
            The name is no repository name.
        """
        if name not in self._repositories:
            self._repositories[name] = self._opened(name)
        return self._repositories[name]

    def __getitem__(self, name: str) -> Repository:
        """Give the same as `repository`; the Tab key completes names that were seen."""
        return self.repository(name)

    @overload
    def repositories(
        self, last: str = ..., *, chunks: None = ..., **how: Unpack[ListOptions]
    ) -> pd.DataFrame: ...

    @overload
    def repositories(
        self, last: str = ..., *, chunks: int, **how: Unpack[ListOptions]
    ) -> Iterator[pd.DataFrame]: ...

    def repositories(
        self,
        last: str = "",
        *,
        detail: bool = False,
        match: str | None = None,
        limit: int | None = None,
        sample: int | None = None,
        chunks: int | None = None,
        executor: Executor | None = None,
        budget: Budget | None = None,
        progress: Show = True,
    ) -> pd.DataFrame | Iterator[pd.DataFrame]:
        """Give the repositories as a frame.

        Names cost one request a page. ``detail`` costs, for each repository, one request for each page of
        tags, one for the newest tag, and one for its image config.

        Parameters
        ----------
        last
            Only repositories that the registry lists after this one.
        detail
            Also the number of tags, the newest tag, and its digest, age and size.
        match
            A glob such as ``team/*``.
        limit
            At most so many repositories; then the frame is partial.
        sample
            At most so many repositories, drawn at random from all; the same ones each time from the same listing.
        chunks
            Rows a frame: gives an iterator of frames instead of one, and holds no more than one at a time. The
            index goes on from one to the next; the last one tells why there may be more.
        executor
            Where to run instead of own threads.
        budget
            What this may cost; see `regexplore.Budget`.
        progress
            True for a bar or a line after half a second; a callable; None for nothing.

        Returns
        -------
        pandas.DataFrame
            Columns as in `regexplore.frames.repositories`. With ``chunks`` an iterator of such frames, at least one.

        Raises
        ------
        RegexploreError
            Not even the first page could be listed; many registries have no catalog, or not for everybody.
        ValueError
            Both limit and sample, or a number that is none.
        """
        choice = Choice(match, limit, sample=sample)
        pages = self.repository_pages(last)
        how = How(executor, budget, progress)
        listing = Listing(pages, "repository", choice, self._origin, see=self._see, how=how)
        details = self._details if detail else None
        if chunks is None:
            return listing.frame(self._names, details)
        return listing.frames(require_positive("chunks", chunks), self._names, details)

    def _names(self, names: list[str], origin: Origin) -> pd.DataFrame:
        from regexplore.frames.repositories import repositories_frame

        settle(self.options)
        return repositories_frame(names, origin)

    def _details(self, names: list[str], run: Run) -> pd.DataFrame:
        from regexplore.frames.repositories import REPOSITORY_DETAILS, joined_repository_details

        parts = run.rows(self._row, names, "repository", REPOSITORY_DETAILS)
        settle(self.options)
        return joined_repository_details(parts, run.origin)

    def _row(self, name: str) -> Row:
        from regexplore.frames.repositories import repository_row

        try:
            # Not kept, as `repository` does: there may be very many. What it reads is, by the cache.
            repository = self._repositories.get(name) or self._opened(name)
        except RegexploreError as error:
            return {"repository": name, "error": told(error)}
        return repository_row(name, repository.tag_pages(), repository._source)

    def _opened(self, name: str) -> Repository:
        return Repository(self.reference.with_repository(name), options=self.options)

    def _see(self, page: Sequence[str]) -> None:
        room = MAX_SEEN - len(self._seen)
        self._seen.update(dict.fromkeys(page[: max(room, 0)]))

    def _origin(self) -> Origin:
        return Origin(str(self.reference), lambda: meter_of(self.options).requests)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._seen)

    def _card(self) -> Card:
        seen = list(self._seen)
        note = "" if seen else "not listed yet: call .repositories()"
        channels = {repository.referrers_channel for repository in list(self._repositories.values())} - {""}
        return Card(
            "registry",
            str(self.reference),
            facts=connection_facts(self.reference, self.options, ", ".join(sorted(channels))),
            notes=connection_notes(self.options),
            sections=(
                Section(
                    "Repositories seen",
                    Table.of(["repository"], [(name,) for name in seen]),
                    count=len(seen) if seen else "?",
                    note=note,
                ),
            ),
        )
