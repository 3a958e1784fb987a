"""Telling SBOM formats apart by what they hold, not by what they are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.reading import at, text
from regexplore.evidence.sboms import spdx_tag_value
from regexplore.evidence.sboms.cut_off import whole_elements
from regexplore.evidence.sboms.cyclonedx import read_cyclonedx
from regexplore.evidence.sboms.cyclonedx_xml import read_cyclonedx_xml
from regexplore.evidence.sboms.sbom import Sbom
from regexplore.evidence.sboms.spdx import read_spdx
from regexplore.evidence.sboms.spdx3 import is_spdx3, read_spdx3
from regexplore.evidence.sboms.spdx_tag_value import read_tag_value
from regexplore.evidence.sboms.syft import is_syft, read_syft
from regexplore.oci import strict_json


def parse_sbom(raw: bytes) -> Sbom:
    """Read an SBOM from its bytes.

    Raises
    ------
    DocumentError
        It is none of the formats that are read, or is broken; says which.
    """
    start = raw[:200].lstrip()
    if start.startswith(b"<"):
        return read_cyclonedx_xml(raw)
    if start.startswith(spdx_tag_value.FIRST_TAG.encode()):
        return read_tag_value(raw.decode("utf-8", "replace"))
    try:
        tree = strict_json.loads(raw)
    except DocumentError:
        if raw.rstrip().endswith(b"}"):
            raise
        tree, problem = whole_elements(raw)
        found = read_sbom(tree)
        return replace(found, problems=(*found.problems, problem))
    return read_sbom(tree)


def read_sbom(tree: Any) -> Sbom:
    """Read an SBOM from a predicate: mostly a JSON tree, a text in old attestations.

    Raises
    ------
    DocumentError
        It is none of the formats that are read.
    """
    if isinstance(tree, str):
        return parse_sbom(tree.encode("utf-8", "replace"))
    # cosign wraps some predicates once more.
    inner = at(tree, "Data")
    if isinstance(inner, str | dict) and "spdxVersion" not in tree:
        return (
            read_sbom(inner) if not isinstance(inner, str) else parse_sbom(inner.encode("utf-8", "replace"))
        )
    if text(tree, "spdxVersion").startswith("SPDX-2"):
        return read_spdx(tree)
    if text(tree, "bomFormat") == "CycloneDX":
        return read_cyclonedx(tree)
    if is_spdx3(tree):
        return read_spdx3(tree)
    if is_syft(tree):
        return read_syft(tree)
    raise DocumentError("neither SPDX, nor CycloneDX, nor syft's JSON")


def is_sbom(tree: Any) -> bool:
    """Whether a JSON tree is an SBOM of a known format."""
    return (
        text(tree, "spdxVersion").startswith("SPDX-2")
        or text(tree, "bomFormat") == "CycloneDX"
        or is_spdx3(tree)
        or is_syft(tree)
    )
