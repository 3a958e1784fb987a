"""SBOMs, VEX and other documents made by other projects' tools: recognised, and every package of them counted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from regexplore.auditing.catalogue import choose
from regexplore.auditing.checked_evidence import CheckedEvidence, read_evidence
from regexplore.auditing.policy import Policy
from regexplore.auditing.subjects import AuditedManifest
from regexplore.evidence.piece import Evidence
from regexplore.evidence.recognise import recognise
from regexplore.evidence.trust import Trust
from regexplore.frames.packages import PACKAGES
from regexplore.oci import Descriptor, Document, media_types

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real material is not beside this checkout")
CONFIG = Descriptor.from_bytes(media_types.OCI_CONFIG, b"{}")
IMAGE = json.dumps({"schemaVersion": 2, "config": CONFIG.to_json(), "layers": []}).encode()
SUBJECT = Descriptor.from_bytes(media_types.OCI_MANIFEST, IMAGE)


def read(file: Path, media_type: str = "application/octet-stream") -> CheckedEvidence:
    """Read a file as an audit reads a body that nothing describes."""
    body = file.read_bytes()
    known = recognise(media_type, "", body)
    part = Descriptor.from_bytes(media_type, body)
    piece = Evidence(
        manifest=part,
        part=part,
        subject=SUBJECT.digest,
        format=known.format,
        kind=known.kind,
        body=body,
        problem=known.problem,
    )
    return read_evidence(piece, SUBJECT, Trust(), "registry.example/app")


def lines(pattern: str) -> Callable[[str], int]:
    return lambda text: len(re.findall(pattern, text, re.MULTILINE))


def members(*keys: str) -> Callable[[str], int]:
    def count(text: str) -> int:
        tree = json.loads(text)
        return len([one for key in keys for one in tree[key]])

    return count


SBOMS: dict[str, tuple[str, Callable[[str], int]]] = {
    "bom-go-mod.spdx": ("SPDX 2.2", lines(r"^PackageName:")),
    "cyclonedx-dropwizard-1.3.15-bom.json": ("CycloneDX 1.2", members("components")),
    "cyclonedx-laravel-7.12.0-bom.1.4.json": ("CycloneDX 1.4", members("components")),
    "hello-source.spdx.json": ("SPDX 2.3", members("packages")),
    # The file ends in the middle: what is whole of it is read, and that is told.
    "hello-source.spdx3.json": ("SPDX 3.0.1", lines(r'"type" : "software_Package"')),
    "spdx23-with-security.spdx.json": ("SPDX 2.3", members("packages")),
}


@pytest.mark.parametrize("name", SBOMS)
def test_sbom(name: str) -> None:
    file = DATA / "sbom" / name
    form, count = SBOMS[name]
    found = read(file)
    assert (found.piece.kind, found.problem) == ("sbom", "")
    assert found.sbom is not None
    assert found.sbom.format == form
    assert len(found.sbom.components) == count(file.read_text())
    # Of the one that is cut off no package is left: it counts none, and says why.
    assert found.sbom.components or name == "hello-source.spdx3.json"
    assert all(component.name for component in found.sbom.components)
    assert found.sbom.creators
    cut = any("cut off" in problem for problem in found.sbom.problems)
    assert cut == (name == "hello-source.spdx3.json")
    assert (found.verdict.status, found.verdict.reason.startswith("it is not signed")) == (
        "not checked",
        True,
    )


@pytest.mark.parametrize("name", SBOMS)
def test_an_audit_takes_whole_sboms_and_no_other(name: str) -> None:
    image = AuditedManifest("registry.example/app", "registry.example/app:v1", Document.parse(IMAGE, SUBJECT))
    image.evidence, image.evidence_read = (read(DATA / "sbom" / name),), True
    [outcome] = choose(["SBM03"])["SBM03"].outcomes(image, Policy())
    cut = name == "hello-source.spdx3.json"
    assert (outcome.status, "cut off" in outcome.message) == (("fail", True) if cut else ("pass", False))


@pytest.mark.parametrize("name", SBOMS)
def test_sbom_as_a_frame(name: str) -> None:
    from regexplore.frames.origin import Origin
    from regexplore.frames.packages import packages_frame

    sbom = read(DATA / "sbom" / name).sbom
    assert sbom is not None
    frame = packages_frame(sbom.components, Origin(name))
    assert list(frame.columns) == PACKAGES.names
    assert len(frame) == len(sbom.components)


def test_relationships_without_a_colon_are_counted() -> None:
    file = DATA / "sbom" / "bom-go-mod.spdx"
    sbom = read(file).sbom
    assert sbom is not None
    assert sbom.relationships == lines(r"^Relationship ")(file.read_text()) > 0


def test_cyclonedx_vex() -> None:
    found = read(DATA / "vex" / "cyclonedx-vex.json")
    assert (found.piece.format, found.piece.kind) == ("CycloneDX VEX", "vex")
    assert found.vex is not None
    [statement] = found.vex.statements
    assert (statement.vulnerability, statement.status) == ("CVE-2020-25649", "not_affected")
    assert statement.products


def test_a_scan_that_stands_alone() -> None:
    found = read(DATA / "vex" / "vuln-predicate.json")
    assert (found.piece.format, found.piece.kind) == ("vulnerability scan", "vulnerabilities")
    assert found.scan is not None
    assert found.scan.scanner == "fakescanner.example.com/cosign-testing"
    assert found.scan.finished is not None
    assert found.scan.finished.isoformat() == "2022-04-12T00:10:00+00:00"


def test_every_document_has_its_verdict_here() -> None:
    assert {file.name for file in (DATA / "sbom").iterdir()} == SBOMS.keys()
    assert {file.name for file in (DATA / "vex").iterdir()} == {"cyclonedx-vex.json", "vuln-predicate.json"}


def test_every_folder_of_the_material_is_under_test() -> None:
    folders = {one.name for one in DATA.iterdir() if one.is_dir()}
    # Manifests: tests/oci/test_real_manifests.py; the three kinds of signatures: test_real_material.py.
    assert folders == {"cosign", "manifests", "notation", "sbom", "sigstore", "vex"}
