"""What an image wastes, as a card and a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regexplore.image.file_system import FileSystem
from regexplore.image.waste import waste_of
from regexplore.show import value as values
from regexplore.show.card import Card, Facts, Section
from regexplore.show.shown import Shown
from regexplore.show.table import Table
from regexplore.show.value import Value

if TYPE_CHECKING:
    import pandas as pd


class WasteReport(Shown):
    """What is carried in several layers, or removed again.

    Attributes
    ----------
    efficiency : float
        From 0 to 1, as dive defines it.
    wasted_bytes : int
        Bytes of all paths that occur more than once or are removed.
    """

    def __init__(self, files: FileSystem, reference: str) -> None:
        self._waste = waste_of(files)
        self._reference = reference
        self._incomplete = [listing.problem for listing in files.layers if listing.problem]
        self.efficiency = self._waste.efficiency
        self.wasted_bytes = self._waste.wasted_bytes

    def paths(self) -> pd.DataFrame:
        """Give the wasteful paths: ``path``, ``occurrences``, ``bytes``, most bytes first."""
        import pandas as pd

        rows = self._waste.paths
        return pd.DataFrame(
            {
                "path": pd.array([row[0] for row in rows], dtype="string"),
                "occurrences": pd.array([row[1] for row in rows], dtype="Int64"),
                "bytes": pd.array([row[2] for row in rows], dtype="Int64"),
            }
        )

    def _card(self) -> Card:
        rows = [(path, count, values.size(size)) for path, count, size in self._waste.paths]
        table = Table.of(["path", "occurrences", "bytes"], rows, numeric=["occurrences", "bytes"])
        return Card(
            "image",
            self._reference,
            (f"{self.efficiency:.1%} efficient", f"{values.size(self.wasted_bytes).text} wasted"),
            facts=Facts(
                (
                    ("efficiency", Value(f"{self.efficiency:.1%}", "needed over carried bytes")),
                    ("wasted", values.size(self.wasted_bytes, exact=True)),
                    ("in all layers", values.size(self._waste.carried_bytes, exact=True)),
                )
            ),
            notes=tuple(self._incomplete),
            sections=(Section("Paths in several layers, or removed", table),),
        )
