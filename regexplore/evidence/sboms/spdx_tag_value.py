"""SPDX 2 as lines of ``Tag: value``.

Source: SPDX specification 2.3, annex on the tag-value format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from regexplore.evidence.limits import MAX_PACKAGES
from regexplore.evidence.reading import MAX_TEXT
from regexplore.evidence.sboms.sbom import Component, Sbom, purl_type, said
from regexplore.evidence.sboms.spdx import actor
from regexplore.oci.image_config import parse_time

FIRST_TAG = "SPDXVersion:"
MAX_LINES = 5_000_000


def read_tag_value(content: str) -> Sbom:
    """Read a document; lines that say nothing known are passed over."""
    head: dict[str, str] = {}
    creators: list[str] = []
    components: list[Component] = []
    relationships, problem = 0, ""
    lines = content.splitlines()
    if len(lines) > MAX_LINES:
        problem = f"only the first {MAX_LINES:,} lines were read"
    for tag, value in _pairs(lines[:MAX_LINES]):
        if tag == "PackageName":
            if len(components) >= MAX_PACKAGES:
                problem = f"only the first {MAX_PACKAGES:,} packages were read"
                break
            components.append(Component(value, source=f"SPDX {_version(head)}"))
        elif tag == "Creator":
            creators.append(value)
        elif tag == "Relationship":
            relationships += 1
        elif components:
            components[-1] = _more(components[-1], tag, value)
        else:
            head.setdefault(tag, value)
    return Sbom(
        format=f"SPDX {_version(head)}",
        name=head.get("DocumentName", ""),
        created=parse_time(head.get("Created", "")),
        creators=tuple(creators),
        subjects=(),
        components=tuple(components),
        relationships=relationships,
        problems=(problem,) if problem else (),
    )


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give tags with their values; a value between ``<text>`` and ``</text>`` may have many lines."""
    open_tag, parts = "", list[str]()
    for line in lines:
        if open_tag:
            body, closed, _ = line.partition("</text>")
            parts.append(body)
            if closed:
                yield open_tag, "\n".join(parts)[:MAX_TEXT]
                open_tag = ""
            continue
        # Generators are known that leave the colon out of relationships.
        relation = line.startswith("Relationship ")
        tag, colon, value = line.partition(" " if relation else ":")
        if not colon or line.startswith("#"):
            continue
        value = value.strip()
        if value.startswith("<text>"):
            body, closed, _ = value.removeprefix("<text>").partition("</text>")
            if not closed:
                open_tag, parts = tag.strip(), [body]
                continue
            value = body
        yield tag.strip(), value[:MAX_TEXT]


def _more(component: Component, tag: str, value: str) -> Component:
    if tag == "PackageVersion":
        return replace(component, version=said(value))
    if tag == "PackageSupplier":
        return replace(component, supplier=actor(value))
    if tag == "PackageLicenseConcluded" and said(value):
        return replace(component, licence=value)
    if tag == "PackageLicenseDeclared" and not component.licence:
        return replace(component, licence=said(value))
    if tag == "ExternalRef":
        return _with_reference(component, value.split())
    return component


def _with_reference(component: Component, words: list[str]) -> Component:
    if len(words) < 3:
        return component
    if words[1].endswith("purl") and not component.purl:
        return replace(component, purl=words[2], type=purl_type(words[2]))
    if words[1].startswith("cpe") and not component.cpe:
        return replace(component, cpe=words[2])
    return component


def _version(head: dict[str, str]) -> str:
    return head.get("SPDXVersion", "").removeprefix("SPDX-")
