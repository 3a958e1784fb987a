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
from regexplore.evidence import notation_envelope
from regexplore.evidence.notation_envelope import PAYLOAD_TYPE, parse_cose, parse_notation
from regexplore.evidence.notation_policy import EVERYTHING, load_store
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


def jws(
    signer, *, subject=SUBJECT, crit=(SCHEME,), content_type=PAYLOAD_TYPE, spoil=False, beside=None, **headers
):
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
            "header": {"x5c": [b64(signer.der)], **(beside or {})},
            "signature": b64(bytes(len(signature)) if spoil else signature),
        }
    ).encode()


def cose(
    signer, *, subject=SUBJECT, crit=(SCHEME,), content_type=PAYLOAD_TYPE, spoil=False, beside=None, **headers
):
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
    parts = [
        protected,
        {33: [signer.der], **(beside or {})},
        body,
        bytes(len(signature)) if spoil else signature,
    ]
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


@pytest.mark.parametrize("form", FORMS)
def test_a_timestamp_is_told_as_not_checked_and_decides_nothing(form, signer, trust):
    stamped = form(signer, beside={"io.cncf.notary.timestampSignature": b64(b"a stamp")})
    verdict = verify_notation(stamped, SUBJECT, trust)
    step = verdict.check("timestamp")
    assert step is not None
    assert (verdict.status, step.status) == ("verified", "not checked")
    assert verdict.reason.endswith("not checked: revocation, timestamp")
    assert verdict.signed_at is None
    assert verify_notation(form(signer), SUBJECT, trust).check("timestamp") is None


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("expiry", ["tomorrow", 7, [NOON.isoformat()]], ids=str)
def test_an_expiry_that_is_no_time_fails(form, expiry, signer, trust):
    verdict = verify_notation(form(signer, **{EXPIRY: expiry, "crit": (SCHEME, EXPIRY)}), SUBJECT, trust)
    step = verdict.check("expiry")
    assert step is not None
    assert (verdict.status, step.status, "no time" in step.reason) == ("failed", "failed", True)


@pytest.mark.parametrize(("days", "status"), [(-1, "failed"), (1, "verified")])
def test_an_expiry_may_be_a_number_in_cbor(days, status, signer, trust):
    moment = cbor2.CBORTag(1, int((NOON + timedelta(days=days)).timestamp()))
    envelope = cose(signer, **{EXPIRY: moment, "crit": (SCHEME, EXPIRY)})
    assert verify_notation(envelope, SUBJECT, trust).status == status


@pytest.mark.parametrize("seconds", [1e300, float("nan"), "now"])
def test_a_number_that_is_no_time_is_no_envelope(seconds):
    with pytest.raises(DocumentError, match="no CBOR"):
        parse_cose(cose(Signer(), **{EXPIRY: cbor2.CBORTag(1, seconds)}))


AUTHENTIC = "io.cncf.notary.authenticSigningTime"
LATE = NOON + timedelta(days=90)


def authority(form, signer, **changes):
    headers = {SCHEME: "notary.x509.signingAuthority", AUTHENTIC: NOON.isoformat(), **changes}
    return form(signer, crit=(SCHEME, AUTHENTIC), **headers)


@pytest.mark.parametrize("form", FORMS)
def test_the_time_of_a_signing_authority_counts_where_the_authority_does(form, signer, tmp_path):
    ca = trusting(signer, tmp_path)
    late = Trust(notation_store=tmp_path, identities=ca.identities, now=LATE)
    nobody = verify_notation(authority(form, signer), SUBJECT, late)
    assert (nobody.status, nobody.signed_at) == ("not checked", None), "its store is another one"
    (tmp_path / "x509" / "ca").rename(tmp_path / "x509" / "signingAuthority")
    found = verify_notation(authority(form, signer), SUBJECT, late)
    assert (found.status, found.signed_at) == ("verified", NOON), found
    assert verify_notation(authority(form, signer, spoil=True), SUBJECT, late).signed_at is None
    early = authority(form, signer, **{AUTHENTIC: (NOON - timedelta(days=30)).isoformat()})
    found = verify_notation(early, SUBJECT, late)
    assert (found.status, found.signed_at) == ("failed", None)
    assert "was not valid at 2026-01-30" in found.reason


@pytest.mark.parametrize("form", FORMS)
def test_t39_a_time_that_the_signer_claims_is_vouched_for_by_nobody(form, signer, trust):
    found = verify_notation(authority(form, signer, **{SCHEME: "notary.x509"}), SUBJECT, trust)
    assert (found.status, found.signed_at) == ("verified", None)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65)])
def test_a_signature_of_another_length_fails(signature, tmp_path):
    signer = Signer()
    tree = json.loads(jws(signer))
    changed = json.dumps({**tree, "signature": b64(signature)}).encode()
    verdict = verify_notation(changed, SUBJECT, trusting(signer, tmp_path))
    assert (verdict.status, verdict.reason) == ("failed", "signature: not made with the certificate's key")


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


