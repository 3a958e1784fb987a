"""Evidence that was read and checked, made by hand."""

from __future__ import annotations

import json

from regexplore.auditing.checked_evidence import CheckedEvidence, read_evidence
from regexplore.evidence.piece import SBOM, Evidence
from regexplore.evidence.trust import Trust
from regexplore.oci import Descriptor, Document


def sbom_evidence(subject: Document, *purls: str) -> CheckedEvidence:
    """Give an SBOM that hangs on a manifest and lists packages with these purls."""
    components = [{"type": "library", "name": f"p{n}", "purl": purl} for n, purl in enumerate(purls)]
    body = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}).encode()
    part = Descriptor.from_bytes("application/vnd.cyclonedx+json", body)
    piece = Evidence(
        manifest=part, part=part, subject=subject.descriptor.digest, format="CycloneDX", kind=SBOM, body=body
    )
    return read_evidence(piece, subject.descriptor, Trust(), "registry.example/app")
