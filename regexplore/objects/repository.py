"""Repositories as a notebook holds them: the client, and frames, objects, graphs and a card."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from typing import Any

from regexplore.frames.order import version_key
from regexplore.objects.collection import Collection
from regexplore.objects.connection_facts import connection_facts, connection_notes
from regexplore.objects.meter import cache_of, meter_of, metered, settle
from regexplore.objects.source import Source
from regexplore.oci import Reference
from regexplore.remote.auth.default import with_access
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.repository import RemoteRepository
from regexplore.show import value as values
from regexplore.show.card import Card, Section
from regexplore.show.table import Table

CHANNELS = {"supported": "referrers API", "unsupported": "referrers tag"}


class Repository(Collection, RemoteRepository):
    """A repository in a registry.

    Everything of `regexplore.remote.RemoteRepository` works as it does there; ``tags``, ``referrers``,
    ``get`` and ``graph`` give frames and objects. What was read once is remembered by this object, and with
    ``cache_dir`` by later sessions, too.

    Parameters
    ----------
    reference
        ``registry/repository``; a tag or digest at the end does not count here.
    options
        See `RepositoryOptions`.
    credential
        For this registry; without it those of docker and podman are used.
    ca_file
        Certificates (PEM) to trust instead of the system's.
    **changes
        Fields of the options, such as ``plain_http=True`` or ``cache_dir="~/.cache/registry"``.

    Raises
    ------
    InvalidReferenceError
        The text is no reference.
    CacheError
        The ``cache_dir`` cannot be used.

    Examples
    --------
    >>> app = rx.Repository(f"{registry.reference.registry}/demo/app")
    >>> app.tags()["tag"].tolist()[0]
    'latest'
    >>> app["v1.2"].kind
    'index'
    """

    def __init__(
        self,
        reference: str | Reference,
        *,
        options: RepositoryOptions | None = None,
        credential: Credential | None = None,
        ca_file: str | PathLike[str] | None = None,
        **changes: Any,
    ) -> None:
        parsed = reference if isinstance(reference, Reference) else Reference.parse(reference)
        given = replace(options or RepositoryOptions(), **changes)
        super().__init__(parsed, options=metered(with_access(given, parsed.host, credential, ca_file)))

    def _open(self) -> None:
        super()._open()
        name = str(self.reference.with_reference(""))
        self._source = Source(
            self,
            name,
            requests=lambda: meter_of(self.options).requests,
            settle=lambda: settle(self.options),
            cache=cache_of(self.options),
        )

    @property
    def referrers_channel(self) -> str:
        """How this registry lists referrers: ``referrers API`` or ``referrers tag``; "" while not known."""
        return CHANNELS.get(self.referrers_capability, "")

    def _bare(self, reference: str) -> str:
        return self.parse_reference(reference).reference

    def _card(self) -> Card:
        tags = sorted(self._source.tags_seen(), key=version_key)
        note = "" if tags else "not listed yet: call .tags()"
        rows = [(tag, _named(self._source.digest_of(tag))) for tag in tags]
        table = Table.of(["tag", "named when fetched"], rows, sparse=["named when fetched"])
        return Card(
            "repository",
            self._source.name,
            facts=connection_facts(self.reference, self.options, self.referrers_channel),
            notes=connection_notes(self.options),
            sections=(Section("Tags seen", table, count=len(tags) if tags else "?", note=note),),
        )


def _named(digest: str | None) -> object:
    return values.digest(digest, short=True) if digest else None
