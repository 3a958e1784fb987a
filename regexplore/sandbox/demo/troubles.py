"""What goes wrong in real registries, one repository a trouble, named by what is wrong.

Each says in ``TROUBLES`` what an audit should find.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from regexplore.oci import Descriptor, Digest, media_types, referrers_tag
from regexplore.sandbox.demo.content import AMD64, ARM64, application_layer, base_layer
from regexplore.sandbox.demo.evidence import attach_signature, attach_spdx
from regexplore.sandbox.demo.images import BASE_DIGEST, BASE_NAME, Build, push_image
from regexplore.sandbox.demo.keys import RELEASE, STRANGER
from regexplore.sandbox.demo.layers import layer, text
from regexplore.sandbox.demo.packages import BASE
from regexplore.sandbox.demo.shelf import Shelf, encode
from regexplore.sandbox.stores import RegistryStore

_RUN: dict[str, object] = {"Cmd": ["/app/start.sh"], "User": "app"}
_NOBODY = Digest.of(b"a manifest that was never pushed")


def _build(**changes: object) -> Build:
    build = Build([base_layer(AMD64), application_layer("v0.1")], "2026-01-15T08:00:00Z", _RUN)
    return replace(build, **changes)  # type: ignore[arg-type]


def dangling_referrer(shelf: Shelf) -> None:
    """An SBOM whose subject is not there."""
    subject = Descriptor(media_types.OCI_MANIFEST, _NOBODY, 500)
    sbom = attach_spdx(shelf, subject, BASE, "amd64")
    shelf.store.put_manifest(
        shelf.repository, media_types.OCI_MANIFEST, _content(shelf, sbom.digest), tags=["sbom"]
    )


def orphan_referrers_tag(shelf: Shelf) -> None:
    """A referrers index of the tag schema for a subject that is not there."""
    push_image(shelf, AMD64, _build(), ["v0.1"])
    shelf.index([], tags=[referrers_tag(_NOBODY)])


def root_user(shelf: Shelf) -> None:
    """An image that runs as root."""
    push_image(shelf, AMD64, _build(run={"Cmd": ["/app/start.sh"]}), ["v0.1"])


def secret_in_environment(shelf: Shelf) -> None:
    """A password in the environment of the config, for everybody to read."""
    run = {**_RUN, "Env": ["DATABASE_PASSWORD=correct-horse", "PATH=/usr/bin"]}
    push_image(shelf, AMD64, _build(run=run), ["v0.1"])


def private_key_in_layer(shelf: Shelf) -> None:
    """A key file in a layer, deleted by a later one, and still there."""
    key = "-----BEGIN EC PRIVATE KEY-----\nnot a real key\n-----END EC PRIVATE KEY-----\n"
    added = layer("COPY id_demo /root/.ssh/id_demo # buildkit", text("root/.ssh/id_demo", key, 0o600))
    removed = layer("RUN rm /root/.ssh/id_demo # buildkit", text("root/.ssh/.wh.id_demo", ""))
    push_image(shelf, AMD64, _build(layers=[base_layer(AMD64), added, removed]), ["v0.1"])


def made_in_the_future(shelf: Shelf) -> None:
    """A creation time that has not come yet."""
    push_image(shelf, AMD64, _build(created="2099-01-01T00:00:00Z"), ["v0.1"])


def stale_base(shelf: Shelf) -> None:
    """A base image by a digest that the base's tag no longer names."""
    annotations = {BASE_NAME: "demo/base:12", BASE_DIGEST: str(_NOBODY)}
    push_image(shelf, AMD64, _build(annotations=annotations), ["v0.1"])


def signed_by_a_stranger(shelf: Shelf) -> None:
    """A true signature, under a key that is not the publisher's."""
    attach_signature(shelf, push_image(shelf, AMD64, _build(), ["v0.1"]), STRANGER)


def signature_of_another_image(shelf: Shelf) -> None:
    """A signature of one image hung onto another."""
    signed = push_image(shelf, AMD64, _build(), ["v0.1"])
    other = push_image(shelf, ARM64, _build(layers=[base_layer(ARM64)]), ["v0.2"])
    signature = json.loads(_content(shelf, attach_signature(shelf, signed, RELEASE).digest))
    signature["subject"] = other.plain().to_json()
    shelf.raw_manifest(media_types.OCI_MANIFEST, encode(signature))


def missing_layer(shelf: Shelf) -> None:
    """A manifest with a layer that the registry does not hold."""
    image = push_image(shelf, AMD64, _build(), ["v0.1"])
    tree = json.loads(_content(shelf, image.digest))
    tree["layers"].append(Descriptor(media_types.OCI_LAYER_GZIP, _NOBODY, 1234).to_json())
    shelf.raw_manifest(media_types.OCI_MANIFEST, encode(tree), ["v0.2"])


def wrong_size(shelf: Shelf) -> None:
    """An index that tells a wrong size of its manifest."""
    image = push_image(shelf, AMD64, _build())
    shelf.index([replace(image, size=image.size + 1)], tags=["v0.1"])


def wrong_platform(shelf: Shelf) -> None:
    """An index that says arm64 of an image whose config says amd64."""
    image = push_image(shelf, AMD64, _build())
    shelf.index([replace(image, platform=ARM64)], tags=["v0.1"])


def two_meanings(shelf: Shelf) -> None:
    """A document that is index and manifest at once: readers disagree about it."""
    image = push_image(shelf, AMD64, _build(), ["v0.1"])
    tree = json.loads(_content(shelf, image.digest))
    tree["manifests"] = []
    shelf.raw_manifest(media_types.OCI_MANIFEST, encode(tree), ["v0.2"])


def hostile_strings(shelf: Shelf) -> None:
    """Annotations that try to break out of HTML, DOT, Mermaid and terminals."""
    annotations = {
        "org.opencontainers.image.title": '<img src=x onerror="window.__pwn=1">',
        "org.opencontainers.image.description": 'a"]; click n1 href "javascript:alert(1)"',
        "org.opencontainers.image.url": "javascript:window.__pwn=1",
        "org.opencontainers.image.vendor": "\x1b[31mred\x1b[0m \u202eevil",
        "formula": "=cmd|' /C calc'!A0",
    }
    push_image(shelf, AMD64, _build(annotations=annotations), ["v0.1"])


_ALL: tuple[Callable[[Shelf], None], ...] = (
    dangling_referrer,
    orphan_referrers_tag,
    root_user,
    secret_in_environment,
    private_key_in_layer,
    made_in_the_future,
    stale_base,
    signed_by_a_stranger,
    signature_of_another_image,
    missing_layer,
    wrong_size,
    wrong_platform,
    two_meanings,
    hostile_strings,
)

TROUBLES = {f"troubles/{make.__name__.replace('_', '-')}": (make.__doc__ or "").strip() for make in _ALL}
"""What is wrong in each repository."""


def load_troubles(store: RegistryStore) -> None:
    """Put every trouble into a repository of its own."""
    for make in _ALL:
        make(Shelf(store, f"troubles/{make.__name__.replace('_', '-')}"))


def _content(shelf: Shelf, digest: Digest) -> bytes:
    found = shelf.store.manifest(shelf.repository, digest)
    if found is None:
        raise LookupError(digest)
    return found.content
