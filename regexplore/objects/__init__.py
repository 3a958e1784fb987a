"""What a notebook holds: registries, repositories, images and artifacts, with frames and cards.

Each name is imported when it is first asked for: a card needs no pandas, and a registry no web server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regexplore.frames.accessors import offer
from regexplore.objects.display import register

if TYPE_CHECKING:
    from regexplore.objects.artifact import Artifact
    from regexplore.objects.comparison import Comparison, compare
    from regexplore.objects.copying import copy
    from regexplore.objects.difference import diff
    from regexplore.objects.getting import get
    from regexplore.objects.graph import Graph
    from regexplore.objects.image import Image
    from regexplore.objects.index import Index
    from regexplore.objects.layout import Layout
    from regexplore.objects.registry import Registry
    from regexplore.objects.repository import Repository
    from regexplore.objects.sandbox import Sandbox
    from regexplore.objects.shared_content import Sharing, sharing
    from regexplore.objects.tag_history import history, snapshot
    from regexplore.objects.tracing import Trace, trace

# No module is called like something it gives: importing it would put the module in that place.
_MODULES = {
    "Artifact": "artifact",
    "Graph": "graph",
    "Image": "image",
    "Index": "index",
    "Layout": "layout",
    "Registry": "registry",
    "Repository": "repository",
    "Sandbox": "sandbox",
    "Sharing": "shared_content",
    "Trace": "tracing",
    "Comparison": "comparison",
    "compare": "comparison",
    "copy": "copying",
    "diff": "difference",
    "get": "getting",
    "history": "tag_history",
    "sharing": "shared_content",
    "snapshot": "tag_history",
    "trace": "tracing",
}

__all__ = [
    "Artifact",
    "Comparison",
    "Graph",
    "Image",
    "Index",
    "Layout",
    "Registry",
    "Repository",
    "Sandbox",
    "Sharing",
    "Trace",
    "compare",
    "copy",
    "diff",
    "get",
    "history",
    "sharing",
    "snapshot",
    "trace",
]

register()
offer("oci", lambda frame: import_module(f"{__name__}.accessor").OciAccessor(frame))


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
