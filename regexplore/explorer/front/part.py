"""What the parts have in common: a script beside the module, a state, and one listener."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from regexplore.show.escape import terminal
from regexplore.show.theme import palette_rules

Heard = Callable[[Mapping[str, Any]], None]


def script(name: str) -> str:
    """Give the script of a part."""
    return Path(__file__).with_name(f"{name}.js").read_text("utf-8")


@cache
def style() -> str:
    """Give the style sheet of the explorer, with the colours of cards."""
    rules = Path(__file__).with_name("explorer.css").read_text("utf-8")
    return f"{palette_rules('.rx-explorer')}\n{rules}"


def clean(value: Any) -> Any:
    """Give a state with every character spelled out that is not seen or changes how others are seen."""
    if isinstance(value, str):
        return terminal(value)
    if isinstance(value, Mapping):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


class Part(anywidget.AnyWidget):
    """A widget that shows ``state`` and calls ``on_message`` with what was clicked."""

    _esm = ""
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, on_message: Heard = lambda _: None, **traits: Any) -> None:
        super().__init__(**traits)
        self._on_message = on_message
        self.on_msg(self._hear)

    def show(self, **state: Any) -> None:
        """Show another state."""
        fresh = clean(state)
        if fresh != self.state:
            self.state = fresh

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        # Whatever a page sends is no more than a wish: whoever listens looks at every field of it.
        if isinstance(content, Mapping):
            self._on_message(content)
