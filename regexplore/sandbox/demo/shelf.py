"""Putting content into a store: blobs and manifests in, descriptors out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regexplore.oci import EMPTY_JSON, Descriptor, media_types
from regexplore.sandbox.stores import RegistryStore

CREATED = "org.opencontainers.image.created"


def encode(tree: Any) -> bytes:
    """Return JSON bytes that are the same on every machine."""
    return json.dumps(tree, indent=2, ensure_ascii=False).encode()


class Shelf:
    """One repository of a store, to be filled."""

    def __init__(self, store: RegistryStore, repository: str) -> None:
        self.store = store
        self.repository = repository

    def blob(
        self, media_type: str, content: bytes, annotations: Mapping[str, str] | None = None
    ) -> Descriptor:
        """Put a blob."""
        descriptor = Descriptor.from_bytes(media_type, content)
        self.store.put_blob(self.repository, descriptor.digest, content)
        return descriptor.with_annotations(annotations) if annotations else descriptor

    def raw_manifest(self, media_type: str, content: bytes, tags: Iterable[str] = ()) -> Descriptor:
        """Put manifest bytes as they are, sound or not."""
        self.store.put_manifest(self.repository, media_type, content, tags=tags)
        return Descriptor.from_bytes(media_type, content)

    def manifest(
        self,
        config: Descriptor,
        layers: Sequence[Descriptor],
        *,
        annotations: Mapping[str, str] | None = None,
        artifact_type: str = "",
        subject: Descriptor | None = None,
        tags: Iterable[str] = (),
    ) -> Descriptor:
        """Put an image manifest."""
        tree: dict[str, Any] = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST}
        if artifact_type:
            tree["artifactType"] = artifact_type
        tree["config"] = config.to_json()
        tree["layers"] = [layer.to_json() for layer in layers]
        if subject is not None:
            tree["subject"] = subject.plain().to_json()
        if annotations:
            tree["annotations"] = dict(annotations)
        return self.raw_manifest(media_types.OCI_MANIFEST, encode(tree), tags)

    def index(
        self,
        manifests: Sequence[Descriptor],
        *,
        annotations: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
    ) -> Descriptor:
        """Put an index."""
        tree: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_INDEX,
            "manifests": [manifest.to_json() for manifest in manifests],
        }
        if annotations:
            tree["annotations"] = dict(annotations)
        return self.raw_manifest(media_types.OCI_INDEX, encode(tree), tags)

    def artifact(
        self,
        artifact_type: str,
        layers: Sequence[Descriptor],
        *,
        subject: Descriptor | None = None,
        annotations: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
    ) -> Descriptor:
        """Put an artifact: a manifest with the empty config."""
        config = self.blob(EMPTY_JSON.media_type, b"{}")
        return self.manifest(
            config, layers, annotations=annotations, artifact_type=artifact_type, subject=subject, tags=tags
        )
