"""Manifests and indexes that are not what they seem."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from regexplore.oci import Descriptor, Digest, media_types
from regexplore.sandbox.demo.content import AMD64, ARM64
from regexplore.sandbox.demo.images import image_config, push_image
from regexplore.sandbox.demo.shelf import Shelf, encode
from regexplore.sandbox.demo.troubles.parts import NOBODY, Trouble, build, content


def missing_layer(shelf: Shelf) -> None:
    """A manifest with a layer that the registry does not hold."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    tree = json.loads(content(shelf, image.digest))
    tree["layers"].append(Descriptor(media_types.OCI_LAYER_GZIP, NOBODY, 1234).to_json())
    shelf.raw_manifest(media_types.OCI_MANIFEST, encode(tree), ["v0.2"])


def wrong_size(shelf: Shelf) -> None:
    """An index that tells a wrong size of its manifest."""
    image = push_image(shelf, AMD64, build())
    shelf.index([replace(image, size=image.size + 1)], tags=["v0.1"])


def wrong_platform(shelf: Shelf) -> None:
    """An index that says arm64 of an image whose config says amd64."""
    image = push_image(shelf, AMD64, build())
    shelf.index([replace(image, platform=ARM64)], tags=["v0.1"])


def two_meanings(shelf: Shelf) -> None:
    """A document that is index and manifest at once: readers disagree about it."""
    image = push_image(shelf, AMD64, build(), ["v0.1"])
    tree = json.loads(content(shelf, image.digest))
    tree["manifests"] = []
    shelf.raw_manifest(media_types.OCI_MANIFEST, encode(tree), ["v0.2"])


def double_keys(shelf: Shelf) -> None:
    """A manifest that names its config twice: readers differ in which one they take."""
    image = push_image(shelf, AMD64, build())
    raw = content(shelf, image.digest).decode()
    another = f'"config": {{"mediaType": "x/y", "digest": "{NOBODY}", "size": 2}},'
    twice = raw.replace('"config":', f'{another} "config":', 1)
    shelf.raw_manifest(media_types.OCI_MANIFEST, twice.encode(), ["v0.1"])


def schema_one(shelf: Shelf) -> None:
    """A manifest of schema 1, which nothing writes any more."""
    tree = {
        "schemaVersion": 1,
        "name": shelf.repository,
        "tag": "v0.1",
        "architecture": "amd64",
        "fsLayers": [{"blobSum": str(shelf.blob(media_types.DOCKER_LAYER_GZIP, b"layer").digest)}],
        "history": [{"v1Compatibility": '{"architecture":"amd64","os":"linux","id":"1"}'}],
    }
    shelf.raw_manifest(media_types.DOCKER_SCHEMA1, encode(tree), ["v0.1"])


def withdrawn_artifact_manifest(shelf: Shelf) -> None:
    """An artifact manifest, a kind that was withdrawn before OCI 1.1."""
    blob = shelf.blob("text/plain", b"hello")
    tree = {
        "mediaType": media_types.OCI_ARTIFACT_MANIFEST,
        "artifactType": "application/x-example",
        "blobs": [blob.to_json()],
    }
    shelf.raw_manifest(media_types.OCI_ARTIFACT_MANIFEST, encode(tree), ["v0.1"])


def foreign_layer(shelf: Shelf) -> None:
    """A layer that is to be fetched from an address of the publisher's choice."""
    foreign = Descriptor(
        f"{media_types.DOCKER_LAYER_FOREIGN}.gzip", NOBODY, 1234, urls=("http://files.demo.example/layer",)
    )
    _respoil(shelf, lambda tree: tree["layers"].append(foreign.to_json()))


def artifact_without_a_type(shelf: Shelf) -> None:
    """An empty config and no artifact type: nobody can tell what it is."""
    config = shelf.blob(media_types.OCI_EMPTY, b"{}")
    shelf.manifest(config, [shelf.blob("text/plain", b"what am I")], tags=["v0.1"])


def too_few_diff_ids(shelf: Shelf) -> None:
    """A config with one diff_id less than the manifest has layers."""
    _reconfigure(shelf, lambda config: config["rootfs"]["diff_ids"].pop())


def wrong_diff_id(shelf: Shelf) -> None:
    """A layer that unpacks to something else than the config says."""

    def lie(config: dict[str, Any]) -> None:
        config["rootfs"]["diff_ids"][-1] = str(Digest.of(b"another layer"))

    _reconfigure(shelf, lie)


def encrypted_layer(shelf: Shelf) -> None:
    """A layer that only the holder of a key can look into."""

    def encrypt(tree: dict[str, Any]) -> None:
        tree["layers"][-1]["mediaType"] += "+encrypted"

    _respoil(shelf, encrypt)


def weak_digest(shelf: Shelf) -> None:
    """A layer named by a hash that can be forged."""

    def weaken(tree: dict[str, Any]) -> None:
        tree["layers"][-1]["digest"] = "md5:d41d8cd98f00b204e9800998ecf8427e"

    _respoil(shelf, weaken)


def index_in_index_in_index(shelf: Shelf) -> None:
    """An index three levels deep."""
    inner = push_image(shelf, AMD64, build())
    for depth in range(3):
        inner = shelf.index([inner], tags=["v0.1"] if depth == 2 else [])


def _respoil(shelf: Shelf, spoil: Any) -> None:
    """Put an image whose manifest was changed."""
    image = push_image(shelf, AMD64, build())
    tree = json.loads(content(shelf, image.digest))
    spoil(tree)
    shelf.raw_manifest(media_types.OCI_MANIFEST, encode(tree), ["v0.1"])


def _reconfigure(shelf: Shelf, spoil: Any) -> None:
    """Put an image whose config was changed."""
    right = build()
    config = json.loads(encode(image_config(AMD64, right)))
    spoil(config)
    layers = [shelf.blob(media_types.OCI_LAYER_GZIP, layer.gzip) for layer in right.layers]
    shelf.manifest(shelf.blob(media_types.OCI_CONFIG, encode(config)), layers, tags=["v0.1"])


MANIFESTS = (
    Trouble(missing_layer, ("MAN02",)),
    Trouble(wrong_size, ("MAN02",)),
    Trouble(wrong_platform, ("MAN11",)),
    Trouble(two_meanings, ("MAN01",)),
    Trouble(weak_digest, ("MAN03",)),
    Trouble(double_keys, ("MAN04",)),
    Trouble(schema_one, ("MAN05",)),
    Trouble(withdrawn_artifact_manifest, ("MAN06",)),
    Trouble(foreign_layer, ("MAN07",)),
    Trouble(artifact_without_a_type, ("MAN08",)),
    Trouble(too_few_diff_ids, ("MAN09",)),
    Trouble(wrong_diff_id, ("MAN10",)),
    Trouble(encrypted_layer, ("LAY05",)),
    Trouble(index_in_index_in_index, ("MAN12",)),
)
