"""Descriptors: how content is pointed at.

Source: image-spec v1.1 ``descriptor.md``; Go ``ocispec.Descriptor``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from regexplore.errors import InvalidDescriptorError
from regexplore.oci.digest import Digest
from regexplore.oci.media_types import OCI_EMPTY, OCTET_STREAM
from regexplore.oci.platform import Platform

MAX_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Media type, digest and size of some content, and what is said about it.

    Two descriptors are equal when all fields are; use `same_content` to ask whether
    they point at the same bytes. Annotations do not take part in hashing.

    Raises
    ------
    InvalidDigestError
        The digest is not one.
    InvalidDescriptorError
        The size is negative, too large, or not an integer.

    Examples
    --------
    >>> Descriptor.from_bytes("application/json", b"{}").size
    2
    """

    media_type: str
    digest: Digest
    size: int
    annotations: Mapping[str, str] | None = field(default=None, hash=False)
    artifact_type: str = ""
    platform: Platform | None = None
    urls: tuple[str, ...] = ()
    data: bytes | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.size, int) or isinstance(self.size, bool) or not 0 <= self.size <= MAX_SIZE:
            raise InvalidDescriptorError(f"size of a descriptor is 0 to 2^63-1, not {self.size!r}")
        # A plain str is welcome, an unchecked one is not.
        object.__setattr__(self, "digest", Digest(self.digest))

    @classmethod
    def from_bytes(cls, media_type: str, content: bytes) -> Self:
        """Describe some bytes by sha256 (Go ``content.NewDescriptorFromBytes``)."""
        return cls(media_type or OCTET_STREAM, Digest.of(content), len(content))

    def same_content(self, other: Descriptor) -> bool:
        """Whether both point at the same bytes read in the same way (Go ``content.Equal``)."""
        return (self.media_type, self.digest, self.size) == (other.media_type, other.digest, other.size)

    def plain(self) -> Self:
        """Return the descriptor reduced to media type, digest and size (Go ``descriptor.Plain``)."""
        return type(self)(self.media_type, self.digest, self.size)

    def with_annotations(self, annotations: Mapping[str, str] | None) -> Self:
        """Return a copy with other annotations."""
        return replace(self, annotations=annotations)

    def to_json(self) -> dict[str, Any]:
        """Return the descriptor object of the image-spec, empty fields left out."""
        fields: dict[str, Any] = {"mediaType": self.media_type, "digest": str(self.digest), "size": self.size}
        if self.urls:
            fields["urls"] = list(self.urls)
        if self.annotations:
            fields["annotations"] = dict(self.annotations)
        if self.data is not None:
            fields["data"] = base64.b64encode(self.data).decode("ascii")
        if self.platform is not None:
            fields["platform"] = self.platform.to_json()
        if self.artifact_type:
            fields["artifactType"] = self.artifact_type
        return fields


EMPTY_JSON = Descriptor(OCI_EMPTY, Digest.of(b"{}"), 2, data=b"{}")
"""The empty JSON object ``{}`` that artifacts without config or layers point at."""
