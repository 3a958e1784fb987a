"""A demo registry of its own for each module, and models on it that are closed at the end."""

from __future__ import annotations

import pytest

import regexplore as rx
from regexplore.explorer.model import Model
from regexplore.explorer.target import open_target


@pytest.fixture
def demo():
    with rx.Sandbox.demo() as sandbox:
        yield sandbox


@pytest.fixture
def open_model():
    opened = []

    def open_one(target) -> Model:
        model = Model(open_target(target))
        opened.append(model)
        model.start()
        model.wait()
        return model

    yield open_one
    for model in opened:
        model.close()


@pytest.fixture
def open_explorer():
    opened = []

    def open_one(target):
        explorer = rx.explore(target).wait()
        opened.append(explorer)
        return explorer

    yield open_one
    for explorer in opened:
        explorer.close()
