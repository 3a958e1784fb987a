"""Tokens that docker-registry accepts: signed with a key whose certificate it is told to trust.

Source: distribution's "Token Authentication Implementation".
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from regexplore.sandbox.token import TokenIssuer

ISSUER, SERVICE = "token server", "test registry"


class SigningIssuer(TokenIssuer):
    """Gives access tokens in distribution's format, for one service."""

    def __init__(self) -> None:
        super().__init__()
        self.signer = ec.generate_private_key(ec.SECP256R1())
        self.certificate = _certificate(self.signer)

    def write_bundle(self, path: Path) -> Path:
        """Write the certificate that a registry has to trust."""
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def access_token(self, user: str, grants: Mapping[str, set[str]], life: int) -> str:
        """Return a signed token."""
        header = {
            "typ": "JWT",
            "alg": "ES256",
            "x5c": [base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()],
        }
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": SERVICE,
            "iat": self.now,
            "nbf": self.now - 5,
            "exp": self.now + life,
            "jti": secrets.token_hex(8),
            "access": [_access(name, actions) for name, actions in grants.items()],
        }
        body = f"{_encode(json.dumps(header).encode())}.{_encode(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self.signer.sign(body.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{body}.{_encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _access(name: str, actions: set[str]) -> dict[str, object]:
    kind, _, rest = name.partition(":") if name == "registry:catalog" else ("repository", "", name)
    return {"type": kind, "name": rest, "actions": sorted(actions)}


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "token server")])
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
