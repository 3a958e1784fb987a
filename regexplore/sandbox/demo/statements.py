"""What is said of an image: SBOMs, provenance, exploitability, and the envelopes that sign them.

Source: SPDX 2.3; CycloneDX 1.6; in-toto statement v1; SLSA provenance v1; OpenVEX 0.2.0; DSSE v1; sigstore bundle
v0.3; cosign's simple signing; notary project signature specification (JWS).
"""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from regexplore.oci import Descriptor, Digest
from regexplore.sandbox.demo.keys import Signer
from regexplore.sandbox.demo.packages import Package
from regexplore.sandbox.demo.shelf import encode

WHEN = "2026-02-01T12:00:00Z"

SPDX = "application/spdx+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
IN_TOTO = "application/vnd.in-toto+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
COSIGN_SIGNATURE = "application/vnd.dev.cosign.artifact.sig.v1+json"
NOTATION = "application/vnd.cncf.notary.signature"
OPENVEX = "application/vnd.openvex+json"

SLSA = "https://slsa.dev/provenance/v1"
SPDX_PREDICATE = "https://spdx.dev/Document"
VEX_PREDICATE = "https://openvex.dev/ns/v0.2.0"


def spdx(name: str, subject: Digest, packages: Sequence[Package], architecture: str) -> bytes:
    """Return an SPDX 2.3 document."""
    listed = [
        {
            "SPDXID": f"SPDXRef-Package-{package.type}-{package.name}".replace(".", "-"),
            "name": package.name,
            "versionInfo": package.version,
            "supplier": package.supplier,
            "downloadLocation": "NOASSERTION",
            "licenseDeclared": package.licence,
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": package.purl(architecture),
                }
            ],
        }
        for package in packages
    ]
    return encode(
        {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": name,
            "documentNamespace": f"https://demo.example/spdx/{subject.encoded}",
            "creationInfo": {"created": WHEN, "creators": ["Tool: demo-sbom-1.0"]},
            "packages": listed,
            "relationships": [
                {
                    "spdxElementId": "SPDXRef-DOCUMENT",
                    "relationshipType": "DESCRIBES",
                    "relatedSpdxElement": package["SPDXID"],
                }
                for package in listed
            ],
        }
    )


def cyclonedx(name: str, subject: Digest, packages: Sequence[Package], architecture: str) -> bytes:
    """Return a CycloneDX 1.6 document."""
    return encode(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{_uuid(subject)}",
            "version": 1,
            "metadata": {
                "timestamp": WHEN,
                "component": {"type": "container", "name": name, "version": str(subject)},
            },
            "components": [
                {
                    "type": "library",
                    "name": package.name,
                    "version": package.version,
                    "purl": package.purl(architecture),
                    "licenses": [{"license": {"id": package.licence}}],
                    "supplier": {"name": package.supplier.removeprefix("Organization: ")},
                }
                for package in packages
            ],
        }
    )


def statement(name: str, subject: Digest, predicate_type: str, predicate: Any) -> bytes:
    """Return an in-toto statement about one subject."""
    return encode(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {subject.algorithm: subject.encoded}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def provenance(version: str) -> dict[str, Any]:
    """Return a SLSA provenance predicate."""
    return {
        "buildDefinition": {
            "buildType": "https://demo.example/build/v1",
            "externalParameters": {
                "ref": f"refs/tags/{version}",
                "repository": "https://git.demo.example/app",
            },
            "resolvedDependencies": [
                {
                    "uri": f"git+https://git.demo.example/app@refs/tags/{version}",
                    "digest": {"gitCommit": Digest.of(version.encode()).encoded[:40]},
                }
            ],
        },
        "runDetails": {
            "builder": {"id": "https://demo.example/builder"},
            "metadata": {"invocationId": f"run-{version}", "startedOn": WHEN, "finishedOn": WHEN},
        },
    }


def vex(subject: Digest) -> dict[str, Any]:
    """Return an OpenVEX document: one vulnerability does not matter here."""
    return {
        "@context": VEX_PREDICATE,
        "@id": "https://demo.example/vex/1",
        "author": "Demo security",
        "timestamp": WHEN,
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2024-0001"},
                "products": [{"@id": f"pkg:oci/app@{subject.algorithm}%3A{subject.encoded}"}],
                "status": "not_affected",
                "justification": "vulnerable_code_not_in_execute_path",
            }
        ],
    }


def dsse(payload: bytes, signer: Signer, payload_type: str = IN_TOTO) -> dict[str, Any]:
    """Return a DSSE envelope of a payload."""
    authenticated = b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)
    return {
        "payloadType": payload_type,
        "payload": b64encode(payload).decode("ascii"),
        "signatures": [{"sig": signer.sign_base64(authenticated), "keyid": ""}],
    }


def bundle(payload: bytes, signer: Signer) -> bytes:
    """Return a sigstore bundle in shape: a DSSE envelope and a public key hint, no transparency log."""
    return encode(
        {
            "mediaType": BUNDLE,
            "verificationMaterial": {"publicKey": {"hint": signer.name}, "tlogEntries": []},
            "dsseEnvelope": dsse(payload, signer),
        }
    )


def simple_signing(reference: str, subject: Digest) -> bytes:
    """Return the payload that cosign signs."""
    return json.dumps(
        {
            "critical": {
                "identity": {"docker-reference": reference},
                "image": {"docker-manifest-digest": subject},
                "type": "cosign container image signature",
            },
            "optional": None,
        },
        separators=(",", ":"),
    ).encode()


def notation(
    subject: Descriptor,
    signer: Signer,
    *,
    more: Mapping[str, object] | None = None,
    critical: Sequence[str] = (),
) -> bytes:
    """Return a notation signature envelope (JWS) over a descriptor, with more protected headers if wanted."""
    protected = _base64url(
        json.dumps(
            {
                "alg": "ES256",
                "crit": ["io.cncf.notary.signingScheme", *critical],
                "cty": "application/vnd.cncf.notary.payload.v1+json",
                "io.cncf.notary.signingScheme": "notary.x509",
                "io.cncf.notary.signingTime": WHEN,
                **(more or {}),
            },
            separators=(",", ":"),
        ).encode()
    )
    payload = _base64url(
        json.dumps({"targetArtifact": subject.plain().to_json()}, separators=(",", ":")).encode()
    )
    r, s = decode_dss_signature(signer.sign(f"{protected}.{payload}".encode()))
    return encode(
        {
            "payload": payload,
            "protected": protected,
            "header": {
                "x5c": [b64encode(signer.certificate.public_bytes(Encoding.DER)).decode("ascii")],
                "io.cncf.notary.signingAgent": "demo/1.0",
            },
            "signature": _base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big")),
        }
    )


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _uuid(digest: Digest) -> str:
    hexes = digest.encoded[:32]
    return f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-8{hexes[17:20]}-{hexes[20:]}"
