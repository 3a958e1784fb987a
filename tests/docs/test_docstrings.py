"""Every public name has an example in its docstring, and every example of a docstring is run.

Examples begin with what the reference says at its top: ``rx``, and a demo sandbox with its ``registry`` and ``repo``.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from support.docs_modules import load

import regexplore

PUBLIC = tuple(load("pages").PUBLIC)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules() -> list[str]:
    found = [module.name for module in pkgutil.walk_packages(regexplore.__path__, "regexplore.")]
    return ["regexplore", *found]


def examples_of(module: ModuleType) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder(exclude_empty=True).find(module) if test.examples]


WITH_EXAMPLES = [name for name in modules() if ">>> " in inspect.getsource(importlib.import_module(name))]


def public_values() -> Iterator[tuple[str, Any]]:
    for name in PUBLIC:
        module = importlib.import_module(name)
        for entry in module.__all__:
            yield f"{name}.{entry}", getattr(module, entry)


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, Any]]:
    with regexplore.Sandbox.demo() as sandbox:
        registry = sandbox.registry
        yield {
            "rx": regexplore,
            "sandbox": sandbox,
            "registry": registry,
            "repo": registry.repository("demo/app"),
        }


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_print_what_they_say(
    name: str, demo: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report: list[str] = []
    for test in examples_of(importlib.import_module(name)):
        test.globs.update(demo)
        doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append)
    assert report == [], "".join(report)


def test_every_public_name_has_an_example() -> None:
    bare = [
        name
        for name, value in public_values()
        if (inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value))
        and ">>> " not in (inspect.getdoc(value) or "")
    ]
    assert bare == []
