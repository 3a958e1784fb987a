"""Commands as they are typed, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from typer.testing import CliRunner

import regexplore as rx
from regexplore.cli import app


@pytest.fixture(scope="package")
def demo() -> Iterator[rx.Sandbox]:
    with rx.Sandbox.demo() as sandbox:
        yield sandbox


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run a command; what it raises is in the result."""

    def typed(*words: object, **options: object) -> Result:
        return CliRunner().invoke(app, [*map(str, words)], **options)

    return typed
