"""A certificate authority and a log for tests: what Fulcio and Rekor do, made at test time."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from regexplore.evidence.certificates import ISSUER_V2
from regexplore.evidence.piece import Evidence
from regexplore.oci import Descriptor, Digest, media_types

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHO, ISSUER = (
    "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
    "https://token.example",
)
MANIFEST = Descriptor.from_bytes(media_types.OCI_MANIFEST, b'{"schemaVersion": 2}')
OTHER = Descriptor.from_bytes(media_types.OCI_MANIFEST, b'{"schemaVersion": 2, "x": 1}')


@dataclass
class Key:
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def pem(self) -> str:
        return (
            self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        )

    @property
    def log_id(self) -> str:
        der = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return sha256(der).hexdigest()

    def sign(self, content: bytes) -> bytes:
        return self.private.sign(content, ec.ECDSA(hashes.SHA256()))


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


@dataclass
class Authority:
    """A root that signs certificates of ten minutes."""

    name: str = "demo root"
    key: Key = field(default_factory=Key)

    @cached_property
    def root(self) -> x509.Certificate:
        return self._build(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]), self.key, NOON, 3650, True
        )

    def leaf(self, key: Key, at: datetime = NOON, *, ca: bool = False, code: bool = True) -> x509.Certificate:
        return self._build(x509.Name([]), key, at, 0, ca, code)

    def _build(
        self, subject: x509.Name, key: Key, at: datetime, days: int, ca: bool, code: bool = True
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]))
            .public_key(key.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=days))
            .not_valid_after(at + timedelta(days=days, minutes=10))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if days == 0:
            usage = ExtendedKeyUsageOID.CODE_SIGNING if code else ExtendedKeyUsageOID.SERVER_AUTH
            issuer = ISSUER.encode()
            builder = (
                builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
                .add_extension(
                    x509.SubjectAlternativeName([x509.UniformResourceIdentifier(WHO)]), critical=True
                )
                .add_extension(
                    x509.UnrecognizedExtension(
                        x509.ObjectIdentifier(ISSUER_V2), b"\x0c" + bytes([len(issuer)]) + issuer
                    ),
                    critical=False,
                )
            )
        return builder.sign(self.key.private, hashes.SHA256())


def simple_signing(digest: str = MANIFEST.digest) -> bytes:
    return json.dumps(
        {
            "critical": {
                "identity": {"docker-reference": "registry.example/app"},
                "image": {"docker-manifest-digest": digest},
                "type": "cosign container image signature",
            },
            "optional": None,
        }
    ).encode()


def statement(digest: Digest = MANIFEST.digest) -> bytes:
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "app", "digest": {"sha256": digest.encoded}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {},
        }
    ).encode()


def envelope(key: Key, payload: bytes) -> bytes:
    kind = b"application/vnd.in-toto+json"
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    return json.dumps(
        {
            "payloadType": kind.decode(),
            "payload": b64encode(payload).decode(),
            "signatures": [{"sig": b64encode(key.sign(signed)).decode()}],
        }
    ).encode()


def log_annotation(log: Key, content: bytes, signature: bytes, key_pem: str, at: datetime = NOON) -> str:
    """An entry of the log, with its promise."""
    body: dict[str, Any] = {
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": sha256(content).hexdigest()}},
            "signature": {
                "content": b64encode(signature).decode(),
                "publicKey": {"content": b64encode(key_pem.encode()).decode()},
            },
        },
    }
    payload = {
        "body": b64encode(json.dumps(body).encode()).decode(),
        "integratedTime": int(at.timestamp()),
        "logID": log.log_id,
        "logIndex": 7,
    }
    promise = log.sign(json.dumps(payload, separators=(",", ":"), sort_keys=True).encode())
    return json.dumps({"SignedEntryTimestamp": b64encode(promise).decode(), "Payload": payload})


def evidence(
    form: str, body: bytes, annotations: dict[str, str] | None = None, subject: Digest = MANIFEST.digest
) -> Evidence:
    part = Descriptor.from_bytes("application/octet-stream", body)
    return Evidence(
        manifest=part, part=part, subject=subject, format=form, body=body, annotations=annotations or {}
    )
