"""Public keys, and signatures made with their private halves. Which algorithm follows from the key.

Source: cosign ``SIGNATURE_SPEC.md`` (SHA-256; ECDSA in DER, RSA PKCS #1 v1.5 or PSS, Ed25519).
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from regexplore.errors import DocumentError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

MIN_RSA_BITS = 2048


# An audit asks for the reader's few keys at each signature.
@lru_cache(maxsize=64)
def load_public_key(pem: str) -> PublicKeyTypes:
    """Read a public key.

    Raises
    ------
    DocumentError
        The text is no public key in PEM, or an RSA key of fewer than 2048 bits.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise DocumentError(f"no public key in PEM: {error}") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise DocumentError(f"an RSA key of {key.key_size} bits is too weak")
    return key


def fingerprint(key: PublicKeyTypes) -> str:
    """Give the SHA-256 of a key's DER form, hexadecimal."""
    return sha256(key_der(key)).hexdigest()


def key_der(key: PublicKeyTypes) -> bytes:
    """Give a key as DER SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signs(key: PublicKeyTypes, signature: bytes, content: bytes) -> bool:
    """Whether a signature over some content is a key's."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    digest = hashes.SHA256()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(digest))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, content)
        elif isinstance(key, rsa.RSAPublicKey):
            _rsa(
                key,
                signature,
                content,
                (padding.PKCS1v15(), padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)),
            )
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _rsa(key: object, signature: bytes, content: bytes, paddings: tuple[object, ...]) -> None:
    """Accept either padding; which one was used is not written anywhere."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes

    for padding in paddings:
        try:
            key.verify(signature, content, padding, hashes.SHA256())  # type: ignore[attr-defined]
        except InvalidSignature:
            continue
        return
    raise InvalidSignature
