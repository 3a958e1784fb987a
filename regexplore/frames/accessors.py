"""Accessors such as ``df.oci`` that a higher floor brings. They reach pandas once it is loaded, and never load it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_waiting: dict[str, Callable[[Any], Any]] = {}


def offer(name: str, accessor: Callable[[Any], Any]) -> None:
    """Have ``df.<name>`` give what ``accessor`` makes of a frame, as soon as there are frames."""
    _waiting[name] = accessor
    if "pandas" in sys.modules:
        register_waiting()


def register_waiting() -> None:
    """Register with pandas what was offered so far; `regexplore.frames.schema` calls it when it is imported."""
    import pandas as pd

    register: Any = pd.api.extensions.register_dataframe_accessor
    while _waiting:
        name, accessor = _waiting.popitem()
        if not hasattr(pd.DataFrame, name):
            register(name)(accessor)
