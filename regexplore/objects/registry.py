"""Registries as a notebook holds them: the client, a frame of repositories, and a card."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from regexplore.content.pool import map_bounded
from regexplore.errors import RegexploreError
from regexplore.frames.facts import told
from regexplore.frames.origin import Origin
from regexplore.objects.connection_facts import connection_facts, connection_notes
from regexplore.objects.listing import listed
from regexplore.objects.meter import cache_of, meter_of, metered, settle
from regexplore.objects.repository import Repository
from regexplore.oci import Reference
from regexplore.remote.auth.default import with_access
from regexplore.remote.budget import Budget, under
from regexplore.remote.budget import reasons as budget_reasons
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.registry import RemoteRegistry
from regexplore.show.card import Card, Section
from regexplore.show.progress import Progress, Show
from regexplore.show.shown import Shown
from regexplore.show.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.frames.schema import Row


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
    ::

        registry = rx.Registry("localhost:5000")
        registry.repositories()
        registry["demo/app"]
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
            self._repositories[name] = Repository(self.reference.with_repository(name), options=self.options)
        return self._repositories[name]

    def __getitem__(self, name: str) -> Repository:
        """Give the same as `repository`; the Tab key completes names that were seen."""
        return self.repository(name)

    def repositories(
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
        executor
            Where to run instead of own threads.
        budget
            What this may cost; see `regexplore.Budget`.
        progress
            True for a bar or a line after half a second; a callable; None for nothing.

        Returns
        -------
        pandas.DataFrame
            Columns as in `regexplore.frames.repositories`.

        Raises
        ------
        RegexploreError
            Not even the first page could be listed; many registries have no catalog, or not for everybody.
        """
        from regexplore.frames.repositories import repositories_frame, repository_details_frame

        origin = Origin(str(self.reference), lambda: meter_of(self.options).requests)
        try:
            with under(budget):
                names = self._listed(last, match, limit, origin, progress)
                if not detail:
                    return repositories_frame(names, origin)
                rows = self._details(names, origin, executor, progress)
            return repository_details_frame(rows, origin)
        finally:
            settle(self.options)

    def _listed(
        self, last: str, match: str | None, limit: int | None, origin: Origin, progress: Show
    ) -> list[str]:
        def see(page: Sequence[str]) -> None:
            self._seen.update(dict.fromkeys(page))

        pages = self.repository_pages(last)
        return listed(pages, "repository", origin, match=match, limit=limit, progress=progress, on_page=see)

    def _details(
        self, names: list[str], origin: Origin, executor: Executor | None, progress: Show
    ) -> list[Row]:
        from regexplore.frames.repositories import repository_row

        def row(name: str) -> Row:
            try:
                repository = self.repository(name)
            except RegexploreError as error:
                return {"repository": name, "error": told(error)}
            return repository_row(name, repository.tag_pages(), repository._source)

        with Progress("repository", len(names), show=progress) as shown:
            outcomes = map_bounded(
                row, names, executor=executor, on_result=lambda _: shown.advance(note=origin.spent)
            )
            if outcomes.interrupted:
                shown.stop()
                origin.partial(f"stopped at {len(outcomes)} of {len(names)} repositories")
        for reason in budget_reasons():
            origin.partial(reason)
        return [outcome.result() for outcome in outcomes]

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
