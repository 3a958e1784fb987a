"""What the troubles are made of: an image that is right, to be spoiled in one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from regexplore.oci import Digest
from regexplore.sandbox.demo.content import AMD64, application_layer, base_layer
from regexplore.sandbox.demo.images import Build
from regexplore.sandbox.demo.shelf import Shelf

RUN: dict[str, object] = {"Cmd": ["/app/start.sh"], "User": "app"}
NOBODY = Digest.of(b"a manifest that was never pushed")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong, and the rules of an audit that it breaks.

    Attributes
    ----------
    make : callable
        Fills a repository; its name is the repository's, its docstring says what is wrong.
    rules : tuple of str
        Ids in the catalogue of rules.
    """

    make: Callable[[Shelf], None]
    rules: tuple[str, ...] = ()

    @property
    def repository(self) -> str:
        """The repository that shows it."""
        return f"troubles/{self.make.__name__.replace('_', '-')}"

    @property
    def what(self) -> str:
        """What is wrong."""
        return (self.make.__doc__ or "").strip()


def build(**changes: object) -> Build:
    """Return a build that is right but for the changes."""
    right = Build([base_layer(AMD64), application_layer("v0.1")], "2026-01-15T08:00:00Z", RUN)
    return replace(right, **changes)  # type: ignore[arg-type]


def content(shelf: Shelf, digest: Digest) -> bytes:
    """Return the bytes of a manifest that was put before."""
    found = shelf.store.manifest(shelf.repository, digest)
    if found is None:
        raise LookupError(digest)
    return found.content
