"""Evidence that proves nothing, or something else."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from regexplore.oci import Descriptor, Digest, media_types, referrers_tag
from regexplore.sandbox.demo import statements
from regexplore.sandbox.demo.content import AMD64, ARM64, base_layer
from regexplore.sandbox.demo.evidence import SIGNATURE_ANNOTATION, attach_signature, attach_spdx
from regexplore.sandbox.demo.images import push_image
from regexplore.sandbox.demo.keys import BUILDER, RELEASE, STRANGER
from regexplore.sandbox.demo.packages import BASE
from regexplore.sandbox.demo.shelf import Shelf, encode
from regexplore.sandbox.demo.troubles.parts import NOBODY, Trouble, build, content


def dangling_referrer(shelf: Shelf) -> None:
    """An SBOM whose subject is not there."""
    subject = Descriptor(media_types.OCI_MANIFEST, NOBODY, 500)
    sbom = attach_spdx(shelf, subject, BASE, "amd64")
    shelf.store.put_manifest(
        shelf.repository, media_types.OCI_MANIFEST, content(shelf, sbom.digest), tags=["sbom"]
    )


def orphan_referrers_tag(shelf: Shelf) -> None:
    """A referrers index of the tag schema for a subject that is not there."""
    push_image(shelf, AMD64, build(), ["v0.1"])
    shelf.index([], tags=[referrers_tag(NOBODY)])


def signed_by_a_stranger(shelf: Shelf) -> None:
    """A true signature, under a key that is not the publisher's."""
    attach_signature(shelf, push_image(shelf, AMD64, build(), ["v0.1"]), STRANGER)


def signature_of_another_image(shelf: Shelf) -> None:
    """A signature of one image hung onto another."""
    signed = push_image(shelf, AMD64, build(), ["v0.1"])
    other = push_image(shelf, ARM64, build(layers=[base_layer(ARM64)]), ["v0.2"])
    signature = json.loads(content(shelf, attach_signature(shelf, signed, RELEASE).digest))
    signature["subject"] = other.plain().to_json()
    shelf.raw_manifest(media_types.OCI_MANIFEST, encode(signature))


def unsigned(shelf: Shelf) -> None:
    """An image without signature, provenance or SBOM."""
    push_image(shelf, AMD64, build(), ["v0.1"])


def damaged_signature(shelf: Shelf) -> None:
    """A signature with a flipped bit: nobody's."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    payload = statements.simple_signing(f"demo.example/{shelf.repository}", image.digest)
    signed = bytearray(RELEASE.sign(payload))
    signed[-1] ^= 1
    annotations = {SIGNATURE_ANNOTATION: b64encode(bytes(signed)).decode()}
    layer = shelf.blob(statements.SIMPLE_SIGNING, payload, annotations)
    shelf.artifact(statements.COSIGN_SIGNATURE, [layer], subject=image)


def another_signer(shelf: Shelf) -> None:
    """A release signed by somebody else than the release before."""
    attach_signature(shelf, push_image(shelf, AMD64, build(), ["v0.1"]), RELEASE)
    later = build(created="2026-02-15T08:00:00Z")
    attach_signature(shelf, push_image(shelf, AMD64, later, ["v0.2"]), BUILDER)


def platforms_signed_in_part(shelf: Shelf) -> None:
    """An index of two platforms, of which one is signed."""
    images = [push_image(shelf, AMD64, build()), push_image(shelf, ARM64, build(layers=[base_layer(ARM64)]))]
    attach_signature(shelf, images[0], RELEASE)
    shelf.index(images, tags=["v0.1"])


def expired_notation(shelf: Shelf) -> None:
    """A notation signature whose time has run out."""
    _notation(shelf, {"io.cncf.notary.expiry": "2026-01-02T00:00:00Z"}, ("io.cncf.notary.expiry",))


def signed_before_its_time(shelf: Shelf) -> None:
    """A notation signature from a time at which its certificate was not valid yet."""
    scheme, moment = "io.cncf.notary.signingScheme", "io.cncf.notary.authenticSigningTime"
    more = {scheme: "notary.x509.signingAuthority", moment: "2025-06-01T00:00:00Z"}
    _notation(shelf, more, (moment,))


def unknown_critical_header(shelf: Shelf) -> None:
    """A notation signature that demands something no reader knows."""
    _notation(shelf, {"example.unknown": True}, ("example.unknown",))


def provenance_of_another_image(shelf: Shelf) -> None:
    """Provenance that speaks of another image."""
    _provenance(shelf, subject=NOBODY)


def provenance_by_an_unknown_builder(shelf: Shelf) -> None:
    """Provenance of a builder that nobody trusts, from another source, with a dependency that is not pinned."""

    def spoil(predicate: dict[str, Any]) -> None:
        predicate["runDetails"]["builder"]["id"] = "https://somewhere.example/laptop"
        predicate["buildDefinition"]["externalParameters"]["repository"] = "https://elsewhere.example/fork"
        predicate["buildDefinition"]["resolvedDependencies"] = [{"uri": "git+https://elsewhere.example/fork"}]

    said = {"org.opencontainers.image.source": "https://git.demo.example/app"}
    _provenance(shelf, spoil=spoil, annotations=said)


def unsigned_provenance(shelf: Shelf) -> None:
    """Provenance as a bare statement that anybody could have written, and that says it is incomplete."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    predicate = {
        "builder": {"id": "https://demo.example/builder"},
        "buildType": "https://demo.example/build/v0",
        "metadata": {"completeness": {"parameters": False, "environment": False, "materials": False}},
        "materials": [{"uri": "git+https://git.demo.example/app"}],
    }
    statement = statements.statement(
        shelf.repository, image.digest, "https://slsa.dev/provenance/v0.2", predicate
    )
    shelf.artifact(statements.IN_TOTO, [shelf.blob(statements.IN_TOTO, statement)], subject=image)


