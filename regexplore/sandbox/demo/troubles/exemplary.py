"""An image that gets right what the others get wrong, so that every rule has something to pass."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256

from regexplore.oci import Descriptor
from regexplore.sandbox.demo import evidence, statements
from regexplore.sandbox.demo.content import AMD64, ARM64, application_layer
from regexplore.sandbox.demo.images import push_image
from regexplore.sandbox.demo.keys import BUILDER, LOG, RELEASE
from regexplore.sandbox.demo.layers import layer, text
from regexplore.sandbox.demo.packages import BASE
from regexplore.sandbox.demo.shelf import Shelf, encode
from regexplore.sandbox.demo.troubles.parts import RUN, Trouble, build, content

DEBIAN_13 = 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'
SCANNED = "2026-02-25T12:00:00Z"
# 2026-02-01T12:00:00Z
LOGGED_AT = 1_769_947_200
SCAN = "https://cosign.sigstore.dev/attestation/vuln/v1"


def exemplary(shelf: Shelf) -> None:
    """Nothing: index and platforms are signed and logged, it is checked for health, its system is supported."""
    system = layer("COPY rootfs / # buildkit", text("etc/os-release", DEBIAN_13))
    run = {**RUN, "Healthcheck": {"Test": ["CMD", "/app/start.sh", "--check"]}}
    layers = [system, application_layer("v0.1")]
    images = [push_image(shelf, platform, build(layers=layers, run=run)) for platform in (AMD64, ARM64)]
    index = shelf.index(images, tags=["v0.1"])
    for one in (index, *images):
        _sign_and_log(shelf, one)
        _scan(shelf, one)
    _notation(shelf, index)
    sbom = evidence.attach_spdx(shelf, index, BASE, "amd64")
    shelf.raw_manifest(sbom.media_type, content(shelf, sbom.digest), ["sbom"])


def _sign_and_log(shelf: Shelf, subject: Descriptor) -> None:
    payload = statements.simple_signing(f"demo.example/{shelf.repository}", subject.digest)
    signature = RELEASE.sign_base64(payload)
    annotations = {
        evidence.SIGNATURE_ANNOTATION: signature,
        "dev.sigstore.cosign/bundle": _log_entry(payload, signature),
    }
    signed = shelf.blob(statements.SIMPLE_SIGNING, payload, annotations)
    shelf.artifact(statements.COSIGN_SIGNATURE, [signed], subject=subject.plain())


def _log_entry(payload: bytes, signature: str) -> str:
    """Return what Rekor gives back for a signature, signed by the demo's log."""
    key = b64encode(RELEASE.public_pem.encode()).decode("ascii")
    body = {
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": sha256(payload).hexdigest()}},
            "signature": {"content": signature, "publicKey": {"content": key}},
        },
    }
    entry = {
        "body": b64encode(encode(body)).decode("ascii"),
        "integratedTime": LOGGED_AT,
        "logID": LOG.key_id,
        "logIndex": 1,
    }
    promise = LOG.sign_base64(json.dumps(entry, separators=(",", ":"), sort_keys=True).encode())
    return json.dumps({"SignedEntryTimestamp": promise, "Payload": entry}, sort_keys=True)


def _scan(shelf: Shelf, subject: Descriptor) -> None:
    scan = {"scanner": {"uri": "https://demo.example/scanner"}, "metadata": {"scanFinishedOn": SCANNED}}
    statement = statements.statement(shelf.repository, subject.digest, SCAN, scan)
    envelope = shelf.blob(statements.DSSE, encode(statements.dsse(statement, BUILDER)))
    shelf.artifact(statements.DSSE, [envelope], subject=subject.plain())


def _notation(shelf: Shelf, subject: Descriptor) -> None:
    moment = "io.cncf.notary.authenticSigningTime"
    more = {"io.cncf.notary.signingScheme": "notary.x509.signingAuthority", moment: statements.WHEN}
    envelope = statements.notation(subject.plain(), RELEASE, more=more, critical=(moment,))
    blob = shelf.blob("application/jose+json", envelope)
    shelf.artifact(statements.NOTATION, [blob], subject=subject.plain())


EXEMPLARY = (Trouble(exemplary),)
