"""SPDX 3.0 as JSON-LD, read as plain JSON: elements of a graph that name each other by ``spdxId``.

Source: SPDX specification 3.0.1, Core, Software and SimpleLicensing profiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regexplore.evidence.limits import MAX_PACKAGES
from regexplore.evidence.reading import at, moment, tables, text, texts
from regexplore.evidence.sboms.sbom import Component, Sbom, purl_type, said

CONTEXT_PREFIX = "https://spdx.org/rdf/3."
MAX_ELEMENTS = MAX_PACKAGES * 5

Element = Mapping[str, Any]


def is_spdx3(tree: Any) -> bool:
    """Whether the context of a JSON-LD tree is that of SPDX 3."""
    context = at(tree, "@context")
    return isinstance(context, str) and context.startswith(CONTEXT_PREFIX)


def read_spdx3(tree: Any) -> Sbom:
    """Read a JSON-LD tree with SPDX 3's context."""
    elements = tables(tree, "@graph", limit=MAX_ELEMENTS)
    by_id = {text(one, "spdxId") or text(one, "@id"): one for one in elements}
    creation = next((one for one in elements if _type(one) == "CreationInfo"), {})
    packages = [one for one in elements if _type(one) == "software_Package"]
    document = next((one for one in elements if _type(one) == "SpdxDocument"), {})
    version = text(creation, "specVersion") or "3.0"
    licences = _licences(elements, by_id)
    source = f"SPDX {version}"
    return Sbom(
        format=source,
        name=text(document, "name"),
        created=moment(creation, "created"),
        creators=tuple(
            text(by_id.get(one, {}), "name") or one
            for key in ("createdBy", "createdUsing")
            for one in texts(creation, key)
        ),
        subjects=(),
        components=tuple(_component(one, source, by_id, licences) for one in packages[:MAX_PACKAGES]),
        relationships=sum(_type(one).endswith("Relationship") for one in elements),
    )


def _component(
    package: Element, source: str, by_id: Mapping[str, Element], licences: Mapping[str, str]
) -> Component:
    purl = text(package, "software_packageUrl")
    cpe = ""
    for identifier in tables(package, "externalIdentifier", limit=100):
        kind = text(identifier, "externalIdentifierType")
        if kind == "packageUrl":
            purl = purl or text(identifier, "identifier")
        elif kind.startswith("cpe"):
            cpe = cpe or text(identifier, "identifier")
    supplier = text(package, "suppliedBy")
    return Component(
        name=text(package, "name"),
        version=said(text(package, "software_packageVersion")),
        type=purl_type(purl),
        purl=purl,
        licence=licences.get(text(package, "spdxId"), ""),
        supplier=text(by_id.get(supplier, {}), "name") or supplier,
        source=source,
        cpe=cpe,
    )


def _licences(elements: list[Element], by_id: Mapping[str, Element]) -> dict[str, str]:
    """Give what relations say of licences; a concluded licence goes before a declared one."""
    found: dict[str, str] = {}
    for wanted in ("hasDeclaredLicense", "hasConcludedLicense"):
        for relation in elements:
            if text(relation, "relationshipType") != wanted:
                continue
            for target in texts(relation, "to", limit=10):
                element = by_id.get(target, {})
                expression = text(element, "simplelicensing_licenseExpression") or text(element, "name")
                if said(expression):
                    found[text(relation, "from")] = expression
    return found


def _type(element: Element) -> str:
    return text(element, "type") or text(element, "@type")
