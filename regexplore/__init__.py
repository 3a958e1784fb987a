"""regexplore: explore OCI registries from Jupyter.

>>> import regexplore as rx
>>> with rx.Sandbox.demo() as sandbox:
...     tags = sandbox.registry.repository("demo/app").tags()
>>> "v1.2" in set(tags["tag"])
True

Importing this loads nothing else: each name is fetched from its home when it is first used, so that a command or a
worker pays for the parts that it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regexplore._version import __version__

if TYPE_CHECKING:
    from regexplore import errors, lessons
    from regexplore.crawling import Crawl, crawl, crawl_lazily
    from regexplore.explorer import Explorer, explore
    from regexplore.objects import (
        Artifact,
        AuditReport,
        CacheWarning,
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
    from regexplore.remote import Budget, Credential, RegistryWarning, RepositoryOptions, WarningValue

# Where each name lives.
_OF_LANGUAGE = (
    "EMPTY_JSON",
    "Descriptor",
    "Digest",
    "Document",
    "Platform",
    "Reference",
    "media_types",
    "normalize",
)
_OF_CLIENT = ("Budget", "Credential", "RegistryWarning", "RepositoryOptions", "WarningValue")
_OF_EXPLORER = ("Explorer", "explore")
_OF_CRAWLING = ("Crawl", "crawl", "crawl_lazily")
_OF_OBJECTS = (
    "Artifact",
    "AuditReport",
    "CacheWarning",
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
    "Budget",
    "CacheWarning",
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


_HOMES = {
    **dict.fromkeys(_OF_LANGUAGE, "regexplore.oci"),
    **dict.fromkeys(_OF_CLIENT, "regexplore.remote"),
    **dict.fromkeys(_OF_OBJECTS, "regexplore.objects"),
    **dict.fromkeys(_OF_CRAWLING, "regexplore.crawling"),
    **dict.fromkeys(_OF_EXPLORER, "regexplore.explorer"),
}
_MODULES = ("errors", "lessons", "oci", "remote")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"regexplore.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
