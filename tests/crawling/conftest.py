from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.many_repositories import write_repositories

import regexplore as rx

REPOSITORIES = 12


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rx.Registry]:
    """A disk sandbox of twelve repositories with three tags each; nobody changes it."""
    store: Path = tmp_path_factory.mktemp("many")
    write_repositories(store, range(REPOSITORIES), 3)
    with rx.Sandbox(storage=store) as sandbox:
        yield sandbox.registry


@pytest.fixture
def own(tmp_path: Path) -> Iterator[rx.Sandbox]:
    """The same for a test that makes things go wrong."""
    write_repositories(tmp_path / "store", range(REPOSITORIES), 3)
    with rx.Sandbox(storage=tmp_path / "store") as sandbox:
        yield sandbox
