"""Types of predicates, and what kind of evidence each makes of a statement. Matched by prefix; versions vary.

Source: in-toto attestation ``spec/predicates``; slsa.dev; cosign ``specs/``; openvex.dev.
"""

from __future__ import annotations

from regexplore.evidence.piece import ATTESTATION, OTHER, PROVENANCE, SBOM, SIGNATURE, VEX, VULNERABILITIES

SLSA = "https://slsa.dev/provenance/"
SIGN = "https://sigstore.dev/cosign/sign/"

PREFIXES = (
    (SLSA, PROVENANCE),
    ("https://in-toto.io/Link/", PROVENANCE),
    ("https://in-toto.io/attestation/link/", PROVENANCE),
    (SIGN, SIGNATURE),
    ("https://spdx.dev/Document", SBOM),
    ("https://cyclonedx.org/bom", SBOM),
    ("https://cyclonedx.org/schema", SBOM),
    ("https://syft.dev/bom", SBOM),
    ("https://openvex.dev/ns", VEX),
    ("https://cosign.sigstore.dev/attestation/vuln/", VULNERABILITIES),
    ("https://in-toto.io/attestation/vulns/", VULNERABILITIES),
    ("https://slsa.dev/verification_summary/", ATTESTATION),
    ("https://in-toto.io/attestation/scai/", ATTESTATION),
    ("https://in-toto.io/attestation/test-result/", ATTESTATION),
    ("https://in-toto.io/attestation/release/", ATTESTATION),
    ("https://in-toto.io/attestation/runtime-trace/", ATTESTATION),
    ("https://in-toto.io/attestation/reference/", ATTESTATION),
    ("https://in-toto.io/attestation/svr/", ATTESTATION),
    ("https://cosign.sigstore.dev/attestation/v1", ATTESTATION),
)


def predicate_kind(predicate_type: str) -> str:
    """Give the kind of evidence that a statement with this predicate is."""
    for prefix, kind in PREFIXES:
        if predicate_type.startswith(prefix):
            return kind
    return ATTESTATION if predicate_type else OTHER
