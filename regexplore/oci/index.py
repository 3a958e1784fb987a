"""Indexes: lists of manifests, one for each platform or of any other kind.

Source: image-spec v1.1 ``image-index.md``; Docker manifest list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regexplore.oci import media_types, wire
from regexplore.oci.descriptor import Descriptor
from regexplore.oci.document import Document
from regexplore.oci.manifest import check_schema_version, read_subject


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Index(Document):
    """An OCI index or a Docker manifest list.

    Attributes
    ----------
    manifests : tuple of Descriptor

    Examples
    --------
    >>> raw = b'{"schemaVersion": 2, "manifests": []}'
    >>> Document.examine(raw, Descriptor.from_bytes(media_types.OCI_INDEX, raw)).manifests
    ()
    """

    reads = (media_types.OCI_INDEX, media_types.DOCKER_LIST)

    manifests: tuple[Descriptor, ...] = ()

    @property
    def kind(self) -> str:
        """Always ``index``."""
        return "index"

    def successors(self) -> tuple[Descriptor, ...]:
        """Subject, manifests."""
        subject = (self.subject,) if self.subject else ()
        return (*subject, *self.manifests)

    @classmethod
    def _read(
        cls, tree: Any, *, raw: bytes, descriptor: Descriptor, media_type: str, problems: list[str]
    ) -> Index:
        seen = wire.read(tree, wire.WireIndex)
        check_schema_version(seen.schema_version)
        return cls(
            raw=raw,
            descriptor=descriptor,
            media_type=media_type,
            problems=tuple(problems),
            manifests=wire.descriptors(seen.manifests, "$.manifests"),
            annotations=seen.annotations or {},
            subject=read_subject(seen.subject, media_type),
            artifact_type=seen.artifact_type or "",
        )
