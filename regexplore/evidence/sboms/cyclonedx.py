"""CycloneDX 1.2 to 1.7 as JSON.

Source: CycloneDX specification (ECMA-424), ``components``, ``metadata``, ``dependencies``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from regexplore.evidence.limits import MAX_NESTING, MAX_PACKAGES
from regexplore.evidence.reading import at, moment, tables, text
from regexplore.evidence.sboms.sbom import Component, Sbom, purl_type

_DIGEST = re.compile(r"sha256(?::|%3[Aa])([0-9a-f]{64})", re.ASCII)
# What is listed as a component and is no package.
NO_PACKAGES = frozenset({"file", "operating-system", "cryptographic-asset"})


def read_cyclonedx(tree: Any) -> Sbom:
    """Read a JSON tree with ``bomFormat``."""
    source = f"CycloneDX {text(tree, 'specVersion')}"
    components = list(_components(tree))
    about = at(tree, "metadata", "component")
    return Sbom(
        format=source,
        name=text(about, "name"),
        created=moment(tree, "metadata", "timestamp"),
        creators=tuple(filter(None, _creators(at(tree, "metadata")))),
        subjects=tuple(dict.fromkeys(subjects_in(about))),
        components=tuple(
            _component(one, source)
            for one in components[:MAX_PACKAGES]
            if text(one, "type") not in NO_PACKAGES
        ),
        relationships=sum(
            len(one.get("dependsOn") or ()) if isinstance(one.get("dependsOn"), list) else 0
            for one in tables(tree, "dependencies", limit=MAX_PACKAGES)
        ),
        problems=(f"only the first {MAX_PACKAGES:,} components were read",)
        if len(components) > MAX_PACKAGES
        else (),
    )


def _components(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Give components and what is nested in them, without recursion; deeper than `MAX_NESTING` is left out."""
    level = tables(tree, "components", limit=MAX_PACKAGES + 1)
    given = 0
    for _ in range(MAX_NESTING):
        deeper: list[Mapping[str, Any]] = []
        for component in level:
            yield component
            given += 1
            if given > MAX_PACKAGES:
                return
            deeper.extend(tables(component, "components", limit=MAX_PACKAGES))
        level = deeper


def _component(tree: Mapping[str, Any], source: str) -> Component:
    purl, group, name = text(tree, "purl"), text(tree, "group"), text(tree, "name")
    return Component(
        name=f"{group}/{name}" if group else name,
        version=text(tree, "version"),
        type=purl_type(purl),
        purl=purl,
        licence=" AND ".join(filter(None, _licences(tree))),
        supplier=text(tree, "supplier", "name") or text(tree, "publisher") or text(tree, "author"),
        source=source,
        cpe=text(tree, "cpe"),
    )


def _licences(tree: Mapping[str, Any]) -> Iterator[str]:
    for entry in tables(tree, "licenses", limit=100):
        yield text(entry, "expression") or text(entry, "license", "id") or text(entry, "license", "name")


def _creators(metadata: Any) -> Iterator[str]:
    tools = at(metadata, "tools")
    # A list until 1.4, an object with components since.
    listed = (
        tables(metadata, "tools", limit=20)
        if isinstance(tools, list)
        else tables(tools, "components", limit=20)
    )
    for tool in listed:
        yield f"Tool: {text(tool, 'name')}-{text(tool, 'version')}".rstrip("-")
    for author in tables(metadata, "authors", limit=20):
        yield text(author, "name") or text(author, "email")
    yield text(metadata, "supplier", "name") or text(metadata, "manufacture", "name")


def subjects_in(about: Any) -> Iterator[str]:
    """Give the digests that the component which the SBOM is about says it has."""
    for place in ("version", "purl", "bom-ref", "name"):
        for found in _DIGEST.finditer(text(about, place)):
            yield f"sha256:{found[1]}"
    for entry in tables(about, "hashes", limit=10):
        if text(entry, "alg") == "SHA-256":
            yield f"sha256:{text(entry, 'content')}"
