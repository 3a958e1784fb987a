"""The explorer: a registry, a repository or a layout to click through, in a notebook or as a page."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regexplore.explorer.application import Explorer
    from regexplore.explorer.exploring import explore

# No module is called like something it gives: importing it would put the module in that place.
_MODULES = {"Explorer": "application", "explore": "exploring"}

__all__ = ["Explorer", "explore"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
