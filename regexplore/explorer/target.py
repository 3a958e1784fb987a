"""What an explorer is opened on: a registry, a repository, a layout, or the name of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from regexplore.content.store import TagLister
from regexplore.errors import UnsupportedError
from regexplore.explorer.place import Place
from regexplore.objects import Layout, Registry, Repository
from regexplore.objects.collection import Collection
from regexplore.oci import Reference
from regexplore.oci.digest import is_digest


@dataclass(frozen=True)
class Target:
    """Where things are looked for.

    Attributes
    ----------
    registry : Registry or None
        None when only one repository or layout is looked at.
    single : Collection or None
        That one.
    start : Place
        Where the explorer begins.
    """

    registry: Registry | None
    single: Collection | None
    start: Place

    @property
    def title(self) -> str:
        """What the target goes by."""
        return str(self.registry.reference) if self.registry is not None else name_of(self._only)

    @property
    def registry_place(self) -> Place:
        """The place of the registry, or of the one repository."""
        return self.start.trail[0]

    @property
    def _only(self) -> Collection:
        if self.single is None:
            raise UnsupportedError("a registry has no tags of its own", hint="Choose a repository.")
        return self.single

    def collection(self, repository: str) -> Collection:
        """Give a repository of the registry, or the one that there is. Costs no request.

        Raises
        ------
        InvalidReferenceError
            The name is no repository name.
        """
        return self.registry.repository(repository) if self.registry is not None else self._only

    def repository_pages(self, last: str) -> Iterator[Sequence[str]]:
        """Begin to list the repositories."""
        return iter(()) if self.registry is None else self.registry.repository_pages(last)

    def tag_pages(self, repository: str, last: str) -> Iterator[Sequence[str]]:
        """Begin to list the tags of a repository."""
        store = self.collection(repository)._source.store
        if not isinstance(store, TagLister):
            raise UnsupportedError(f"{self.title} cannot list tags")
        see = partial(_seen, self.collection(repository))
        return map(see, store.tag_pages(last))

    def place_of(self, name: str) -> Place:
        """Give the place that a name stands for.

        Raises
        ------
        InvalidReferenceError
            It is no such name.
        """
        if self.registry is None:
            return reference_place(self.registry_place, name)
        host = str(self.registry.reference)
        reference = Reference.parse(f"{host}/{name.removeprefix(f'{host}/')}")
        place = repository_place(self.registry_place, reference.repository)
        return reference_place(place, reference.reference) if reference.reference else place

    def python(self, place: Place) -> str:
        """Give the line that gives the same object in a cell."""
        if not place.reference:
            return self._python_of_collection(place.repository)
        collection = self.collection(place.repository)
        if isinstance(collection, Repository):
            separator = "@" if is_digest(place.reference) else ":"
            return f"rx.get({f'{name_of(collection)}{separator}{place.reference}'!r})"
        return f"{self._python_of_collection(place.repository)}.get({place.reference!r})"

    def _python_of_collection(self, repository: str) -> str:
        if self.registry is not None and not repository:
            return f"rx.Registry({self.title!r})"
        collection = self.collection(repository)
        made = "rx.Repository" if isinstance(collection, Repository) else "rx.Layout"
        return f"{made}({name_of(collection)!r})"


def name_of(collection: Collection) -> str:
    """Give what a repository or layout goes by."""
    return collection._source.name


def _seen(collection: Collection, page: Sequence[str]) -> Sequence[str]:
    collection._source.see_tags(page)
    return page


def open_target(target: Registry | Collection | str, **changes: Any) -> Target:
    """Find out what is meant. Costs no request.

    Parameters
    ----------
    target
        An object, or ``host``, ``host/repository``, ``host/repository:tag``, or the path of a layout.
    **changes
        For names: fields of `RepositoryOptions`, ``credential`` and ``ca_file``, as `Registry` takes them.

    Raises
    ------
    InvalidReferenceError
        The text is neither a path nor a reference.
    """
    if isinstance(target, Registry):
        return _of_registry(target)
    if isinstance(target, Collection):
        return Target(None, target, Place(label=name_of(target)))
    if not isinstance(target, str):
        raise TypeError(f"not a registry, repository, layout or name: {type(target).__name__}")
    if target.startswith((".", "/", "~")) or Path(target).exists():
        return open_target(Layout(Path(target).expanduser()))
    if "/" not in target:
        return _of_registry(Registry(target, **changes))
    found = _of_registry(Registry(Reference.parse(target).registry, **changes))
    return Target(found.registry, None, found.place_of(target))


def repository_place(registry: Place, name: str) -> Place:
    """Give the place of a repository of the registry."""
    return registry.child(repository=name, label=name)


def reference_place(repository: Place, reference: str) -> Place:
    """Give the place of a tag or digest of a repository."""
    label = reference if not is_digest(reference) else reference.partition(":")[2][:12]
    return repository.child(reference=reference, label=label)


def _of_registry(registry: Registry) -> Target:
    return Target(registry, None, Place(label=str(registry.reference)))
