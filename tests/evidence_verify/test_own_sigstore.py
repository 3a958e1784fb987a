"""Bundles with a certificate, under a trusted root of the reader's: verified when whole, and never when anything is not."""

from __future__ import annotations

import json
from base64 import b64encode
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.fake_sigstore import (
    ISSUER,
    MANIFEST,
    NOON,
    OTHER,
    WHO,
    Key,
    evidence,
    log_annotation,
    pem_of,
    simple_signing,
    statement,
)
from support.own_sigstore import Sigstore

from regexplore.errors import PolicyError
from regexplore.evidence.cosign_verification import CERTIFICATE, SIGNATURE
from regexplore.evidence.log_entry import ANNOTATION
from regexplore.evidence.trust import Identity, Trust
from regexplore.evidence.verdict import Verdict
from regexplore.evidence.verification import verify

OWN = Sigstore()
RELEASER = (Identity(identity=WHO, issuer=ISSUER),)
ATTESTATION = OWN.attestation(statement())
MESSAGE = OWN.message(b'{"schemaVersion": 2}')


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return OWN.write_root(tmp_path_factory.mktemp("trust") / "own.json")


def verdict(bundle: dict[str, Any], root: str, identities: tuple[Identity, ...] = RELEASER) -> Verdict:
    piece = evidence("sigstore bundle", json.dumps(bundle).encode())
    return verify(piece, MANIFEST, Trust(sigstore=root, identities=identities))


@pytest.mark.parametrize("bundle", [ATTESTATION, MESSAGE], ids=["attestation", "message"])
def test_a_bundle_is_verified(bundle: dict[str, Any], root: str) -> None:
    found = verdict(bundle, root)
    assert found.status == "verified", found
    assert (found.signed_at, found.trust_root) == (
        NOON,
        "trusted root own.json, newest entry of 2016-03-03",
    )
    assert found.signer is not None
    assert (found.signer.identity, found.signer.issuer) == (WHO, ISSUER)


@pytest.mark.parametrize("bundle", [ATTESTATION, MESSAGE], ids=["attestation", "message"])
def test_t39_who_counts_is_for_the_reader_to_say(bundle: dict[str, Any], root: str) -> None:
    assert verdict(bundle, root, ()).status == "not checked"
    found = verdict(bundle, root, (Identity(identity=WHO, issuer="https://another.example"),))
    assert (found.status, found.reason.startswith("identity: ")) == ("failed", True)


def test_t39_without_a_root_it_is_not_checked() -> None:
    found = verdict(ATTESTATION, "")
    assert found.status == "not checked"
    assert found.reason == "signed with a certificate of sigstore, and no trusted root was given"


@pytest.mark.parametrize("bundle", [ATTESTATION, MESSAGE], ids=["attestation", "message"])
def test_t39_under_another_root_it_is_not_checked(bundle: dict[str, Any], tmp_path: Path) -> None:
    another = Sigstore("another").write_root(tmp_path / "another.json")
    found = verdict(bundle, another)
    assert found.status == "not checked"
    assert found.reason == (
        "its certificate is of 'CN=own sigstore', "
        "which is not in trusted root another.json, newest entry of 2016-03-03"
    )
    assert found.signer is not None, "who is claimed to have signed is still told"


def test_t24_an_attestation_of_another_image_fails(root: str) -> None:
    found = verdict(OWN.attestation(statement(OTHER.digest)), root)
    assert (found.status, found.reason) == ("failed", "subject: the statement names other subjects")


def test_t24_a_message_of_another_image_fails(root: str) -> None:
    found = verdict(OWN.message(b'{"schemaVersion": 2, "x": 1}'), root)
    assert found.status == "failed"
    step = found.check("subject")
    assert step is not None
    assert step.reason == "the signature is over other content"


def changed(bundle: dict[str, Any], *path: str | int, value: Any) -> dict[str, Any]:
    tree: Any = deepcopy(bundle)
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert tree != bundle
    return tree


