"""``df.oci``: from a row of a frame back to the object that it tells of.

Offered when `regexplore.objects` is imported; pandas knows it with the first frame, or at once where pandas is
loaded already.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regexplore.errors import NotFoundError, UnsupportedError
from regexplore.objects.artifact import Artifact
from regexplore.objects.layout import Layout
from regexplore.objects.registry import Registry
from regexplore.objects.repository import Repository
from regexplore.oci import Reference
from regexplore.oci.digest import is_digest

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.objects.collection import Collection
    from regexplore.objects.graph import Graph

# Columns that name a manifest, the most exact first.
NAMES = ("digest", "tag", "reference", "name")


class OciAccessor:
    """What ``df.oci`` is.

    Parameters
    ----------
    frame : pandas.DataFrame
        One that regexplore made: its ``attrs`` tell the source.

    Examples
    --------
    ::

        tags = repo.tags(detail=True)
        tags[tags["kind"] == "index"].oci.get(0)
        tags.head(3).oci.graph()
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    @property
    def source(self) -> str:
        """The registry, repository, reference or layout that the frame comes from.

        Raises
        ------
        UnsupportedError
            The frame is not one of regexplore's.
        """
        source = self._frame.attrs.get("source")
        if not isinstance(source, str) or not source:
            raise UnsupportedError(
                "this frame does not tell where it comes from",
                hint="df.oci is for frames of regexplore; concat and merge may lose their attrs.",
            )
        return source

    def get(self, row: int = 0, store: Collection | Registry | None = None) -> Artifact | Repository:
        """Give the object of a row. Costs one request, two for an image; none for a repository.

        Parameters
        ----------
        row
            Position in the frame, from 0.
        store
            The registry, repository or layout to ask; by default one is opened by the name in ``attrs``, with
            the credentials of docker and podman.

        Returns
        -------
        Artifact or Repository
            An `Index`, `Image` or `Artifact`; a `Repository` for a frame of repositories.

        Raises
        ------
        UnsupportedError
            The frame is not one of regexplore's, or its rows name no manifests.
        IndexError
            There is no such row.
        NotFoundError, RegexploreError
            It is not there, or could not be fetched.
        """
        told = self._frame.iloc[row]
        if "repository" in told.index:
            registry = store if isinstance(store, Registry) else Registry(self.source)
            return registry.repository(str(told["repository"]))
        return self._collection(store).get(self._name_in(told))

    def graph(self, store: Collection | None = None) -> Graph:
        """Give the graph of all that the rows name; costs as `Repository.graph` does.

        Raises
        ------
        UnsupportedError
            The frame is not one of regexplore's, or its rows name no manifests.
        """
        names = [self._name_in(told) for _, told in self._frame.iterrows()]
        if not names:
            raise NotFoundError("there is no row", hint="Filter less.")
        return self._collection(store).graph(*dict.fromkeys(names))

    def explore(self, store: Collection | Registry | None = None) -> Any:
        """Open an explorer on the source of the frame; for a single row, on what that row names.

        Raises
        ------
        UnsupportedError
            The frame is not one of regexplore's.
        """
        # By name: the explorer stands above this floor, and is loaded only for those who ask for it.
        explore = import_module("regexplore").explore
        if store is not None:
            return explore(store)
        source = self._repository_name()
        if len(self._frame) != 1:
            return explore(source)
        told = self._frame.iloc[0]
        if "repository" in told.index:
            return explore(f"{self.source}/{told['repository']}")
        name = self._name_in(told)
        return explore(f"{source}{'@' if is_digest(name) else ':'}{name}")

    def _collection(self, store: Collection | Registry | None) -> Collection:
        if isinstance(store, Registry):
            return store.repository(Reference.parse(self.source).repository)
        if store is not None:
            return store
        source = self._repository_name()
        return Layout(source) if source.startswith((".", "/", "~")) else Repository(source)

    def _repository_name(self) -> str:
        """Give the source without a tag or digest."""
        if self.source.startswith((".", "/", "~")) or "/" not in self.source:
            return self.source
        return str(Reference.parse(self.source).with_reference(""))

    @staticmethod
    def _name_in(told: pd.Series[Any]) -> str:
        for column in NAMES:
            if column in told.index and isinstance(told[column], str):
                return str(told[column])
        raise UnsupportedError(
            "the rows of this frame name no manifest",
            hint=f"There is none of the columns {', '.join(NAMES)}.",
        )