def sbom_by_tag(shelf: Shelf) -> None:
    """An SBOM only under the tag that cosign gave up, unsigned."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    document = statements.spdx(shelf.repository, image.digest, BASE, "amd64")
    config = shelf.blob(media_types.OCI_CONFIG, b"{}")
    tag = f"{image.digest.algorithm}-{image.digest.encoded}.sbom"
    shelf.manifest(config, [shelf.blob(statements.SPDX, document)], tags=[tag])


def broken_sbom(shelf: Shelf) -> None:
    """An SBOM that is no document."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    shelf.artifact(
        statements.SPDX, [shelf.blob(statements.SPDX, b'{"spdxVersion": "SPDX-2.3", ')], subject=image
    )


def thin_sbom(shelf: Shelf) -> None:
    """An SBOM without suppliers, versions and times, that misses packages, with licences nobody knows."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    document = {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "thin",
        "packages": [{"SPDXID": "SPDXRef-1", "name": "bash", "licenseDeclared": "NOASSERTION"}],
    }
    shelf.artifact(statements.SPDX, [shelf.blob(statements.SPDX, encode(document))], subject=image)


def sbom_of_another_image(shelf: Shelf) -> None:
    """An SBOM that was made for another image."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    document = statements.cyclonedx("another", NOBODY, BASE, "amd64")
    shelf.artifact(statements.CYCLONEDX, [shelf.blob(statements.CYCLONEDX, document)], subject=image)


def vex_of_another_product(shelf: Shelf) -> None:
    """A VEX document about something else, and a scan from years ago."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    shelf.artifact(
        statements.OPENVEX, [shelf.blob(statements.OPENVEX, encode(statements.vex(NOBODY)))], subject=image
    )
    scan = {
        "scanner": {"uri": "https://demo.example/scanner"},
        "metadata": {"scanFinishedOn": "2020-01-01T00:00:00Z"},
    }
    payload = statements.statement(
        shelf.repository, image.digest, "https://cosign.sigstore.dev/attestation/vuln/v1", scan
    )
    envelope = shelf.blob(statements.DSSE, encode(statements.dsse(payload, BUILDER)))
    shelf.artifact(statements.DSSE, [envelope], subject=image)


def stale_referrers_tag(shelf: Shelf) -> None:
    """A referrers tag that lists a signature which is gone."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    gone = Descriptor(media_types.OCI_MANIFEST, NOBODY, 500, artifact_type=statements.COSIGN_SIGNATURE)
    shelf.index([gone], tags=[referrers_tag(image.digest)])


def _notation(shelf: Shelf, more: Mapping[str, object], critical: tuple[str, ...]) -> None:
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    envelope = statements.notation(image, RELEASE, more=more, critical=critical)
    shelf.artifact(statements.NOTATION, [shelf.blob("application/jose+json", envelope)], subject=image)


def _provenance(
    shelf: Shelf,
    *,
    subject: Digest | None = None,
    spoil: Any = lambda predicate: None,
    annotations: Mapping[str, str] | None = None,
) -> None:
    image = push_image(shelf, AMD64, build(annotations=annotations or {}), ["v0.1"])
    predicate = json.loads(encode(statements.provenance("v0.1")))
    spoil(predicate)
    payload = statements.statement(shelf.repository, subject or image.digest, statements.SLSA, predicate)
    layer = shelf.blob(statements.BUNDLE, statements.bundle(payload, BUILDER))
    shelf.artifact(statements.BUNDLE, [layer], subject=image)


EVIDENCE = (
    Trouble(dangling_referrer, ("TAG05",)),
    Trouble(orphan_referrers_tag, ("TAG04",)),
    Trouble(signed_by_a_stranger, ("SIG05",)),
    Trouble(signature_of_another_image, ("SIG02",)),
    Trouble(unsigned, ("SIG01", "PRV01", "SBM01")),
    Trouble(damaged_signature, ("SIG03",)),
    Trouble(another_signer, ("SIG06", "SIG04")),
    Trouble(platforms_signed_in_part, ("SIG07",)),
    Trouble(expired_notation, ("SIG08",)),
    Trouble(signed_before_its_time, ("SIG10",)),
    Trouble(unknown_critical_header, ("SIG09",)),
    Trouble(provenance_of_another_image, ("PRV03",)),
    Trouble(provenance_by_an_unknown_builder, ("PRV04", "PRV05", "PRV06")),
    Trouble(unsigned_provenance, ("PRV02", "PRV07")),
    Trouble(sbom_by_tag, ("SBM02",)),
    Trouble(broken_sbom, ("SBM03",)),
    Trouble(thin_sbom, ("SBM04", "SBM06", "SBM07")),
    Trouble(sbom_of_another_image, ("SBM05",)),
    Trouble(vex_of_another_product, ("VEX01", "VEX02")),
    Trouble(stale_referrers_tag, ("TAG06",)),
)
