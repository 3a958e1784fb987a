"""A sigstore of one's own: an authority, its two logs, a trusted root that names them, and bundles made under it."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from support.fake_sigstore import ISSUER, NOON, WHO, Key, pem_of

from regexplore.evidence.certificates import ISSUER_V2

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
IN_TOTO = "application/vnd.in-toto+json"
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def der_of(key: Key) -> bytes:
    return key.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def text(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")


def usage(name: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{one: one == name for one in _USAGES})


@dataclass
class Sigstore:
    """Keys and certificates; whatever is changed in a bundle is changed before it is signed."""

    name: str = "own sigstore"
    authority: Key = field(default_factory=Key)
    certificates: Key = field(default_factory=Key)
    log: Key = field(default_factory=Key)

    @cached_property
    def root(self) -> x509.Certificate:
        key = self.authority.private.public_key()
        return (
            self._builder(self._subject, self.authority, NOON, timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage("key_cert_sign"), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .sign(self.authority.private, hashes.SHA256())
        )

    def leaf(self, key: Key, at: datetime = NOON) -> x509.Certificate:
        """A certificate of ten minutes, with the promise of the log of certificates in it."""
        draft = self._leaf(key, at, self._promise(at, b""))
        return self._leaf(key, at, self._promise(at, draft.tbs_precertificate_bytes), draft.serial_number)

    def write_root(self, file: Path) -> str:
        """Write the trusted root; give its path as text."""
        since = {"start": (NOON - timedelta(days=3650)).isoformat().replace("+00:00", "Z")}

        def log(key: Key, url: str) -> dict[str, Any]:
            public = {
                "rawBytes": text(der_of(key)),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": since,
            }
            known = {"keyId": text(sha256(der_of(key)).digest())}
            return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": known}

        authority = {
            "subject": {"organization": self.name, "commonName": self.name},
            "uri": "https://authority.example",
            "certChain": {"certificates": [{"rawBytes": text(self.root.public_bytes(Encoding.DER))}]},
            "validFor": since,
        }
        tree = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log, "https://log.example")],
            "certificateAuthorities": [authority],
            "ctlogs": [log(self.certificates, "https://certificates.example")],
            "timestampAuthorities": [],
        }
        file.write_text(json.dumps(tree))
        return str(file)

    def attestation(
        self, payload: bytes, *, logged: bytes | None = None, at: datetime = NOON
    ) -> dict[str, Any]:
        """A bundle with an envelope; ``logged`` is the payload that the log's entry speaks of, when another."""
        key = Key()
        leaf = self.leaf(key)
        kind = IN_TOTO.encode()
        signature = key.sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
        envelope = {
            "payload": text(payload),
            "payloadType": IN_TOTO,
            "signatures": [{"sig": text(signature)}],
        }
        spec = {
            "envelopeHash": _digest(json.dumps(envelope).encode()),
            "payloadHash": _digest(payload if logged is None else logged),
            "signatures": [{"signature": text(signature), "verifier": text(pem_of(leaf).encode())}],
        }
        return self._bundle(leaf, self._entry("dsse", spec, at)) | {"dsseEnvelope": envelope}

    def message(self, content: bytes) -> dict[str, Any]:
        """A bundle with a signature over bytes."""
        key = Key()
        leaf, signature = self.leaf(key), key.sign(content)
        spec = {
            "data": {"hash": _digest(content)},
            "signature": {
                "content": text(signature),
                "publicKey": {"content": text(pem_of(leaf).encode())},
            },
        }
        digest = {"algorithm": "SHA2_256", "digest": text(sha256(content).digest())}
        return self._bundle(leaf, self._entry("hashedrekord", spec, NOON)) | {
            "messageSignature": {"messageDigest": digest, "signature": text(signature)}
        }

    @property
    def _subject(self) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])

    def _builder(
        self, subject: x509.Name, key: Key, at: datetime, around: timedelta, serial: int = 0
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.private.public_key())
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(at - around)
            .not_valid_after(at + around + timedelta(minutes=10))
        )

    def _leaf(self, key: Key, at: datetime, promise: bytes, serial: int = 0) -> x509.Certificate:
        issuer = ISSUER.encode()
        return (
            self._builder(x509.Name([]), key, at, timedelta(), serial)
            .add_extension(usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.private.public_key()),
                critical=False,
            )
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(WHO)]), critical=True)
            .add_extension(
                x509.UnrecognizedExtension(
                    x509.ObjectIdentifier(ISSUER_V2), b"\x0c" + bytes([len(issuer)]) + issuer
                ),
                critical=False,
            )
            .add_extension(x509.UnrecognizedExtension(_SCT_LIST, promise), critical=False)
            .sign(self.authority.private, hashes.SHA256())
        )

    def _promise(self, at: datetime, certificate: bytes) -> bytes:
        """The signed certificate timestamp (RFC 6962 section 3.2), as the list that stands in the certificate."""
        moment = (int(at.timestamp()) * 1000).to_bytes(8, "big")
        issuer = sha256(der_of(self.authority)).digest()
        told = (
            b"\0\0" + moment + b"\0\1" + issuer + len(certificate).to_bytes(3, "big") + certificate + b"\0\0"
        )
        signature = self.certificates.sign(told)
        log = sha256(der_of(self.certificates)).digest()
        one = b"\0" + log + moment + b"\0\0" + b"\4\3" + len(signature).to_bytes(2, "big") + signature
        listed = len(one).to_bytes(2, "big") + one
        whole = len(listed).to_bytes(2, "big") + listed
        return b"\4" + bytes([len(whole)]) + whole

    def _entry(self, kind: str, spec: dict[str, Any], at: datetime) -> dict[str, Any]:
        """An entry of a log that has no other: its tree is one leaf."""
        version = {"kind": kind, "version": "0.0.1"}
        body = json.dumps({"apiVersion": "0.0.1", "kind": kind, "spec": spec}, sort_keys=True).encode()
        known = sha256(der_of(self.log)).digest()
        payload = {
            "body": text(body),
            "integratedTime": int(at.timestamp()),
            "logID": known.hex(),
            "logIndex": 0,
        }
        promise = self.log.sign(json.dumps(payload, separators=(",", ":"), sort_keys=True).encode())
        tree = sha256(b"\0" + body).digest()
        note = f"log.example - 1\n1\n{text(tree)}\n"
        signed = text(known[:4] + self.log.sign(note.encode()))
        return {
            "logIndex": "0",
            "logId": {"keyId": text(known)},
            "kindVersion": version,
            "integratedTime": str(payload["integratedTime"]),
            "inclusionPromise": {"signedEntryTimestamp": text(promise)},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": text(tree),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 log.example {signed}\n"},
            },
            "canonicalizedBody": text(body),
        }

    def _bundle(self, leaf: x509.Certificate, entry: dict[str, Any]) -> dict[str, Any]:
        material = {
            "certificate": {"rawBytes": text(leaf.public_bytes(Encoding.DER))},
            "tlogEntries": [entry],
        }
        return {"mediaType": BUNDLE, "verificationMaterial": material}


def _digest(content: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": sha256(content).hexdigest()}
