"""What evidence may not be: each refusal is named, and says where the document stops being one."""

import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from support.fuzz_targets import SPDX, STATEMENT, TAG_VALUE

from regexplore.errors import DocumentError
from regexplore.evidence.certificates import load_certificates
from regexplore.evidence.dsse import MAX_SIGNATURES, read_envelope
from regexplore.evidence.in_toto import parse_statement, read_statement
from regexplore.evidence.log_entry import entry_problem, parse_log_entry
from regexplore.evidence.notation_policy import names_subject
from regexplore.evidence.public_keys import load_public_key, signs
from regexplore.evidence.reading import base64_bytes
from regexplore.evidence.sboms.parse import parse_sbom
from regexplore.evidence.sigstore_roots import root_bytes

SIGNED = {"sig": "aaaa"}


def envelope(**changes):
    return {"payload": "e30=", "payloadType": "a/b", "signatures": [SIGNED], **changes}


@pytest.mark.parametrize(
    ("tree", "where"),
    [
        ({}, "$"),
        (envelope(payloadType=3), "$.payloadType"),
        (envelope(signatures=[]), "$.signatures"),
        (envelope(signatures=[SIGNED] * (MAX_SIGNATURES + 1)), "$.signatures"),
        (envelope(signatures=[{"sig": "é"}]), "$.signatures[0].sig"),
        (envelope(payload="a"), "$.payload"),
    ],
)
def test_envelopes(tree, where):
    with pytest.raises(DocumentError) as caught:
        read_envelope(tree)
    assert caught.value.where == where


@pytest.mark.parametrize("subjects", [[], "none", [3]])
def test_a_statement_about_nothing(subjects):
    with pytest.raises(DocumentError, match="subjects"):
        read_statement({**STATEMENT, "subject": subjects})


def test_no_statement():
    with pytest.raises(DocumentError, match="no in-toto statement"):
        read_statement({})
    with pytest.raises(DocumentError, match="neither a statement"):
        parse_statement(b"{}")


def test_a_subject_whose_digests_are_none():
    found = read_statement({**STATEMENT, "subject": [{"name": "a", "digest": "sha256"}]})
    assert dict(found.subjects[0].digests) == {}


def log_entry(body=None, **changes):
    content = b64encode(json.dumps(body or {"kind": "other"}).encode()).decode()
    payload = {"body": content, "integratedTime": 1767322800, "logIndex": 7, "logID": "ab", **changes}
    return json.dumps({"SignedEntryTimestamp": "aaaa", "Payload": payload})


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"integratedTime": "now"}, "$.Payload"),
        ({"logIndex": True}, "$.Payload"),
        ({"integratedTime": 10**30}, "$.Payload.integratedTime"),
    ],
)
def test_log_entries(changes, where):
    with pytest.raises(DocumentError) as caught:
        parse_log_entry(log_entry(**changes))
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"kind": "helm"}, "of a kind that is not read: 'helm'"),
        ({"kind": "dsse", "spec": {"signatures": []}}, ""),
        ({"kind": "dsse", "spec": {"signatures": [{"signature": "b", "verifier": "v"}]}}, ""),
        ({"kind": "intoto", "spec": {"content": {"payloadHash": {"value": "ab"}}}}, ""),
    ],
)
def test_entries_of_a_log_about_something_else(body, told):
    entry = parse_log_entry(log_entry(body))
    assert entry.logged_at == datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
    problem = entry_problem(entry, b"content", b"signature", [b"key"])
    assert problem
    assert told in problem


@pytest.mark.parametrize("value", [None, 3, "é", "a", "a!aa"])
def test_base64(value):
    with pytest.raises(DocumentError, match="no base64"):
        base64_bytes(value, "$.here")


def test_keys_and_certificates():
    with pytest.raises(DocumentError, match="no public key"):
        load_public_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    with pytest.raises(DocumentError, match="more than 10"):
        load_certificates("-----BEGIN CERTIFICATE-----\n" * 11)
    with pytest.raises(DocumentError, match="no certificates"):
        load_certificates("nothing")


def test_a_key_that_signs_nothing_signs_nothing():
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    elliptic, edwards = generate_private_key(SECP256R1()), Ed25519PrivateKey.generate()
    assert signs(edwards.public_key(), edwards.sign(b"a"), b"a")
    for key in (elliptic, edwards, X25519PrivateKey.generate()):
        assert not signs(key.public_key(), b"no signature", b"a")


def test_an_identity_that_is_not_the_certificates():
    from regexplore.sandbox.demo.keys import RELEASE

    parts = [f"{one.rfc4514_attribute_name}={one.value}" for one in RELEASE.certificate.subject]
    assert names_subject(f"x509.subject: {', '.join(parts)}", RELEASE.certificate)
    assert not names_subject(f"x509.subject: {', '.join(parts)}, O=somebody else", RELEASE.certificate)


def test_a_trusted_root_that_is_too_large(tmp_path):
    file = tmp_path / "root.json"
    with file.open("wb") as opened:
        opened.truncate(1 << 30)
    with pytest.raises(DocumentError, match=r"root\.json is larger"):
        root_bytes(str(file))


def test_spdx_says_which_image_and_which_product():
    digest = "ab" * 32
    image = {
        "SPDXID": "SPDXRef-image",
        "name": "app",
        "versionInfo": f"sha256:{digest}",
        "primaryPackagePurpose": "CONTAINER",
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}, {"algorithm": "MD5"}],
        "externalRefs": [{"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x"}],
    }
    tree = {**SPDX, "documentDescribes": ["SPDXRef-image"], "packages": [*SPDX["packages"], image]}
    found = parse_sbom(json.dumps(tree).encode())
    assert set(found.subjects) == {f"sha256:{digest}"}
    assert "bash" in [one.name for one in found.components]


def test_spdx_tag_value_of_many_forms():
    more = (
        b"PackageSupplier: Organization: d\nPackageLicenseConcluded: NOASSERTION\nPackageLicenseDeclared: MIT\n"
        b"ExternalRef: SECURITY cpe23Type cpe:2.3:a:x\nExternalRef: short\n"
        b"ExternalRef: PERSISTENT-ID swh swh:1\n"
        b"Relationship SPDXRef-a CONTAINS SPDXRef-b\nno tag\nPackageComment: <text>one line</text>\n"
    )
    found = parse_sbom(TAG_VALUE + more)
    only = found.components[0]
    assert (only.supplier, only.licence, only.cpe, found.relationships) == ("d", "MIT", "cpe:2.3:a:x", 1)
