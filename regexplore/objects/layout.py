"""OCI layouts on disk, with the same objects, frames and graphs as a repository; no network is used."""

from __future__ import annotations

from os import PathLike

from regexplore.content.layout import REF_NAME
from regexplore.content.writable_layout import WritableLayout
from regexplore.objects.collection import Collection
from regexplore.objects.sections import facts_of
from regexplore.objects.source import Source
from regexplore.show import value as values
from regexplore.show.card import Card, Section
from regexplore.show.table import Table


class Layout(Collection, WritableLayout):
    """An OCI image layout: a directory with ``oci-layout``, ``index.json`` and ``blobs``.

    An archive of one (``.tar``) is read where it is, and so is what ``docker save`` writes, for which a manifest is
    built. Directories can be written to: ``push``, ``tag``, ``untag``, and as the target of `regexplore.copy`.

    Parameters
    ----------
    path
        The directory or archive.
    create
        Make a layout where there is none.

    Raises
    ------
    NotFoundError
        There is no layout.
    DocumentError
        It cannot be read safely.
    UnsupportedError, LayerError
        The archive is compressed or damaged.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = rx.copy(repo, "v1.2", folder, progress=None)
    ...     rx.Layout(folder).tags()["tag"].tolist()
    ['v1.2']
    """

    def __init__(self, path: str | PathLike[str], *, create: bool = False) -> None:
        super().__init__(path, create=create)
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
