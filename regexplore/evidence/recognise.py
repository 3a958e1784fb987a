"""What a body beside an image is: by its media type first, by what it holds where that says little.

A body is believed over its labels: an annotation may promise provenance where the statement says something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.dsse import is_envelope, read_envelope
from regexplore.evidence.in_toto import is_statement, read_statement
from regexplore.evidence.piece import OTHER, SBOM, SIGNATURE, VEX, VULNERABILITIES
from regexplore.evidence.predicates import predicate_kind
from regexplore.evidence.reading import at, text
from regexplore.evidence.sboms import spdx_tag_value
from regexplore.evidence.sboms.cut_off import whole_elements
from regexplore.evidence.sboms.parse import is_sbom
from regexplore.evidence.sigstore_bundle import MEDIA_TYPE_PREFIX, is_bundle
from regexplore.evidence.simple_signing import MEDIA_TYPE as SIMPLE_SIGNING
from regexplore.evidence.vex import is_cyclonedx_vex, is_openvex
from regexplore.evidence.vulnerability_scan import is_scan
from regexplore.oci import strict_json

UNKNOWN = "unknown"
NOTATION_TYPE = "application/vnd.cncf.notary.signature"
JWS, COSE = "application/jose+json", "application/cose"

# Media types that say it all; the body is not needed for them.
BY_MEDIA_TYPE = (
    (SIMPLE_SIGNING, "cosign signature", SIGNATURE),
    (JWS, "notation JWS", SIGNATURE),
    (COSE, "notation COSE", SIGNATURE),
    ("application/spdx+json", "SPDX", SBOM),
    ("text/spdx", "SPDX", SBOM),
    ("application/spdx", "SPDX", SBOM),
    ("application/vnd.cyclonedx", "CycloneDX", SBOM),
    ("application/vnd.syft", "syft", SBOM),
    ("application/vnd.goharbor.harbor.sbom.", "Harbor SBOM", SBOM),
    ("application/vnd.openvex", "OpenVEX", VEX),
    ("application/sarif", "SARIF", VULNERABILITIES),
    ("application/vnd.security.vulnerability.report", "vulnerability report", VULNERABILITIES),
    ("application/vnd.cncf.helm.chart.provenance.", "Helm provenance", SIGNATURE),
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a body is.

    Attributes
    ----------
    format : str
        ``unknown`` when nothing tells.
    kind : str
        As in `regexplore.evidence.piece.KINDS`.
    predicate_type : str
        Of a statement.
    problem : str
        Why it could not be read, though its labels say what it should be.
    """

    format: str = UNKNOWN
    kind: str = OTHER
    predicate_type: str = ""
    problem: str = ""


def recognise(media_type: str, artifact_type: str, body: bytes | None, promised: str = "") -> Recognised:
    """Tell what a body is.

    Parameters
    ----------
    media_type
        Of the layer that holds it.
    artifact_type
        Of the manifest; asked where the layer's says nothing.
    body
        None when it could not be read.
    promised
        The predicate type that annotations promise; told only where the body cannot be read.
    """
    labelled = _by_label(media_type) or _by_label(artifact_type)
    if body is None:
        return labelled or Recognised(
            _container(media_type, artifact_type), predicate_kind(promised), promised
        )
    if labelled is not None and labelled.kind == SIGNATURE:
        return labelled
    if labelled is not None and body[:200].lstrip()[:1] not in (b"{", b"["):
        return labelled
    found = _by_content(body)
    if found.format != UNKNOWN:
        return found
    if labelled is not None:
        return Recognised(labelled.format, labelled.kind, problem=found.problem)
    return Recognised(_container(media_type, artifact_type), OTHER, problem=found.problem)


def is_labelled(media_type: str) -> bool:
    """Whether a media type or artifact type alone says that something is evidence."""
    return _by_label(media_type) is not None or _container(media_type, "") != UNKNOWN


def _by_label(label: str) -> Recognised | None:
    for prefix, name, kind in BY_MEDIA_TYPE:
        if label.startswith(prefix):
            return Recognised(name, kind)
    return None


def _container(media_type: str, artifact_type: str) -> str:
    """Give what an unread or broken body is packed as."""
    for label in (media_type, artifact_type):
        if label.startswith(MEDIA_TYPE_PREFIX):
            return "sigstore bundle"
        if label.startswith("application/vnd.dsse.envelope."):
            return "DSSE envelope"
        if label.startswith("application/vnd.in-toto"):
            return "in-toto statement"
        if label.startswith(NOTATION_TYPE):
            return "notation signature"
    return UNKNOWN


def _by_content(body: bytes) -> Recognised:
    start = body[:400].lstrip()
    if start.startswith(spdx_tag_value.FIRST_TAG.encode()):
        return Recognised("SPDX", SBOM)
    if b"http://cyclonedx.org/schema/bom/" in start:
        return Recognised("CycloneDX", SBOM)
    if start[:1] != b"{":
        return Recognised()
    try:
        tree = strict_json.loads(body)
    except DocumentError as error:
        return _cut_off(body) or Recognised(problem=str(error))
    return _of_tree(tree)


def _cut_off(body: bytes) -> Recognised | None:
    """Tell what a document is that ends in the middle; only SBOMs are worth reading then."""
    try:
        tree, problem = whole_elements(body)
    except DocumentError:
        return None
    return Recognised(_sbom_format(tree), SBOM, problem=problem) if is_sbom(tree) else None


def _of_tree(tree: Any) -> Recognised:
    if is_bundle(tree):
        envelope = at(tree, "dsseEnvelope")
        return (
            _of_envelope(envelope, "sigstore bundle")
            if envelope
            else Recognised("sigstore bundle", SIGNATURE)
        )
    if is_envelope(tree):
        return _of_envelope(tree, "DSSE envelope")
    if is_statement(tree):
        return _of_statement(tree, "in-toto statement")
    if {"payload", "protected", "signature"} <= set(tree):
        return Recognised("notation JWS", SIGNATURE)
    if is_openvex(tree):
        return Recognised("OpenVEX", VEX)
    if is_cyclonedx_vex(tree) and not at(tree, "components"):
        return Recognised("CycloneDX VEX", VEX)
    if is_sbom(tree):
        return Recognised(_sbom_format(tree), SBOM)
    if is_scan(tree):
        return Recognised("vulnerability scan", VULNERABILITIES)
    if isinstance(at(tree, "runs"), list) and text(tree, "version").startswith("2."):
        return Recognised("SARIF", VULNERABILITIES)
    return Recognised()


def _sbom_format(tree: Any) -> str:
    if text(tree, "bomFormat"):
        return "CycloneDX"
    return "syft" if at(tree, "artifacts") is not None else "SPDX"


def _of_envelope(tree: Any, container: str) -> Recognised:
    try:
        payload = strict_json.loads(read_envelope(tree).payload)
    except DocumentError as error:
        return Recognised(container, OTHER, problem=str(error))
    return _of_statement(payload, container)


def _of_statement(tree: Any, container: str) -> Recognised:
    try:
        statement = read_statement(tree)
    except DocumentError as error:
        return Recognised(container, OTHER, problem=str(error))
    return Recognised(container, predicate_kind(statement.predicate_type), statement.predicate_type)
