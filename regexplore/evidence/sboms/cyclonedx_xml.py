"""CycloneDX as XML, read with entities and external documents refused.

Source: CycloneDX specification, XML schema; Python's expat.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from regexplore.errors import DocumentError
from regexplore.evidence.limits import MAX_NESTING, MAX_PACKAGES
from regexplore.evidence.reading import MAX_TEXT
from regexplore.evidence.sboms.cyclonedx import subjects_in
from regexplore.evidence.sboms.sbom import Component, Sbom, purl_type
from regexplore.oci.image_config import parse_time

NAMESPACE = re.compile(r"http://cyclonedx\.org/schema/bom/(1\.[0-9]{1,2})", re.ASCII)
_OBJECTS = ("component", "tool", "author")
MAX_CREATORS = 20
_FIELDS = frozenset({"name", "version", "purl", "group", "publisher", "cpe", "id", "expression"})


def read_cyclonedx_xml(raw: bytes) -> Sbom:
    """Read a document.

    Raises
    ------
    DocumentError
        It is no well-formed XML, declares entities, or is no CycloneDX.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    # A document type is where entities come from; no SBOM has one.
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise DocumentError(f"no XML: {error}") from None
    if not reader.version:
        raise DocumentError("no CycloneDX: the namespace of the root is another one")
    source = f"CycloneDX {reader.version}"
    return Sbom(
        format=source,
        name=reader.about.get("name", ""),
        created=parse_time(reader.timestamp),
        creators=tuple(reader.creators),
        subjects=tuple(dict.fromkeys(subjects_in(reader.about))),
        components=tuple(_component(fields, source) for fields in reader.components),
        relationships=reader.relationships,
        problems=(f"only the first {MAX_PACKAGES:,} components were read",) if reader.cut else (),
    )


class _Reader:
    """Gathers components while the parser goes by."""

    def __init__(self) -> None:
        self.version = self.timestamp = ""
        self.about: dict[str, str] = {}
        self.creators: list[str] = []
        self.relationships = 0
        self.cut = False
        self.components: list[dict[str, str]] = []
        self._path: list[str] = []
        self._open: list[dict[str, str]] = []
        self._text = ""

    def refuse(self, *_: object) -> None:
        raise DocumentError("an SBOM with a document type declaration is not read")

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if not self._path:
            found = NAMESPACE.fullmatch(namespace)
            self.version = found[1] if found else ""
        self._path.append(local)
        if len(self._path) > MAX_NESTING * 2:
            raise DocumentError(f"XML nested deeper than {MAX_NESTING * 2}")
        self._text = ""
        fields: dict[str, str] = {}
        if local in _OBJECTS:
            self._open.append(fields)
        if local == "dependency" and self._path[-2:-1] == ["dependency"]:
            self.relationships += 1
        if local == "component" and "metadata" not in self._path:
            self.cut = len(self.components) >= MAX_PACKAGES
            if not self.cut:
                self.components.append(fields)

    def characters(self, content: str) -> None:
        if len(self._text) < MAX_TEXT:
            self._text += content

    def end(self, _name: str) -> None:
        local = self._path.pop()
        parent = self._path[-1] if self._path else ""
        if local in _OBJECTS and self._open:
            self._close(self._open.pop())
        elif local == "timestamp" and parent == "metadata":
            self.timestamp = self._text.strip()
        elif self._open and local in _FIELDS:
            key = "supplier" if parent == "supplier" and local == "name" else local
            if parent in (*_OBJECTS, "license", "licenses", "supplier"):
                own = f"licence {local}" if parent.startswith("license") else key
                self._open[-1].setdefault(own, self._text.strip()[:MAX_TEXT])
        self._text = ""

    def _close(self, fields: dict[str, str]) -> None:
        """Take what the head of the document says of itself: what it is about, and who made it."""
        if self._path == ["bom", "metadata"]:
            self.about = fields
        elif self._path[:3] == ["bom", "metadata", "tools"] and len(self.creators) < MAX_CREATORS:
            self.creators.append(f"Tool: {fields.get('name', '')}-{fields.get('version', '')}".rstrip("-"))
        elif self._path[:3] == ["bom", "metadata", "authors"] and len(self.creators) < MAX_CREATORS:
            self.creators.append(fields.get("name", ""))


def _component(fields: dict[str, str], source: str) -> Component:
    purl, group, name = fields.get("purl", ""), fields.get("group", ""), fields.get("name", "")
    licences = (fields.get(f"licence {key}", "") for key in ("expression", "id", "name"))
    return Component(
        name=f"{group}/{name}" if group else name,
        version=fields.get("version", ""),
        type=purl_type(purl),
        purl=purl,
        licence=next(filter(None, licences), ""),
        supplier=fields.get("supplier", "") or fields.get("publisher", ""),
        source=source,
        cpe=fields.get("cpe", ""),
    )
