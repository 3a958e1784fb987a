"""Keys made for the demo, and for nothing else: everybody can know them, so they vouch for nothing real.

Signatures are deterministic (RFC 6979), so that the demo has the same digests on every run.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from regexplore.oci import Digest

VALID_FROM = datetime(2026, 1, 1, tzinfo=UTC)
VALID_FOR = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key of the demo, known by name."""

    name: str

    @property
    def private_key(self) -> ec.EllipticCurvePrivateKey:
        """The key, derived from the signer's name."""
        return _key(self.name)

    @property
    def public_pem(self) -> str:
        """The public key, as ``cosign.pub`` has it."""
        return (
            self.private_key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key, by which a log goes."""
        der = self.private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return Digest.of(der).encoded

    def sign(self, content: bytes) -> bytes:
        """Return an ECDSA P-256 signature over SHA-256, in DER."""
        return self.private_key.sign(content, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def sign_base64(self, content: bytes) -> str:
        """Return the signature in base64."""
        return b64encode(self.sign(content)).decode("ascii")

    @property
    def certificate(self) -> x509.Certificate:
        """A certificate of the key, signed by itself."""
        return _certificate(self.name)


RELEASE = Signer("release")
BUILDER = Signer("builder")
STRANGER = Signer("stranger")
LOG = Signer("log")


def public_keys() -> dict[str, str]:
    """Return the public keys of the demo's signers by name, as PEM.

    Examples
    --------
    >>> all(key.startswith("-----BEGIN PUBLIC KEY-----") for key in public_keys().values())
    True
    """
    return {signer.name: signer.public_pem for signer in (RELEASE, BUILDER, STRANGER)}


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    secret = int(Digest.of(f"regexplore demo key: {name}".encode()).encoded, 16)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return ec.derive_private_key(secret % (order - 1) + 1, ec.SECP256R1())


@cache
def _certificate(name: str) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Demo"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "regexplore demo"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(_key(name).public_key())
        .serial_number(int(Digest.of(name.encode()).encoded[:16], 16))
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_FROM + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(f"{name}@demo.example")]), critical=False)
    )
    return builder.sign(_key(name), hashes.SHA256(), ecdsa_deterministic=True)
