"""The demo: a small registry with a whole supply chain in it, the same bytes on every run.

>>> from regexplore.sandbox.stores import MemoryStore
>>> store = MemoryStore()
>>> load(store)
>>> sorted(name for name in store.repositories() if name.startswith("demo/"))
['demo/app', 'demo/base', 'demo/chart', 'demo/model', 'demo/nightly', 'demo/wasm', 'demo/web']
"""

from __future__ import annotations

from dataclasses import dataclass

from regexplore.sandbox.demo.keys import public_keys
from regexplore.sandbox.demo.repositories import (
    load_app,
    load_artifacts,
    load_base,
    load_nightly,
    load_web,
)
from regexplore.sandbox.demo.troubles import TROUBLES, load_troubles
from regexplore.sandbox.stores import RegistryStore

__all__ = ["CATALOGUE", "Exhibit", "load", "public_keys"]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A repository of the demo, and why it is there.

    Examples
    --------
    >>> CATALOGUE[0].repository
    'demo/app'
    """

    repository: str
    shows: str


CATALOGUE = (
    Exhibit(
        "demo/app", "an application for two platforms: three releases, signatures, SBOMs, provenance, VEX"
    ),
    Exhibit("demo/base", "the base image that demo/app and demo/web are built on; its tag 12 has moved"),
    Exhibit("demo/web", "one platform; layers that overwrite, delete and hide, and so waste space"),
    Exhibit("demo/nightly", "a year of tags that share their layers"),
    Exhibit("demo/chart", "a Helm chart with a provenance file"),
    Exhibit("demo/wasm", "a WebAssembly component"),
    Exhibit("demo/model", "a machine-learning model: weights and a card"),
    *(Exhibit(repository, shows) for repository, shows in TROUBLES.items()),
)
"""What is in the demo."""


def load(store: RegistryStore) -> None:
    """Put the demo content into a store; what is there already stays.

    Examples
    --------
    >>> from regexplore.sandbox import MemoryStore
    >>> store = MemoryStore()
    >>> load(store)
    >>> store.has_repository("demo/app")
    True
    """
    base = load_base(store)
    load_app(store, base)
    load_web(store, base)
    load_nightly(store)
    load_artifacts(store)
    load_troubles(store)
