"""From a signer's certificate to a trusted root: every link by name and signature, every authority one, all in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from regexplore.errors import DocumentError
from regexplore.evidence.certificates import (
    MAX_CHAIN,
    chain_problem,
    issued,
    load_certificates,
    load_der,
    may_sign_code,
    signer_of,
)
from regexplore.evidence.public_keys import load_public_key, signs

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, ANOTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)


def made(
    name: str,
    issuer: str,
    *extensions: x509.ExtensionType,
    key: ec.EllipticCurvePrivateKey = KEY,
    at: datetime = NOON,
    days: int = 100,
) -> x509.Certificate:
    """A certificate; all have the same key, as nothing rests on that here."""
    named, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer))
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(by)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=days))
        .not_valid_after(at + timedelta(days=days))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return load_der(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


ROOT = made("root", "root", AUTHORITY)
MIDDLE = made("middle", "root", AUTHORITY)
LEAF = made("leaf", "middle")


def problem(
    leaf: x509.Certificate, *others: x509.Certificate, root: x509.Certificate = ROOT, at: datetime = NOON
) -> str:
    return chain_problem(leaf, others, [root], at)


def test_a_chain_leads_to_the_root_in_any_order() -> None:
    lower = made("lower", "middle", AUTHORITY)
    leaf = made("leaf", "lower")
    assert problem(leaf, lower, MIDDLE) == problem(leaf, MIDDLE, lower, ROOT) == ""


def test_a_certificate_that_is_itself_trusted_needs_no_other() -> None:
    assert problem(LEAF, root=LEAF) == ""


def test_what_was_made_by_a_trusted_certificate_needs_no_word_of_it() -> None:
    assert problem(made("leaf", "plain"), root=made("plain", "plain")) == "", "the reader trusts it as a root"


@pytest.mark.parametrize(
    ("leaf", "others", "told"),
    [
        (LEAF, [], "CN=leaf does not lead to a trusted root"),
        (made("leaf", "root", key=ANOTHER), [], "CN=leaf does not lead to a trusted root"),
        (LEAF, [made("middle", "root")], "CN=middle is no certificate authority"),
        (
            LEAF,
            [made("middle", "root", x509.BasicConstraints(ca=False, path_length=None))],
            "CN=middle is no certificate authority",
        ),
        (
            LEAF,
            [made("middle", "root", AUTHORITY, at=NOON - timedelta(days=500))],
            "CN=middle was not valid at 2026-03-01 12:00:00",
        ),
        (
            made("a", "b"),
            [made("b", "c", AUTHORITY), made("c", "b", AUTHORITY)],
            "CN=c does not lead to a trusted root",
        ),
        (made("self", "self", AUTHORITY), [], "CN=self does not lead to a trusted root"),
    ],
)
def test_t39_a_chain_with_a_bad_link_says_which(
    leaf: x509.Certificate, others: list[x509.Certificate], told: str
) -> None:
    assert problem(leaf, *others) == told


def test_the_root_too_must_be_valid_then() -> None:
    assert problem(LEAF, MIDDLE, at=NOON + timedelta(days=101)).startswith("CN=leaf was not valid at")
    young = made("root", "root", AUTHORITY, days=1)
    late = NOON + timedelta(days=2)
    assert problem(LEAF, MIDDLE, root=young, at=late) == "CN=root was not valid at 2026-03-03 12:00:00"


def test_t34_a_chain_has_so_many_links_and_no_more() -> None:
    names = ["root", *(f"n{n}" for n in range(MAX_CHAIN)), "leaf"]
    links = [made(name, issuer, AUTHORITY) for issuer, name in pairwise(names)]
    assert problem(links[-1], *links[:-1]) == f"the chain is longer than {MAX_CHAIN}"
    assert problem(links[MAX_CHAIN - 2], *links[: MAX_CHAIN - 2]) == ""


@pytest.mark.parametrize(
    ("usages", "may"),
    [
        (None, True),
        ([ExtendedKeyUsageOID.CODE_SIGNING], True),
        ([ExtendedKeyUsageOID.SERVER_AUTH], False),
        ([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CODE_SIGNING], True),
    ],
)
def test_what_a_certificate_is_for(usages: list[x509.ObjectIdentifier] | None, may: bool) -> None:
    said = [] if usages is None else [x509.ExtendedKeyUsage(usages)]
    assert may_sign_code(made("leaf", "root", *said)) is may


def test_t34_a_certificate_whose_extensions_cannot_be_read_is_refused_when_it_is_read() -> None:
    """So nothing that is asked of its extensions later can be unreadable."""
    spoiled = x509.UnrecognizedExtension(x509.ExtendedKeyUsage.oid, b"\x30\x03\x06\x05\x2a")
    with pytest.raises(DocumentError, match="no certificate"):
        made("leaf", "root", spoiled)
    with pytest.raises(DocumentError, match="no certificate"):
        made("leaf", "root", x509.UnrecognizedExtension(x509.BasicConstraints.oid, b"\x02\x01\x01"))
    whole = LEAF.public_bytes(Encoding.PEM)
    assert load_certificates(whole) == [LEAF]


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b"\x2a\x86\x48\xce\x3d\x02\x01", b"\x2a\x86\x48\xce\x3d\x02\x7f"),
        (b"\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x2a\x86\x48\xce\x3d\x03\x01\x7f"),
        (KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[:9], b"\4" + bytes(8)),
    ],
    ids=["algorithm", "curve", "point"],
)
def test_t34_a_certificate_whose_key_cannot_be_read_names_nobody(there: bytes, instead: bytes) -> None:
    raw = LEAF.public_bytes(Encoding.DER)
    assert raw.count(there) == 1
    spoiled = load_der(raw.replace(there, instead))
    with pytest.raises(DocumentError, match="a certificate that cannot be read"):
        signer_of(spoiled)
    assert not issued(MIDDLE, spoiled), "nor was it made by whom it says"


# ---- keys ----


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_key_of_rsa_signs_with_either_padding() -> None:
    own, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    key, digest = load_public_key(pem(own)), hashes.SHA256()
    for scheme in (padding.PKCS1v15(), padding.PSS(padding.MGF1(digest), padding.PSS.MAX_LENGTH)):
        assert signs(key, own.sign(b"content", scheme, digest), b"content")
        assert not signs(key, own.sign(b"content", scheme, digest), b"other content")
        assert not signs(key, other.sign(b"content", scheme, digest), b"content")
    assert not signs(key, own.sign(b"content", padding.PKCS1v15(), hashes.SHA512()), b"content")


def test_t39_a_weak_key_of_rsa_is_refused() -> None:
    weak = pem(rsa.generate_private_key(65537, 1024))
    with pytest.raises(DocumentError, match="an RSA key of 1024 bits is too weak"):
        load_public_key(weak)
