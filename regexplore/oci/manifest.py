"""Image manifests: a config and layers; of an image, or of any artifact.

Source: image-spec v1.1 ``manifest.md``; Docker image manifest version 2, schema 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regexplore.errors import DocumentError
from regexplore.oci import media_types, wire
from regexplore.oci.descriptor import Descriptor
from regexplore.oci.document import Document


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Manifest(Document):
    """An image manifest.

    Attributes
    ----------
    config : Descriptor
    layers : tuple of Descriptor
    declared_artifact_type : str
        The document's own ``artifactType``; "" when it has none.

    Examples
    --------
    >>> from regexplore.oci import EMPTY_JSON
    >>> import json
    >>> raw = json.dumps({"schemaVersion": 2, "config": EMPTY_JSON.to_json(), "layers": []}).encode()
    >>> Document.examine(raw, Descriptor.from_bytes(media_types.OCI_MANIFEST, raw)).config.size
    2
    """

    reads = (media_types.OCI_MANIFEST, media_types.DOCKER_MANIFEST)

    config: Descriptor
    layers: tuple[Descriptor, ...] = ()
    declared_artifact_type: str = ""

    @property
    def kind(self) -> str:
        """``image`` for something that can run, ``artifact`` for anything else that uses the format."""
        runs = media_types.is_image_config(self.config.media_type) and not self.declared_artifact_type
        file_systems = any(media_types.is_layer(layer.media_type) for layer in self.layers)
        return "image" if runs and (file_systems or not self.layers) else "artifact"

    def successors(self) -> tuple[Descriptor, ...]:
        """Subject, config, layers."""
        subject = (self.subject,) if self.subject else ()
        return (*subject, self.config, *self.layers)

    @classmethod
    def _read(
        cls, tree: Any, *, raw: bytes, descriptor: Descriptor, media_type: str, problems: list[str]
    ) -> Manifest:
        seen = wire.read(tree, wire.WireManifest)
        check_schema_version(seen.schema_version)
        config = wire.descriptor(seen.config, "$.config")
        return cls(
            raw=raw,
            descriptor=descriptor,
            media_type=media_type,
            problems=tuple(problems),
            config=config,
            layers=wire.descriptors(seen.layers, "$.layers"),
            annotations=seen.annotations or {},
            subject=read_subject(seen.subject, media_type),
            artifact_type=seen.artifact_type or config.media_type,
            declared_artifact_type=seen.artifact_type or "",
        )


def check_schema_version(version: int | None) -> None:
    """Refuse a manifest or index that is not of schema version 2."""
    if version != 2:
        raise DocumentError(f"schemaVersion is {version}, not 2", where="$.schemaVersion")


def read_subject(subject: wire.WireDescriptor | None, media_type: str) -> Descriptor | None:
    """Read a subject; Docker's formats have none, whatever a document carries."""
    if subject is None or not media_types.may_have_subject(media_type):
        return None
    return wire.descriptor(subject, "$.subject")
