"""Evidence hung onto images: by referrer, by cosign's tags, and inside the index as BuildKit does.

Source: distribution-spec v1.1 (subject); cosign's signature specification; BuildKit attestation storage.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from regexplore.oci import Descriptor, Platform, media_types
from regexplore.sandbox.demo import statements
from regexplore.sandbox.demo.keys import Signer
from regexplore.sandbox.demo.packages import Package
from regexplore.sandbox.demo.shelf import CREATED, Shelf, encode
from regexplore.sandbox.demo.statements import WHEN

UNKNOWN = Platform("unknown", "unknown")
SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature"
_DATED = {CREATED: WHEN}


def attach_spdx(
    shelf: Shelf, subject: Descriptor, packages: Sequence[Package], architecture: str
) -> Descriptor:
    """Attach an SPDX document as a referrer."""
    document = statements.spdx(shelf.repository, subject.digest, packages, architecture)
    layer = shelf.blob(statements.SPDX, document, {"org.opencontainers.image.title": "sbom.spdx.json"})
    return shelf.artifact(statements.SPDX, [layer], subject=subject, annotations=_DATED)


def attach_cyclonedx(
    shelf: Shelf, subject: Descriptor, packages: Sequence[Package], architecture: str
) -> Descriptor:
    """Attach a CycloneDX document as a referrer."""
    document = statements.cyclonedx(shelf.repository, subject.digest, packages, architecture)
    layer = shelf.blob(statements.CYCLONEDX, document, {"org.opencontainers.image.title": "sbom.cdx.json"})
    return shelf.artifact(statements.CYCLONEDX, [layer], subject=subject, annotations=_DATED)


def attach_provenance(shelf: Shelf, subject: Descriptor, version: str, signer: Signer) -> Descriptor:
    """Attach signed SLSA provenance as a sigstore bundle."""
    payload = statements.statement(
        shelf.repository, subject.digest, statements.SLSA, statements.provenance(version)
    )
    return _attach_bundle(shelf, subject, payload, statements.SLSA, signer)


def attach_vex(shelf: Shelf, subject: Descriptor) -> Descriptor:
    """Attach an OpenVEX document as a referrer."""
    layer = shelf.blob(statements.OPENVEX, encode(statements.vex(subject.digest)))
    return shelf.artifact(statements.OPENVEX, [layer], subject=subject, annotations=_DATED)


def attach_signature(shelf: Shelf, subject: Descriptor, signer: Signer) -> Descriptor:
    """Attach a cosign signature as a referrer."""
    return shelf.artifact(
        statements.COSIGN_SIGNATURE,
        [_signed_layer(shelf, subject, signer)],
        subject=subject,
        annotations=_DATED,
    )


def tag_signature(shelf: Shelf, subject: Descriptor, signer: Signer) -> Descriptor:
    """Put a cosign signature under the tag that cosign makes of the subject's digest."""
    config = shelf.blob(
        media_types.OCI_CONFIG, encode({"architecture": "", "os": "", "rootfs": {"type": "layers"}})
    )
    tag = f"{subject.digest.algorithm}-{subject.digest.encoded}.sig"
    return shelf.manifest(config, [_signed_layer(shelf, subject, signer)], tags=[tag])


def attach_notation(shelf: Shelf, subject: Descriptor, signer: Signer) -> Descriptor:
    """Attach a notation signature as a referrer."""
    layer = shelf.blob("application/jose+json", statements.notation(subject, signer))
    return shelf.artifact(statements.NOTATION, [layer], subject=subject, annotations=_DATED)


def buildkit_attestation(
    shelf: Shelf, image: Descriptor, version: str, packages: Sequence[Package], architecture: str
) -> Descriptor:
    """Put an attestation manifest and return it as BuildKit lists it in the image's index."""
    sbom = json.loads(statements.spdx(shelf.repository, image.digest, packages, architecture))
    layers = []
    for predicate_type, predicate in (
        (statements.SPDX_PREDICATE, sbom),
        (statements.SLSA, statements.provenance(version)),
    ):
        payload = statements.statement(shelf.repository, image.digest, predicate_type, predicate)
        layers.append(shelf.blob(statements.IN_TOTO, payload, {"in-toto.io/predicate-type": predicate_type}))
    config = shelf.blob(
        media_types.OCI_CONFIG,
        encode(
            {
                "architecture": "unknown",
                "os": "unknown",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": []},
            }
        ),
    )
    manifest = shelf.manifest(config, layers)
    annotations = {
        "vnd.docker.reference.digest": image.digest,
        "vnd.docker.reference.type": "attestation-manifest",
    }
    return replace(manifest, platform=UNKNOWN, annotations=annotations)


def _attach_bundle(
    shelf: Shelf, subject: Descriptor, payload: bytes, predicate_type: str, signer: Signer
) -> Descriptor:
    layer = shelf.blob(statements.BUNDLE, statements.bundle(payload, signer))
    annotations = {
        **_DATED,
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": predicate_type,
    }
    return shelf.artifact(statements.BUNDLE, [layer], subject=subject, annotations=annotations)


def _signed_layer(shelf: Shelf, subject: Descriptor, signer: Signer) -> Descriptor:
    payload = statements.simple_signing(f"demo.example/{shelf.repository}", subject.digest)
    return shelf.blob(statements.SIMPLE_SIGNING, payload, {SIGNATURE_ANNOTATION: signer.sign_base64(payload)})