ENTRY = ("verificationMaterial", "tlogEntries", 0)
SPOILED = {
    "payload": changed(ATTESTATION, "dsseEnvelope", "payload", value=b64encode(statement() + b" ").decode()),
    "payload type": changed(ATTESTATION, "dsseEnvelope", "payloadType", value="text/plain"),
    "signature": changed(ATTESTATION, "dsseEnvelope", "signatures", 0, "sig", value="AAAA"),
    "time": changed(ATTESTATION, *ENTRY, "integratedTime", value=str(int(NOON.timestamp()) + 1)),
    "promise": changed(ATTESTATION, *ENTRY, "inclusionPromise", "signedEntryTimestamp", value="AAAA"),
    "proof": changed(ATTESTATION, *ENTRY, "inclusionProof", "rootHash", value=b64encode(bytes(32)).decode()),
    "checkpoint": changed(
        ATTESTATION, *ENTRY, "inclusionProof", "checkpoint", value=MESSAGE["verificationMaterial"]
    ),
    "no entry": changed(ATTESTATION, "verificationMaterial", "tlogEntries", value=[]),
    "entry of another bundle": changed(
        ATTESTATION, *ENTRY, value=MESSAGE["verificationMaterial"]["tlogEntries"][0]
    ),
    "certificate of another bundle": changed(
        ATTESTATION,
        "verificationMaterial",
        "certificate",
        value=MESSAGE["verificationMaterial"]["certificate"],
    ),
    "entry about another payload": OWN.attestation(statement(), logged=statement(OTHER.digest)),
    "logged when the certificate had run out": OWN.attestation(statement(), at=NOON + timedelta(hours=1)),
    "logged before the certificate": OWN.attestation(statement(), at=NOON - timedelta(hours=1)),
    "a log nobody knows": Sigstore(authority=OWN.authority, certificates=OWN.certificates).attestation(
        statement()
    ),
    "a log of certificates nobody knows": Sigstore(authority=OWN.authority, log=OWN.log).attestation(
        statement()
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_t24_what_was_touched_fails_and_vouches_for_no_time(name: str, root: str) -> None:
    found = verdict(SPOILED[name], root)
    assert (found.status, found.reason.startswith("signature: "), found.signed_at) == ("failed", True, None)


def test_an_older_signature_is_checked_under_the_same_root(root: str) -> None:
    key, body = Key(), simple_signing()
    pem, signature = pem_of(OWN.leaf(key)), key.sign(body)
    annotations = {
        SIGNATURE: b64encode(signature).decode(),
        CERTIFICATE[0]: pem,
        ANNOTATION: log_annotation(OWN.log, body, signature, pem),
    }
    piece = evidence("cosign signature", body, annotations)
    found = verify(piece, MANIFEST, Trust(sigstore=root, identities=RELEASER))
    assert (found.status, found.signed_at) == ("verified", NOON), found
    assert found.trust_root == "trusted root own.json, newest entry of 2016-03-03"
    both = Trust(sigstore=root, roots=pem_of(OWN.root), identities=RELEASER)
    assert verify(piece, MANIFEST, both).trust_root.startswith("roots given by the reader, trusted root own")


BROKEN = {
    "no JSON": "{",
    "no certificate": '{"certificateAuthorities": [{"certChain": {"certificates": [{"rawBytes": "AAAA"}]}}]}',
    "no key": '{"tlogs": [{"publicKey": {"rawBytes": "AAAA"}}]}',
    "no base64": '{"tlogs": [{"publicKey": {"rawBytes": "!"}}]}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_t39_a_broken_root_is_an_error_of_the_caller_and_no_failure_of_the_bundle(
    name: str, tmp_path: Path
) -> None:
    file = tmp_path / "broken.json"
    file.write_text(BROKEN[name])
    with pytest.raises(PolicyError):
        verdict(ATTESTATION, str(file))
    with pytest.raises(PolicyError):
        verdict(ATTESTATION, str(tmp_path / "missing.json"))


def test_a_root_is_read_anew_when_its_file_was_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "root.json"
    assert verdict(ATTESTATION, Sigstore("another").write_root(file)).status == "not checked"
    assert verdict(ATTESTATION, OWN.write_root(file)).status == "verified"


def test_a_root_that_names_nobody_leaves_it_open(tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text("{}")
    found = verdict(ATTESTATION, str(file))
    assert found.status == "not checked"
    assert found.reason.endswith("trusted root empty.json, newest entry of unknown date")
