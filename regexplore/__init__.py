"""regexplore: explore OCI registries from Jupyter.

>>> import regexplore as rx
>>> with rx.Sandbox.demo() as sandbox:
...     tags = sandbox.registry.repository("demo/app").tags()
>>> "v1.2" in set(tags["tag"])
True

The language of OCI and the client are loaded at once; frames, graphs and widgets when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regexplore import errors
from regexplore._version import __version__
from regexplore.oci import (
    EMPTY_JSON,
    Descriptor,
    Digest,
    Document,
    Platform,
    Reference,
    media_types,
    normalize,
)
from regexplore.remote import Credential, RegistryWarning, RepositoryOptions, WarningValue

if TYPE_CHECKING:
    from regexplore import lessons
    from regexplore.crawling import Crawl, crawl, crawl_lazily
    from regexplore.explorer import Explorer, explore
    from regexplore.objects import (
        Artifact,
        AuditReport,
        Comparison,
        Explanation,
        Graph,
        Identity,
        Image,
        Index,
        Layout,
        Policy,
        Registry,
        Repository,
        Sandbox,
        Sharing,
        Trace,
        Trust,
        audit,
        audit_cost,
        compare,
        copy,
        diff,
        explain,
        find_package,
        get,
        history,
        rule,
        sharing,
        snapshot,
        trace,
    )

# Names that need pandas, widgets or a drawing library; each is imported when it is first asked for.
_OF_EXPLORER = ("Explorer", "explore")
_OF_CRAWLING = ("Crawl", "crawl", "crawl_lazily")
_PACKAGES = ("lessons",)
_OF_OBJECTS = (
    "Artifact",
    "AuditReport",
    "Comparison",
    "Explanation",
    "Graph",
    "Identity",
    "Image",
    "Index",
    "Layout",
    "Policy",
    "Registry",
    "Repository",
    "Sandbox",
    "Sharing",
    "Trace",
    "Trust",
    "audit",
    "audit_cost",
    "compare",
    "copy",
    "diff",
    "explain",
    "find_package",
    "get",
    "history",
    "rule",
    "sharing",
    "snapshot",
    "trace",
)

__all__ = [
    "EMPTY_JSON",
    "Artifact",
    "AuditReport",
    "Comparison",
    "Crawl",
    "Credential",
    "Descriptor",
    "Digest",
    "Document",
    "Explanation",
    "Explorer",
    "Graph",
    "Identity",
    "Image",
    "Index",
    "Layout",
    "Platform",
    "Policy",
    "Reference",
    "Registry",
    "RegistryWarning",
    "Repository",
    "RepositoryOptions",
    "Sandbox",
    "Sharing",
    "Trace",
    "Trust",
    "WarningValue",
    "__version__",
    "audit",
    "audit_cost",
    "compare",
    "copy",
    "crawl",
    "crawl_lazily",
    "diff",
    "errors",
    "explain",
    "explore",
    "find_package",
    "get",
    "history",
    "lessons",
    "media_types",
    "normalize",
    "rule",
    "sharing",
    "snapshot",
    "trace",
]


def __getattr__(name: str) -> Any:
    if name in _OF_OBJECTS:
        home = "regexplore.objects"
    elif name in _OF_EXPLORER:
        home = "regexplore.explorer"
    elif name in _OF_CRAWLING:
        home = "regexplore.crawling"
    elif name in _PACKAGES:
        return import_module(f"regexplore.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
