"""OCI layouts on disk, with the same objects, frames and graphs as a repository; no network is used."""

from __future__ import annotations

from os import PathLike

from regexplore.content.layout import REF_NAME, LayoutStore
from regexplore.objects.collection import Collection
from regexplore.objects.sections import facts_of
from regexplore.objects.source import Source
from regexplore.show import value as values
from regexplore.show.card import Card, Section
from regexplore.show.table import Table


class Layout(Collection, LayoutStore):
    """An OCI image layout: a directory with ``oci-layout``, ``index.json`` and ``blobs``.

    Parameters
    ----------
    path
        The directory.

    Raises
    ------
    NotFoundError
        There is no layout.
    DocumentError
        It cannot be read safely.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__(path)
        self._source = Source(self, self.path)

    def _card(self) -> Card:
        rows = [
            (
                (one.annotations or {}).get(REF_NAME),
                values.digest(one.digest, short=True),
                one.media_type,
                values.size(one.size),
            )
            for one in self.index.manifests
        ]
        table = Table.of(["name", "digest", "media type", "size"], rows, numeric=["size"])
        facts = facts_of(("index.json", values.size(len(self.index.raw), exact=True)))
        return Card("layout", self.path, facts=facts, sections=(Section("Manifests in index.json", table),))
