"""SPDX 2.2 and 2.3 as JSON.

Source: SPDX specification 2.3, clauses 6 (document creation), 7 (packages), 11 (relationships).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from regexplore.evidence.limits import MAX_PACKAGES
from regexplore.evidence.reading import moment, tables, text, texts
from regexplore.evidence.sboms.sbom import Component, Sbom, purl_type, said

_ACTORS = frozenset({"Organization", "Person", "Tool"})
_DIGEST = re.compile(r"sha256[:%3Aa-]{1,4}([0-9a-f]{64})", re.ASCII)


def read_spdx(tree: Any) -> Sbom:
    """Read a JSON tree with ``spdxVersion``."""
    packages = tables(tree, "packages", limit=MAX_PACKAGES + 1)
    relations = tables(tree, "relationships", limit=MAX_PACKAGES * 10)
    described = {*texts(tree, "documentDescribes"), *_described(relations)}
    version = text(tree, "spdxVersion").removeprefix("SPDX-")
    source = f"SPDX {version}"
    return Sbom(
        format=source,
        name=text(tree, "name"),
        created=moment(tree, "creationInfo", "created"),
        creators=texts(tree, "creationInfo", "creators"),
        subjects=tuple(dict.fromkeys(_subjects(packages, described))),
        components=tuple(
            _component(one, source) for one in packages[:MAX_PACKAGES] if not _is_container(one, described)
        ),
        relationships=len(relations),
        problems=(f"only the first {MAX_PACKAGES:,} packages were read",)
        if len(packages) > MAX_PACKAGES
        else (),
    )


def actor(value: str) -> str:
    """Give the name of an actor without its kind.

    Examples
    --------
    >>> actor("Organization: Debian")
    'Debian'
    >>> actor("Organization")
    'Organization'
    """
    kind, colon, name = value.partition(":")
    return said(name.lstrip(" ") if colon and kind in _ACTORS else value)


def _component(package: Mapping[str, Any], source: str) -> Component:
    purl, cpe = "", ""
    for reference in tables(package, "externalRefs", limit=1_000):
        kind, locator = text(reference, "referenceType"), text(reference, "referenceLocator")
        if kind == "purl" or kind.endswith("purl"):
            purl = purl or locator
        elif kind.startswith("cpe"):
            cpe = cpe or locator
    return Component(
        name=text(package, "name"),
        version=said(text(package, "versionInfo")),
        type=purl_type(purl),
        purl=purl,
        licence=said(text(package, "licenseConcluded")) or said(text(package, "licenseDeclared")),
        supplier=actor(text(package, "supplier")) or actor(text(package, "originator")),
        source=source,
        cpe=cpe,
    )


def _described(relations: list[Mapping[str, Any]]) -> Iterator[str]:
    for relation in relations:
        if relation.get("relationshipType") == "DESCRIBES":
            yield text(relation, "relatedSpdxElement")


def _is_container(package: Mapping[str, Any], described: set[str]) -> bool:
    """Tell whether a package stands for the image itself: the subject of the SBOM, not its content."""
    return package.get("primaryPackagePurpose") == "CONTAINER" and text(package, "SPDXID") in described


def _subjects(packages: list[Mapping[str, Any]], described: set[str]) -> Iterator[str]:
    """Give the digests of the image that the SBOM describes, where it names one."""
    for package in packages:
        if not _is_container(package, described):
            continue
        for checksum in tables(package, "checksums", limit=10):
            if text(checksum, "algorithm") == "SHA256":
                yield f"sha256:{text(checksum, 'checksumValue')}"
        for found in _DIGEST.finditer(text(package, "versionInfo")):
            yield f"sha256:{found[1]}"