def policy(level="strict", identities=("*",), scopes=("*",), **verification):
    statement = {
        "name": "one",
        "registryScopes": list(scopes),
        "signatureVerification": {"level": level, **verification},
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


def test_of_two_statements_the_one_that_names_the_repository_counts(signer, tmp_path):
    both = policy("skip")
    both["trustPolicies"] += policy(scopes=["registry.example/app"])["trustPolicies"]
    trust = trusting(signer, tmp_path, notation_policy=both)
    assert verify_notation(jws(signer), SUBJECT, trust, "registry.example/app").status == "verified"
    assert verify_notation(jws(signer), SUBJECT, trust, "registry.example/other").status == "not checked"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (policy("lax"), "'one': the level is 'lax', not one of strict, permissive, audit, skip"),
        (
            policy(override={"integrity": "skip"}),
            "'one': an override of a step that is none, or of integrity",
        ),
        (policy(override={"patience": "log"}), "'one': an override of a step that is none, or of integrity"),
        (policy(override=["expiry"]), "'one': an override of a step that is none, or of integrity"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(document, told, signer, tmp_path):
    trust = trusting(signer, tmp_path, notation_policy=document)
    with pytest.raises(PolicyError, match=told):
        verify_notation(jws(signer), SUBJECT, trust)


EXPIRED = {EXPIRY: "2026-02-01T00:00:00Z", "crit": (SCHEME, EXPIRY)}
LOGGED = "the policy 'one' only logs that"


@pytest.mark.parametrize(
    ("level", "override", "status"),
    [
        ("strict", {}, "failed"),
        ("strict", {"expiry": "log"}, "not checked"),
        ("permissive", {}, "not checked"),
        ("permissive", {"expiry": "enforce"}, "failed"),
        ("audit", {}, "not checked"),
    ],
)
def test_what_a_policy_only_logs_is_never_verified(level, override, status, signer, tmp_path):
    trust = trusting(signer, tmp_path, notation_policy=policy(level, override=override))
    verdict = verify_notation(jws(signer, **EXPIRED), SUBJECT, trust)
    assert (verdict.status, verdict.reason.startswith("expiry: it expired on 2026-02-01")) == (status, True)
    assert verdict.reason.endswith(LOGGED) == (status == "not checked")


def test_no_level_forgives_content_that_was_changed(signer, tmp_path):
    trust = trusting(signer, tmp_path, notation_policy=policy("audit"))
    assert verify_notation(jws(signer, spoil=True), SUBJECT, trust).reason.startswith("signature: ")
    assert verify_notation(jws(signer, subject=OTHER), SUBJECT, trust).reason.startswith("subject: ")


def test_stores_that_the_policy_does_not_name_do_not_count(signer, tmp_path):
    trust = trusting(signer, tmp_path, notation_policy=policy())
    (tmp_path / "x509" / "ca" / "demo").rename(tmp_path / "x509" / "ca" / "other")
    verdict = verify_notation(jws(signer), SUBJECT, trust)
    assert (verdict.status, verdict.reason) == (
        "not checked",
        "certificate: the trust store has no certificates of kind 'ca' for this policy",
    )


def test_a_store_of_files_in_der_and_of_other_things(signer, tmp_path):
    store = tmp_path / "ca" / "demo"
    store.mkdir(parents=True)
    (store / "root.der").write_bytes(signer.der)
    (store / "README.txt").write_text("what is here")
    (tmp_path / "ca" / "elsewhere").symlink_to(store)
    assert load_store(tmp_path, "ca", EVERYTHING) == [signer.certificate], (
        "a link to a folder is not followed"
    )
    assert load_store(tmp_path, "signingAuthority", EVERYTHING) == []


def test_t39_a_store_with_something_that_is_no_certificate_is_refused(signer, tmp_path):
    trust = trusting(signer, tmp_path)
    file = tmp_path / "x509" / "ca" / "demo" / "more.pem"
    whole = "more.pem in the trust store is a link, a folder, or too large"
    for make, told in (
        (lambda: file.symlink_to(tmp_path / "x509" / "ca" / "demo" / "root.pem"), whole),
        (file.mkdir, whole),
        (lambda: file.write_bytes(b" " * (300 << 10)), whole),
        (lambda: file.write_bytes(b"hello"), "more.pem in the trust store: no certificate"),
        (
            lambda: file.write_bytes(b"-----BEGIN CERTIFICATE-----\n"),
            "more.pem in the trust store: no certificates in PEM",
        ),
    ):
        make()
        with pytest.raises(PolicyError, match=told):
            verify_notation(jws(signer), SUBJECT, trust)
        file.rmdir() if file.is_dir() else file.unlink()


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


def test_t26_an_envelope_beyond_the_limit_is_not_read(monkeypatch):
    monkeypatch.setattr(notation_envelope, "MAX_ENVELOPE_BYTES", 1_000)
    with pytest.raises(DocumentError, match="an envelope of more than 1,000 bytes"):
        parse_notation(b"{" + b" " * 1_000)


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
