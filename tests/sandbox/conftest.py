from __future__ import annotations

import pytest
from support.registry_wire import Wire

from regexplore.sandbox import SandboxServer


@pytest.fixture(params=["memory", "disk"])
def server(request, tmp_path):
    """An embedded registry of the plain profile, with each store."""
    storage = tmp_path / "store" if request.param == "disk" else None
    with SandboxServer(storage=storage) as running:
        yield running


@pytest.fixture
def wire(server):
    """A bare client of that registry."""
    return Wire(server.url)
