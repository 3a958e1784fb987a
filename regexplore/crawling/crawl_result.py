"""What a crawl gives: the rows, and an account of what was asked and what is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from regexplore.crawling.gathering import Gathering
from regexplore.crawling.part_files import FAILED, PART
from regexplore.errors import CrawlError, MissingExtraError
from regexplore.frames.origin import Origin
from regexplore.objects.registry import Registry
from regexplore.objects.sections import facts_of
from regexplore.show import text as words
from regexplore.show.card import Card, Section
from regexplore.show.shown import Shown
from regexplore.show.table import Table

if TYPE_CHECKING:
    import pandas as pd


class Crawl(Shown):
    """The result of `regexplore.crawl`.

    Attributes
    ----------
    registry : str
    done : int
        Repositories whose rows are there, those of earlier runs into the same folder included.
    earlier : int
        How many of them an earlier run had read.
    failed : dict of str to str
        Repositories that could not be read, and why.
    left : int
        Repositories that were listed and not asked.
    rows : int
    requests : int
        Sent in this run, listing included.
    seconds : float
        Taken by this run.
    reasons : tuple of str
        Why the rows may not be all.
    folder : pathlib.Path or None

    Examples
    --------
    >>> crawled = rx.crawl(registry, repositories=["demo/app", "demo/base"], progress=None)
    >>> crawled.done, crawled.complete, len(crawled.frame()) > 2
    (2, True, True)
    """

    def __init__(
        self, registry: Registry, work: Any, gathering: Gathering, origin: Origin, left: int
    ) -> None:
        self.registry = str(registry.reference)
        self.work = work if isinstance(work, str) else getattr(work, "__name__", type(work).__name__)
        self.done = gathering.finished
        self.earlier = gathering.earlier
        self.failed = dict(gathering.failed)
        self.left = left
        self.rows = gathering.rows
        self.folder = gathering.folder.path if gathering.folder else None
        self._attrs = origin.attrs()
        self.requests: int = gathering.requests + (origin.requests or 0)
        self.seconds: float = self._attrs["seconds"]
        self.reasons: tuple[str, ...] = origin.reasons
        self._read = gathering.reader()

    @property
    def complete(self) -> bool:
        """Whether every repository that is listed was read in full."""
        return not self.reasons

    def frame(self) -> pd.DataFrame:
        """Give all rows, those of earlier runs included, by repository.

        Returns
        -------
        pandas.DataFrame
            ``repository``, the columns of the work, and ``error``; ``attrs`` tells whether it is complete.
        """
        frame = self._read()
        frame.attrs.update(self._attrs, requests=self.requests)
        return frame

    def dask_frame(self) -> Any:
        """Give the rows as a lazy ``dask.dataframe`` over the files of the folder, what could not be read included.

        Raises
        ------
        CrawlError
            The crawl has no folder, or nothing is in it.
        MissingExtraError
            It needs ``regexplore[dask]``.
        """
        try:
            import dask.dataframe as dd
        except ImportError:
            raise MissingExtraError("dask", "dask") from None
        folder = Path(self.folder) if self.folder else None
        files = [] if folder is None else [*sorted(folder.glob(f"{PART}*.parquet")), *folder.glob(FAILED)]
        if not files:
            raise CrawlError(
                "there are no files to read", hint="Crawl into a folder: rx.crawl(..., into=...)."
            )
        return dd.read_parquet([str(file) for file in files])

    def _card(self) -> Card:
        asked = words.count(self.done, "repository")
        facts = facts_of(
            ("work", self.work),
            ("repositories", asked + (f", {self.earlier:,} of them read before" if self.earlier else "")),
            ("failed", f"{len(self.failed):,}" if self.failed else None),
            ("left", f"{self.left:,}" if self.left else None),
            ("rows", f"{self.rows:,}"),
            ("requests", f"{self.requests:,}"),
            ("time", words.seconds(self.seconds)),
            ("folder", str(self.folder) if self.folder else "none: the rows are in memory"),
        )
        failures = Table.of(["repository", "error"], list(self.failed.items()))
        return Card(
            "crawl",
            self.registry,
            (asked, words.count(self.rows, "row"), "complete" if self.complete else "partial"),
            facts=facts,
            notes=tuple(f"partial: {reason}" for reason in self.reasons),
            sections=(Section("Could not be read", failures),) if self.failed else (),
        )
