"""VEX: which vulnerabilities matter for which product, as somebody says.

Source: OpenVEX specification v0.2.0; CycloneDX ``vulnerabilities[].analysis``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regexplore.evidence.limits import MAX_STATEMENTS
from regexplore.evidence.reading import at, moment, tables, text

OPENVEX_CONTEXT = "https://openvex.dev/ns"
# CycloneDX's words in those of OpenVEX.
STATES = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
    "false_positive": "not_affected",
    "not_affected": "not_affected",
}


@dataclass(frozen=True, slots=True)
class VexStatement:
    """One statement: of a vulnerability, for some products.

    Attributes
    ----------
    vulnerability : str
    products : tuple of str
        Purls, digests or references, as written.
    status : str
        ``not_affected``, ``affected``, ``fixed``, ``under_investigation``; other words as written.
    justification : str
    """

    vulnerability: str
    products: tuple[str, ...]
    status: str
    justification: str = ""


@dataclass(frozen=True, slots=True)
class Vex:
    """A VEX document.

    Attributes
    ----------
    format : str
        ``OpenVEX`` or ``CycloneDX VEX``.
    author : str
    created : datetime or None
    statements : tuple of VexStatement
    """

    format: str
    author: str
    created: datetime | None
    statements: tuple[VexStatement, ...]


def is_openvex(tree: Any) -> bool:
    """Whether a JSON tree is OpenVEX."""
    return text(tree, "@context").startswith(OPENVEX_CONTEXT)


def is_cyclonedx_vex(tree: Any) -> bool:
    """Whether a CycloneDX tree tells of vulnerabilities."""
    return text(tree, "bomFormat") == "CycloneDX" and bool(at(tree, "vulnerabilities"))


def read_vex(tree: Any) -> Vex | None:
    """Read a VEX document from a JSON tree; None when it is none."""
    if is_openvex(tree):
        return Vex("OpenVEX", text(tree, "author"), moment(tree, "timestamp"), tuple(_openvex(tree)))
    if is_cyclonedx_vex(tree):
        author = text(tree, "metadata", "supplier", "name")
        created = moment(tree, "metadata", "timestamp")
        return Vex("CycloneDX VEX", author, created, tuple(_cyclonedx(tree)))
    return None


def _openvex(tree: Any) -> Iterator[VexStatement]:
    for one in tables(tree, "statements", limit=MAX_STATEMENTS):
        vulnerability = one.get("vulnerability")
        # A text in v0.0.1, an object since.
        name = vulnerability if isinstance(vulnerability, str) else text(vulnerability, "name")
        yield VexStatement(
            name or text(vulnerability, "@id"),
            tuple(dict.fromkeys(_products(one))),
            text(one, "status"),
            text(one, "justification"),
        )


def _products(statement: Mapping[str, Any]) -> Iterator[str]:
    found = statement.get("products")
    for product in found[:MAX_STATEMENTS] if isinstance(found, list) else ():
        if isinstance(product, str):
            yield product
            continue
        yield from filter(None, (text(product, "@id"), text(product, "identifiers", "purl")))
        hashes = at(product, "hashes")
        if isinstance(hashes, Mapping) and isinstance(hashes.get("sha-256"), str):
            yield f"sha256:{hashes['sha-256']}"


def _cyclonedx(tree: Any) -> Iterator[VexStatement]:
    for one in tables(tree, "vulnerabilities", limit=MAX_STATEMENTS):
        state = text(one, "analysis", "state")
        yield VexStatement(
            text(one, "id"),
            tuple(text(affected, "ref") for affected in tables(one, "affects", limit=1_000)),
            STATES.get(state, state),
            text(one, "analysis", "justification"),
        )
