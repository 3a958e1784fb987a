from __future__ import annotations

from pathlib import Path

import pytest
from support.layout_writer import write_layout
from support.store_contract import StoreContract

from regexplore.content.layout import LayoutStore
from regexplore.content.memory import MemoryStore


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self, model: MemoryStore) -> MemoryStore:
        return model


class TestLayoutStore(StoreContract):
    @pytest.fixture
    def store(self, model: MemoryStore, tmp_path: Path) -> LayoutStore:
        return LayoutStore(write_layout(model, tmp_path / "layout"))
