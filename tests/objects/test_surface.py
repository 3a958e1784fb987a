"""The names of the floor, and that a module never stands in the place of one of them."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from regexplore import objects


def test_every_name_has_a_module_and_no_module_has_a_public_name() -> None:
    assert sorted([*objects._MODULES, *objects._BELOW]) == sorted(objects.__all__) == dir(objects)
    modules = {module.name for module in pkgutil.iter_modules(objects.__path__)}
    assert set(objects._MODULES.values()) <= modules
    assert not modules & set(objects.__all__)


@pytest.mark.parametrize("name", objects.__all__)
def test_a_name_is_what_its_module_gives(name: str) -> None:
    home = objects._BELOW.get(name) or f"regexplore.objects.{objects._MODULES[name]}"
    module = importlib.import_module(home)
    assert getattr(objects, name) is getattr(module, name)
    assert callable(getattr(objects, name))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = objects.nonsense
