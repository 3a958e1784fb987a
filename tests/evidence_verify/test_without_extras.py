"""Where a library of the extra ``verify`` is missing, that is said, and nothing is called verified or failed."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from support.fake_sigstore import (
    ISSUER,
    MANIFEST,
    WHO,
    Authority,
    Key,
    evidence,
    pem_of,
    simple_signing,
    statement,
)
from support.own_sigstore import Sigstore

from regexplore.errors import MissingExtraError
from regexplore.evidence import sigstore_roots
from regexplore.evidence.claimed_signer import claimed_signer
from regexplore.evidence.cosign_verification import CERTIFICATE, SIGNATURE
from regexplore.evidence.notation_envelope import parse_notation
from regexplore.evidence.sigstore_roots import root_bytes
from regexplore.evidence.trust import Identity, Trust
from regexplore.evidence.verification import verify

EXTRA = r"regexplore\[verify\]"
KEY = Key()
LEAF = pem_of(Authority().leaf(KEY))
BY_KEY = evidence(
    "cosign signature", simple_signing(), {SIGNATURE: b64encode(KEY.sign(simple_signing())).decode()}
)
COSE = evidence("notation COSE", b"\xd2\x84")


@pytest.fixture
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The roots that are shipped are read once a process; here they must be looked for again."""
    monkeypatch.setattr(sigstore_roots, "_shipped", sigstore_roots._shipped.__wrapped__)


@pytest.mark.parametrize("form", ["cosign signature", "DSSE envelope", "sigstore bundle", "notation JWS"])
def test_without_cryptography_nothing_is_checked(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    piece = evidence(form, simple_signing(), {CERTIFICATE[0]: LEAF})
    found = verify(piece, MANIFEST, Trust(keys={"release": KEY.pem}))
    assert (found.status, "regexplore[verify]" in found.reason) == ("not checked", True)
    assert claimed_signer(piece) is None


def test_without_sigstore_a_bundle_is_not_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Sigstore()
    trust = Trust(
        sigstore=own.write_root(tmp_path / "own.json"),
        identities=(Identity(identity=WHO, issuer=ISSUER),),
    )
    piece = evidence("sigstore bundle", json.dumps(own.attestation(statement())).encode())
    assert verify(piece, MANIFEST, trust).status == "verified"
    monkeypatch.setitem(sys.modules, "sigstore.hashes", None)
    found = verify(piece, MANIFEST, trust)
    assert (found.status, "regexplore[verify]" in found.reason) == ("not checked", True)
    signer = claimed_signer(piece)
    assert signer is not None, "the claim is read without it"
    assert signer.identity == WHO


@pytest.mark.usefixtures("nothing_remembered")
@pytest.mark.parametrize("root", ["production", "staging"])
def test_without_sigstore_its_roots_are_missing_and_keys_still_do(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sigstore._store", None)
    with pytest.raises(MissingExtraError, match=EXTRA):
        root_bytes(root)
    trust = Trust(keys={"release": KEY.pem}, sigstore=root)
    assert verify(BY_KEY, MANIFEST, trust).status == "verified"
    bundle = evidence("sigstore bundle", json.dumps(Sigstore().attestation(statement())).encode())
    found = verify(bundle, MANIFEST, trust)
    assert (found.status, "regexplore[verify]" in found.reason) == ("not checked", True)


def test_without_cbor2_cose_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cbor2", None)
    with pytest.raises(MissingExtraError, match=EXTRA):
        parse_notation(b"\xd2\x84")
    found = verify(COSE, MANIFEST, Trust())
    assert (found.status, "regexplore[verify]" in found.reason) == ("not checked", True)
    assert claimed_signer(COSE) is None
