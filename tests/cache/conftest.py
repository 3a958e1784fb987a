"""Each kind of registry in turn, and a folder for a cache."""

from __future__ import annotations

from pathlib import Path

import pytest

REGISTRIES = ["docker_registry", "go_registry", "sandbox"]


@pytest.fixture(params=REGISTRIES)
def host(request: pytest.FixtureRequest) -> str:
    """Each kind of registry in turn."""
    found = request.getfixturevalue(request.param)
    return getattr(found, "host", found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for a cache; not there yet."""
    return tmp_path / "cache"
