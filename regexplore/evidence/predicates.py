"""Types of predicates, and what kind of evidence each makes of a statement. Matched by prefix; versions vary.

Source: in-toto attestation ``spec/predicates``; slsa.dev; cosign ``specs/``; openvex.dev.
"""

from __future__ import annotations

from regexplore.evidence.piece import ATTESTATION, OTHER, PROVENANCE, SBOM, SIGNATURE, VEX, VULNERABILITIES

SLSA = "https://slsa.dev/provenance/"
SIGN = "https://sigstore.dev/cosign/sign/"

PREFIXES = (
    (SLSA, PROVENANCE, "SLSA provenance"),
    ("https://in-toto.io/Link/", PROVENANCE, "in-toto link"),
    ("https://in-toto.io/attestation/link/", PROVENANCE, "in-toto link"),
    (SIGN, SIGNATURE, "cosign image signature"),
    ("https://spdx.dev/Document", SBOM, "SPDX"),
    ("https://cyclonedx.org/bom", SBOM, "CycloneDX"),
    ("https://cyclonedx.org/schema", SBOM, "CycloneDX"),
    ("https://syft.dev/bom", SBOM, "Syft"),
    ("https://openvex.dev/ns", VEX, "OpenVEX"),
    ("https://cosign.sigstore.dev/attestation/vuln/", VULNERABILITIES, "cosign vulnerability scan"),
    ("https://in-toto.io/attestation/vulns/", VULNERABILITIES, "in-toto vulnerability scan"),
    ("https://slsa.dev/verification_summary/", ATTESTATION, "SLSA verification summary"),
    ("https://in-toto.io/attestation/scai/", ATTESTATION, "SCAI attributes"),
    ("https://in-toto.io/attestation/test-result/", ATTESTATION, "test result"),
    ("https://in-toto.io/attestation/release/", ATTESTATION, "release"),
    ("https://in-toto.io/attestation/runtime-trace/", ATTESTATION, "runtime trace"),
    ("https://in-toto.io/attestation/reference/", ATTESTATION, "reference"),
    ("https://in-toto.io/attestation/svr/", ATTESTATION, "simple verification result"),
    ("https://cosign.sigstore.dev/attestation/v1", ATTESTATION, "cosign custom"),
)


def predicate_kind(predicate_type: str) -> str:
    """Give the kind of evidence that a statement with this predicate is."""
    for prefix, kind, _ in PREFIXES:
        if predicate_type.startswith(prefix):
            return kind
    return ATTESTATION if predicate_type else OTHER


def predicate_name(predicate_type: str) -> str:
    """Give a predicate type in words; itself when it is not known.

    Examples
    --------
    >>> predicate_name("https://slsa.dev/provenance/v1")
    'SLSA provenance v1'
    """
    for prefix, _, name in PREFIXES:
        if predicate_type.startswith(prefix):
            version = predicate_type.removeprefix(prefix).strip("/")
            return f"{name} {version}".strip()
    return predicate_type
