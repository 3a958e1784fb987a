"""Sigstore bundles, as far as they are read without checking: what is in them, and who is said to have signed.

Source: sigstore protobuf-specs, ``sigstore_bundle.proto``, in its JSON form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.dsse import Envelope, read_envelope
from regexplore.evidence.reading import at, base64_bytes, tables, text
from regexplore.oci import strict_json

MEDIA_TYPE_PREFIX = "application/vnd.dev.sigstore.bundle"
MAX_ENTRIES = 16


@dataclass(frozen=True, slots=True)
class SigstoreBundle:
    """A sigstore bundle.

    Attributes
    ----------
    media_type : str
    envelope : Envelope or None
        Of an attestation; None for a plain signature of bytes.
    message_signature, message_digest : bytes
        Of a plain signature; empty otherwise.
    certificate : bytes
        The leaf (DER); empty when the bundle names a key.
    key_hint : str
        Which key; "" when there is a certificate.
    log_entries, timestamps : int
        How many there are; nothing of them is checked here.
    """

    media_type: str
    envelope: Envelope | None
    message_signature: bytes
    message_digest: bytes
    certificate: bytes
    key_hint: str
    log_entries: int
    timestamps: int


def is_bundle(tree: Any) -> bool:
    """Whether a JSON tree says that it is a bundle."""
    return text(tree, "mediaType").startswith(MEDIA_TYPE_PREFIX)


def parse_bundle(raw: bytes) -> SigstoreBundle:
    """Read a bundle.

    Raises
    ------
    DocumentError
        The bytes are no JSON, or no bundle.
    """
    tree = strict_json.loads(raw)
    if not is_bundle(tree):
        raise DocumentError("no sigstore bundle", where="$.mediaType")
    material = at(tree, "verificationMaterial")
    envelope = at(tree, "dsseEnvelope")
    message = at(tree, "messageSignature")
    if (envelope is None) == (message is None):
        raise DocumentError("a bundle holds either an envelope or a message signature", where="$")
    return SigstoreBundle(
        media_type=text(tree, "mediaType"),
        envelope=None if envelope is None else read_envelope(envelope, "$.dsseEnvelope"),
        message_signature=_bytes_at(message, "signature"),
        message_digest=_bytes_at(message, "messageDigest", "digest"),
        certificate=_leaf(material),
        key_hint=text(material, "publicKey", "hint"),
        log_entries=len(tables(material, "tlogEntries", limit=MAX_ENTRIES)),
        timestamps=len(tables(material, "timestampVerificationData", "rfc3161Timestamps", limit=MAX_ENTRIES)),
    )


def _leaf(material: Any) -> bytes:
    """Give the certificate, of the newer form or first of the older chain."""
    single = at(material, "certificate", "rawBytes")
    if single is not None:
        return base64_bytes(single, "$.verificationMaterial.certificate.rawBytes")
    for first in tables(material, "x509CertificateChain", "certificates", limit=1):
        return base64_bytes(
            first.get("rawBytes"), "$.verificationMaterial.x509CertificateChain.certificates[0]"
        )
    return b""


def _bytes_at(tree: Any, *path: str) -> bytes:
    found = at(tree, *path)
    return b"" if found is None else base64_bytes(found, f"$.messageSignature.{'.'.join(path)}")
