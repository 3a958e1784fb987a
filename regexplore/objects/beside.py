"""What lies beside an image: evidence, SBOMs, and what they say of its packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from regexplore.objects.remembered import RememberedStore
from regexplore.objects.source import Source
from regexplore.oci import Document

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.auditing.subjects import AuditedManifest
    from regexplore.evidence.sboms.sbom import Component
    from regexplore.evidence.trust import Trust
    from regexplore.frames.origin import Origin


class Packaged(Protocol):
    """A package of an image or an SBOM."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def type(self) -> str:
        """Its kind, as in purls."""

    @property
    def purl(self) -> str:
        """Its package URL."""


def read_beside(
    source: Source, document: Document, reference: str, origin: Origin, trust: Trust | None
) -> AuditedManifest:
    """Find and read the evidence about a document."""
    from regexplore.auditing.checked_evidence import read_evidence
    from regexplore.auditing.subjects import AuditedManifest
    from regexplore.evidence.discovery import find_evidence
    from regexplore.evidence.trust import Trust
    from regexplore.oci import Index

    found = find_evidence(RememberedStore(source), document)
    for reason in found.reasons:
        origin.partial(reason)
    known = {document.descriptor.digest: document.descriptor}
    known |= {child.digest: child for child in (document.manifests if isinstance(document, Index) else ())}
    known |= {piece.manifest.digest: piece.manifest for piece in found.pieces}
    checked = tuple(
        read_evidence(piece, known[piece.subject], trust or Trust(), source.name)
        for piece in found.pieces
        if piece.subject in known
    )
    source.settle()
    return AuditedManifest(
        source.name, reference, document, evidence=checked, looks=found.looks, evidence_read=True
    )


def components_of(manifest: AuditedManifest) -> Iterator[Component]:
    """Give the packages of every SBOM beside a manifest, and say in each which SBOM it is from."""
    from msgspec.structs import replace

    for one in manifest.evidence:
        for component in one.sbom.components if one.sbom is not None else ():
            yield replace(component, source=f"{component.source} {one.digest}")


def sbom_frame(manifest: AuditedManifest, origin: Origin) -> pd.DataFrame:
    """Give the packages that SBOMs claim, each once for each SBOM."""
    from regexplore.frames.packages import packages_frame

    if not any(one.sbom is not None for one in manifest.evidence):
        origin.partial("there is no SBOM that can be read")
    return packages_frame(components_of(manifest), origin)


def sbom_check(claimed: Iterable[Packaged], installed: Iterable[Packaged], origin: Origin) -> pd.DataFrame:
    """Hold the packages of SBOMs against those of the image's databases."""
    from regexplore.frames.found_packages import sbom_check_frame

    said, there = _by_key(claimed), _by_key(installed)
    rows = []
    for key in sorted({*said, *there}):
        one = there.get(key) or said[key]
        where = "both" if key in said and key in there else "only image" if key in there else "only SBOM"
        rows.append(
            {"name": one.name, "version": one.version, "type": one.type, "where": where, "purl": one.purl}
        )
    return sbom_check_frame(rows, origin)


def sbom_diff(before: Iterable[Packaged], after: Iterable[Packaged], origin: Origin) -> pd.DataFrame:
    """Tell which packages came, went, or changed their version."""
    from regexplore.frames.found_packages import sbom_diff_frame

    old, new = _versions(before), _versions(after)
    rows: list[dict[str, Any]] = []
    for key in sorted({*old, *new}):
        one, other = old.get(key, ()), new.get(key, ())
        if one != other:
            change = "changed" if one and other else "added" if other else "removed"
            told = {"before": ", ".join(one), "after": ", ".join(other)}
            rows.append({"change": change, "name": key[0], "type": key[1], **told})
    return sbom_diff_frame(rows, origin)


def _by_key(packages: Iterable[Packaged]) -> dict[tuple[str, str], Packaged]:
    found: dict[tuple[str, str], Packaged] = {}
    for one in packages:
        found.setdefault((one.name.lower(), one.version), one)
    return found


def _versions(packages: Iterable[Packaged]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    for one in packages:
        found.setdefault((one.name, one.type), {})[one.version] = None
    return {key: tuple(sorted(versions)) for key, versions in found.items()}
