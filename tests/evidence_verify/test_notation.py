"""Notation's envelopes, made here in both forms: the same checks, the same verdicts."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from regexplore.errors import DocumentError, PolicyError
from regexplore.evidence.notation_envelope import PAYLOAD_TYPE, parse_cose, parse_notation
from regexplore.evidence.notation_verification import verify_notation
from regexplore.evidence.trust import Identity, Trust
from regexplore.oci import Descriptor, media_types

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECT = Descriptor.from_bytes(media_types.OCI_MANIFEST, b'{"schemaVersion": 2}')
OTHER = Descriptor.from_bytes(media_types.OCI_MANIFEST, b'{"schemaVersion": 2, "x": 1}')
SCHEME, TIME, EXPIRY = (f"io.cncf.notary.{name}" for name in ("signingScheme", "signingTime", "expiry"))
NAMES = [
    x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
    x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "BE"),
    x509.NameAttribute(NameOID.ORGANIZATION_NAME, "demo"),
    x509.NameAttribute(NameOID.COMMON_NAME, "signer"),
]


class Signer:
    """A key with a certificate of its own making."""

    def __init__(self, kind="ec"):
        self.kind = kind
        self.key = (
            ec.generate_private_key(ec.SECP256R1())
            if kind == "ec"
            else rsa.generate_private_key(65537, 2048 if kind == "rsa" else 1024)
        )
        self.algorithm = "ES256" if kind == "ec" else "PS256"
        name = x509.Name(NAMES)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(7)
            .not_valid_before(NOON - timedelta(days=10))
            .not_valid_after(NOON + timedelta(days=10))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def der(self):
        return self.certificate.public_bytes(Encoding.DER)

    def sign(self, content):
        if self.kind == "ec":
            r, s = decode_dss_signature(self.key.sign(content, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return self.key.sign(content, scheme, hashes.SHA256())


def payload(subject=SUBJECT):
    target = {"mediaType": subject.media_type, "digest": subject.digest, "size": subject.size}
    return json.dumps({"targetArtifact": target}).encode()


def b64(raw):
    return urlsafe_b64encode(raw).decode().rstrip("=")


def jws(signer, *, subject=SUBJECT, crit=(SCHEME,), content_type=PAYLOAD_TYPE, spoil=False, **headers):
    protected = {
        "alg": signer.algorithm,
        "cty": content_type,
        "crit": list(crit),
        SCHEME: "notary.x509",
        TIME: NOON.isoformat(),
        **headers,
    }
    first, second = b64(json.dumps(protected).encode()), b64(payload(subject))
    signature = signer.sign(f"{first}.{second}".encode())
    return json.dumps(
        {
            "payload": second,
            "protected": first,
            "header": {"x5c": [b64(signer.der)]},
            "signature": b64(bytes(len(signature)) if spoil else signature),
        }
    ).encode()


def cose(signer, *, subject=SUBJECT, crit=(SCHEME,), content_type=PAYLOAD_TYPE, spoil=False, **headers):
    protected = cbor2.dumps(
        {
            1: -7 if signer.kind == "ec" else -37,
            2: list(crit),
            3: content_type,
            SCHEME: "notary.x509",
            TIME: cbor2.CBORTag(1, int(NOON.timestamp())),
            **headers,
        }
    )
    body = payload(subject)
    signature = signer.sign(cbor2.dumps(["Signature1", protected, b"", body]))
    parts = [protected, {33: [signer.der]}, body, bytes(len(signature)) if spoil else signature]
    return cbor2.dumps(cbor2.CBORTag(18, parts))


FORMS = [jws, cose]


@pytest.fixture(params=["ec", "rsa"])
def signer(request):
    return Signer(request.param)


@pytest.fixture
def trust(signer, tmp_path):
    return trusting(signer, tmp_path)


def trusting(signer, folder, **more):
    store = folder / "x509" / "ca" / "demo"
    store.mkdir(parents=True, exist_ok=True)
    (store / "root.pem").write_bytes(signer.certificate.public_bytes(Encoding.PEM))
    return Trust(notation_store=folder, identities=(Identity(identity="*"),), now=NOON, **more)


def reason(verdict):
    return next((check.name for check in verdict.checks if check.status != "verified"), "")


@pytest.mark.parametrize("form", FORMS)
def test_a_sound_envelope_is_verified(form, signer, trust):
    verdict = verify_notation(form(signer), SUBJECT, trust)
    assert verdict.status == "verified", verdict
    assert verdict.signer.identity or verdict.signer.fingerprint


@pytest.mark.parametrize("form", FORMS)
def test_both_forms_are_read_alike(form, signer):
    found = parse_notation(form(signer))
    assert (found.algorithm, found.content_type, found.critical) == (
        signer.algorithm,
        PAYLOAD_TYPE,
        (SCHEME,),
    )
    assert found.time(TIME) == NOON
    assert found.certificates == (signer.der,)
    assert found.target()["digest"] == SUBJECT.digest


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"spoil": True}, "signature"),
        ({"subject": OTHER}, "subject"),
        ({"crit": (SCHEME, "strange")}, "headers"),
        ({"content_type": "text/plain"}, "headers"),
        ({SCHEME: "strange"}, "headers"),
        ({EXPIRY: "2026-02-01T00:00:00Z"}, "headers"),
        ({EXPIRY: "2026-02-01T00:00:00Z", "crit": (SCHEME, EXPIRY)}, "expiry"),
    ],
    ids=str,
)
def test_t24_what_does_not_hold_fails_and_says_what(form, changes, wanted, signer, trust):
    verdict = verify_notation(form(signer, **changes), SUBJECT, trust)
    assert verdict.status == "failed"
    assert wanted in {check.name for check in verdict.checks if check.status == "failed"}


@pytest.mark.parametrize("form", FORMS)
def test_a_plugin_is_not_run(form, signer, trust):
    plugin = {
        "io.cncf.notary.verificationPlugin": "evil",
        "crit": (SCHEME, "io.cncf.notary.verificationPlugin"),
    }
    verdict = verify_notation(form(signer, **plugin), SUBJECT, trust)
    assert verdict.status == "not checked"
    assert "plugin" in verdict.reason


def test_without_a_store_nothing_is_verified(signer):
    verdict = verify_notation(jws(signer), SUBJECT, Trust(identities=(Identity(identity="*"),), now=NOON))
    assert (verdict.status, "trust store" in verdict.reason) == ("not checked", True)


def test_another_root_is_not_trusted(signer, tmp_path):
    verdict = verify_notation(jws(signer), SUBJECT, trusting(Signer(), tmp_path))
    assert verdict.status != "verified"


def test_a_certificate_that_ran_out_is_not_judged_by_a_time_nobody_checked(signer, tmp_path):
    trust = trusting(signer, tmp_path)
    late = Trust(
        notation_store=trust.notation_store, identities=trust.identities, now=NOON + timedelta(days=90)
    )
    verdict = verify_notation(jws(signer), SUBJECT, late)
    assert (verdict.status, reason(verdict)) == ("not checked", "certificate")


def policy(level="strict", identities=("*",), scopes=("*",)):
    statement = {
        "name": "one",
        "registryScopes": list(scopes),
        "signatureVerification": {"level": level},
        "trustStores": ["ca:demo"],
        "trustedIdentities": list(identities),
    }
    return {"version": "1.0", "trustPolicies": [statement]}


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (policy(), "verified"),
        (policy("skip"), "not checked"),
        (policy(identities=["x509.subject: C=DE, ST=BE, O=demo"]), "verified"),
        (policy(identities=["x509.subject: C=DE, ST=BE, O=other"]), "failed"),
        (policy(scopes=["registry.example/app"]), "verified"),
    ],
)
def test_the_trust_policy_is_followed(document, status, signer, tmp_path):
    trust = trusting(signer, tmp_path, notation_policy=document)
    verdict = verify_notation(jws(signer), SUBJECT, trust, "registry.example/app")
    assert verdict.status == status, verdict


@pytest.mark.parametrize("document", [{}, {"trustPolicies": []}, policy(scopes=["registry.example/other"])])
def test_a_policy_that_says_nothing_of_the_repository_is_refused(document, signer, tmp_path):
    trust = trusting(signer, tmp_path, notation_policy=document)
    with pytest.raises(PolicyError):
        verify_notation(jws(signer), SUBJECT, trust, "registry.example/app")


def test_keys_that_are_too_weak_or_do_not_fit_fail(tmp_path):
    weak = Signer("weak")
    verdict = verify_notation(jws(weak), SUBJECT, trusting(weak, tmp_path))
    assert verdict.status == "failed"
    assert "1024" in verdict.reason
    liar = Signer("ec")
    liar.algorithm = "PS256"
    assert verify_notation(jws(liar), SUBJECT, trusting(liar, tmp_path)).status == "failed"
    for algorithm in ("none", "HS256", "ES384"):
        liar.algorithm = algorithm
        assert verify_notation(jws(liar), SUBJECT, trusting(liar, tmp_path)).status == "failed"


PARTS = [b"\xa0", {}, b"{}", b""]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        cbor2.dumps(PARTS),
        cbor2.dumps(cbor2.CBORTag(18, PARTS[:3])),
        cbor2.dumps(cbor2.CBORTag(18, [1, {}, b"", b""])),
        cbor2.dumps(cbor2.CBORTag(18, [b"\x01", {}, b"", b""])),
        cbor2.dumps(cbor2.CBORTag(18, PARTS)),
        cbor2.dumps(cbor2.CBORTag(18, [b"\xa0", {33: [1]}, b"{}", b""])),
        cbor2.dumps(cbor2.CBORTag(18, PARTS)) + b"\0",
        b"\xd2\x84\xa2\x01\x01\x01\x02\xa0\x40\x40",
        b"\xd8\x1c\x81\xd8\x1d\x00",
        b"\xc5\x82\x1a\x3b\x9a\xca\x00\x01",
        b"\x81" * 50 + b"\0",
    ],
)
def test_t34_cbor_that_is_no_signature_is_refused(raw):
    with pytest.raises(DocumentError):
        parse_cose(raw)


@pytest.mark.parametrize(
    "change",
    [
        {"payload": 1},
        {"protected": "!"},
        {"protected": b64(b"[]")},
        {"protected": b64(b'{"crit": 1}')},
        {"header": {}},
        {"header": {"x5c": ["AA"] * 50}},
        {"signature": None},
    ],
    ids=str,
)
def test_jws_that_is_none_is_refused(change):
    tree = json.loads(jws(Signer()))
    with pytest.raises(DocumentError):
        parse_notation(json.dumps({**tree, **change}).encode())
