"""Certificates of signers: who they say they are, and whether they lead to a trusted root at a given time.

The chain is built by hand and kept short: ``cryptography`` has policies for servers and clients, not for code
signing. A certificate of Fulcio lives ten minutes, so it is judged at the time of signing and never at now.

Source: RFC 5280 section 6; Fulcio ``docs/oid-info.md``; cosign ``SIGNATURE_SPEC.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from regexplore.errors import DocumentError
from regexplore.evidence.public_keys import fingerprint
from regexplore.evidence.verdict import Signer

if TYPE_CHECKING:
    from cryptography import x509

MAX_CHAIN = 10
MAX_PEM_BYTES = 256 << 10
ISSUER_V1, ISSUER_V2 = "1.3.6.1.4.1.57264.1.1", "1.3.6.1.4.1.57264.1.8"


def load_certificates(pem: str | bytes) -> list[x509.Certificate]:
    """Read certificates from PEM, at most `MAX_CHAIN` of them.

    Raises
    ------
    DocumentError
        The text is no PEM of certificates, or holds too many.
    """
    from cryptography import x509

    raw = pem.encode() if isinstance(pem, str) else pem
    if len(raw) > MAX_PEM_BYTES or raw.count(b"-----BEGIN CERTIFICATE") > MAX_CHAIN:
        raise DocumentError(f"more than {MAX_CHAIN} certificates, or {MAX_PEM_BYTES:,} bytes of them")
    with _refusing("no certificates in PEM"):
        return [_readable(one) for one in x509.load_pem_x509_certificates(raw)]


# An audit asks for those of the reader at each signature.
@lru_cache(maxsize=16)
def load_authorities(pem: str) -> tuple[x509.Certificate, ...]:
    """Read the authorities that a reader trusts, from PEM; none from "".

    Raises
    ------
    DocumentError
        As `load_certificates`.
    """
    return tuple(load_certificates(pem)) if pem else ()


def load_der(raw: bytes) -> x509.Certificate:
    """Read one certificate from DER.

    Raises
    ------
    DocumentError
        The bytes are none.
    """
    from cryptography import x509

    with _refusing("no certificate"):
        return _readable(x509.load_der_x509_certificate(raw))


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    from cryptography import x509

    try:
        yield
    except (
        ValueError,
        TypeError,  # a name in bits
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise DocumentError(f"{what}: {error}") from None


def _readable(certificate: x509.Certificate) -> x509.Certificate:
    """Have the library read now what it would read, and refuse, when it is first asked for."""
    _ = certificate.extensions, certificate.subject, certificate.issuer
    return certificate


def signer_of(certificate: x509.Certificate) -> Signer:
    """Give whom a certificate names.

    Raises
    ------
    DocumentError
        Its key or its names cannot be read.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        names = _alternative_names(certificate)
        issuer = _extension(certificate, ISSUER_V2) or _extension(certificate, ISSUER_V1)
        return Signer(
            identity=names[0] if names else certificate.subject.rfc4514_string(),
            issuer=issuer or certificate.issuer.rfc4514_string(),
            fingerprint=fingerprint(certificate.public_key()),
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        raise DocumentError(f"a certificate that cannot be read: {error}") from None


def chain_problem(
    leaf: x509.Certificate,
    others: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> str:
    """Tell why a certificate does not lead to one of the roots; "" when it does.

    Parameters
    ----------
    leaf
        May be one of the roots itself.
    others
        What stands between, in any order.
    roots
        Trusted; their own signatures do not matter.
    at
        When all of them must be valid.
    """
    current, left = leaf, [*others]
    for _ in range(MAX_CHAIN):
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            return f"{_name(current)} was not valid at {at:%Y-%m-%d %H:%M:%S}"
        if current in roots:
            return ""
        issuer = next((one for one in (*roots, *left) if issued(one, current)), None)
        if issuer is None:
            return f"{_name(current)} does not lead to a trusted root"
        problem = _authority_problem(issuer)
        if problem and issuer not in roots:
            return problem
        left = [one for one in left if one != issuer]
        current = issuer
    return f"the chain is longer than {MAX_CHAIN}"


def may_sign_code(leaf: x509.Certificate) -> bool:
    """Whether a certificate's extended key usage allows to sign code; without the extension it may."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CODE_SIGNING in usages


def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether a certificate was made by another one, by name and by signature."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if issuer.subject != certificate.issuer or issuer == certificate:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _authority_problem(certificate: x509.Certificate) -> str:
    from cryptography import x509

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return f"{_name(certificate)} is no certificate authority"
    return "" if constraints.ca else f"{_name(certificate)} is no certificate authority"


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = names.get_values_for_type(x509.RFC822Name)
    return [
        *addresses,
        *names.get_values_for_type(x509.UniformResourceIdentifier),
        *names.get_values_for_type(x509.DNSName),
    ]


def _extension(certificate: x509.Certificate, oid: str) -> str:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value
    except x509.ExtensionNotFound:
        return ""
    raw = found.value if isinstance(found, x509.UnrecognizedExtension) else b""
    # Version 2 of the extension wraps the text as a DER string: a tag, a length, the text.
    if oid == ISSUER_V2 and len(raw) > 2 and raw[0] == 0x0C and raw[1] == len(raw) - 2:
        raw = raw[2:]
    return raw.decode("utf-8", "replace")


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or f"certificate {certificate.serial_number:x}"
