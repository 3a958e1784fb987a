"""The artifact manifest: withdrawn from image-spec before 1.1, still found in registries.

Source: image-spec v1.1.0-rc2 ``artifact.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regexplore.errors import DocumentError
from regexplore.oci import media_types, wire
from regexplore.oci.descriptor import Descriptor
from regexplore.oci.document import Document


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ArtifactManifest(Document):
    """An OCI artifact manifest.

    Attributes
    ----------
    blobs : tuple of Descriptor

    Examples
    --------
    >>> raw = b'{"mediaType": "application/vnd.oci.artifact.manifest.v1+json", "artifactType": "a/b", "blobs": []}'
    >>> Document.examine(raw, Descriptor.from_bytes(media_types.OCI_ARTIFACT_MANIFEST, raw)).artifact_type
    'a/b'
    """

    reads = (media_types.OCI_ARTIFACT_MANIFEST,)

    blobs: tuple[Descriptor, ...] = ()

    @property
    def kind(self) -> str:
        """Always ``artifact``."""
        return "artifact"

    def successors(self) -> tuple[Descriptor, ...]:
        """Subject, blobs."""
        subject = (self.subject,) if self.subject else ()
        return (*subject, *self.blobs)

    @classmethod
    def _read(
        cls, tree: Any, *, raw: bytes, descriptor: Descriptor, media_type: str, problems: list[str]
    ) -> ArtifactManifest:
        seen = wire.read(tree, wire.WireArtifactManifest)
        # All else in it may be left out: without this, any object would be one.
        if seen.media_type is None:
            raise DocumentError("mediaType is missing", where="$.mediaType")
        return cls(
            raw=raw,
            descriptor=descriptor,
            media_type=media_type,
            problems=tuple(problems),
            blobs=wire.descriptors(seen.blobs, "$.blobs"),
            annotations=seen.annotations or {},
            subject=wire.descriptor(seen.subject, "$.subject") if seen.subject else None,
            artifact_type=seen.artifact_type or "",
        )
