"""What a notebook holds: registries, repositories, images and artifacts, with frames and cards.

Each name is imported when it is first asked for: a card needs no pandas, and a registry no web server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regexplore.frames.accessors import offer
from regexplore.objects.display import register

if TYPE_CHECKING:
    from regexplore.auditing.policy import Policy
    from regexplore.auditing.rule import rule
    from regexplore.evidence.trust import Identity, Trust
    from regexplore.objects.artifact import Artifact
    from regexplore.objects.audit_report import AuditReport
    from regexplore.objects.auditing_run import audit, audit_cost
    from regexplore.objects.caching import CacheWarning
    from regexplore.objects.comparison import Comparison, compare
    from regexplore.objects.copying import copy
    from regexplore.objects.difference import diff
    from regexplore.objects.explaining import explain
    from regexplore.objects.explanation import Explanation
    from regexplore.objects.getting import get
    from regexplore.objects.graph import Graph
    from regexplore.objects.image import Image
    from regexplore.objects.index import Index
    from regexplore.objects.layout import Layout
    from regexplore.objects.package_search import find_package
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
    "AuditReport": "audit_report",
    "CacheWarning": "caching",
    "audit": "auditing_run",
    "audit_cost": "auditing_run",
    "Comparison": "comparison",
    "compare": "comparison",
    "copy": "copying",
    "diff": "difference",
    "Explanation": "explanation",
    "explain": "explaining",
    "find_package": "package_search",
    "get": "getting",
    "history": "tag_history",
    "sharing": "shared_content",
    "snapshot": "tag_history",
    "trace": "tracing",
}

# What a reader hands to an audit is defined on the floors that use it.
_BELOW = {
    "Identity": "regexplore.evidence.trust",
    "Policy": "regexplore.auditing.policy",
    "Trust": "regexplore.evidence.trust",
    "rule": "regexplore.auditing.rule",
}

__all__ = [
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
]

register()
offer("oci", lambda frame: import_module(f"{__name__}.accessor").OciAccessor(frame))


def __getattr__(name: str) -> Any:
    home = _BELOW.get(name) or (f"{__name__}.{_MODULES[name]}" if name in _MODULES else "")
    if not home:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
