"""Syft's own JSON.

Source: anchore/syft JSON schema (``artifacts``, ``source``, ``descriptor``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regexplore.evidence.limits import MAX_PACKAGES
from regexplore.evidence.reading import at, tables, text
from regexplore.evidence.sboms.sbom import Component, Sbom, purl_type


def is_syft(tree: Any) -> bool:
    """Whether a JSON tree is syft's."""
    return isinstance(at(tree, "artifacts"), list) and text(tree, "schema", "url").find("/syft/") >= 0


def read_syft(tree: Any) -> Sbom:
    """Read syft's JSON tree."""
    packages = tables(tree, "artifacts", limit=MAX_PACKAGES + 1)
    source = f"syft {text(tree, 'schema', 'version')}"
    metadata = at(tree, "source", "metadata")
    digest = text(metadata, "manifestDigest")
    return Sbom(
        format=source,
        name=text(metadata, "userInput") or text(tree, "source", "name"),
        created=None,
        creators=(f"Tool: {text(tree, 'descriptor', 'name')}-{text(tree, 'descriptor', 'version')}",),
        subjects=(digest,) if digest else (),
        components=tuple(_component(one, source) for one in packages[:MAX_PACKAGES]),
        relationships=sum(1 for _ in tables(tree, "artifactRelationships", limit=MAX_PACKAGES * 10)),
        problems=(f"only the first {MAX_PACKAGES:,} packages were read",)
        if len(packages) > MAX_PACKAGES
        else (),
    )


def _component(tree: Mapping[str, Any], source: str) -> Component:
    purl = text(tree, "purl")
    cpe = next(iter(tables(tree, "cpes", limit=1)), {})
    return Component(
        name=text(tree, "name"),
        version=text(tree, "version"),
        type=purl_type(purl) or text(tree, "type"),
        purl=purl,
        licence=" AND ".join(filter(None, _licences(tree))),
        supplier=text(tree, "metadata", "maintainer") or text(tree, "metadata", "vendor"),
        source=source,
        cpe=text(cpe, "cpe"),
    )


def _licences(tree: Mapping[str, Any]) -> Iterator[str]:
    """Give licences: texts in older schemas, objects in newer ones."""
    found = at(tree, "licenses")
    for entry in found[:100] if isinstance(found, list) else ():
        yield entry if isinstance(entry, str) else text(entry, "spdxExpression") or text(entry, "value")
