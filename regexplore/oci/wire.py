"""The shapes that documents have on the wire, and the one place that checks them field by field.

Every list and map may be null: Go programs write nil that way.

Source: image-spec v1.1 ``descriptor.md``, ``image-index.md``, ``manifest.md``, ``config.md``.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from regexplore.errors import DocumentError, RegexploreError
from regexplore.oci.descriptor import MAX_SIZE, Descriptor
from regexplore.oci.digest import Digest
from regexplore.oci.platform import Platform

Size = Annotated[int, Meta(ge=0, le=MAX_SIZE)]
T = TypeVar("T")

_WHERE = re.compile(r" - at `(?:key in )?([^`]*)`\Z")


class WirePlatform(Struct):
    """``platform`` of a descriptor."""

    architecture: str = ""
    os: str = ""
    os_version: str | None = field(name="os.version", default=None)
    os_features: list[str] | None = field(name="os.features", default=None)
    variant: str | None = None


class WireDescriptor(Struct, rename="camel"):
    """A descriptor."""

    media_type: str
    digest: str
    size: Size
    urls: list[str] | None = None
    annotations: dict[str, str] | None = None
    data: str | None = None
    platform: WirePlatform | None = None
    artifact_type: str | None = None


class WireManifest(Struct, rename="camel"):
    """An image manifest of OCI or Docker."""

    config: WireDescriptor
    schema_version: int | None = None
    media_type: str | None = None
    artifact_type: str | None = None
    layers: list[WireDescriptor] | None = None
    subject: WireDescriptor | None = None
    annotations: dict[str, str] | None = None


class WireIndex(Struct, rename="camel"):
    """An OCI index or a Docker manifest list."""

    schema_version: int | None = None
    media_type: str | None = None
    artifact_type: str | None = None
    manifests: list[WireDescriptor] | None = None
    subject: WireDescriptor | None = None
    annotations: dict[str, str] | None = None


class WireArtifactManifest(Struct, rename="camel"):
    """The artifact manifest that the image-spec withdrew before 1.1."""

    media_type: str | None = None
    artifact_type: str | None = None
    blobs: list[WireDescriptor] | None = None
    subject: WireDescriptor | None = None
    annotations: dict[str, str] | None = None


class WireHistory(Struct):
    """One step of an image config's history."""

    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class WireRootfs(Struct):
    """The uncompressed layers of an image config."""

    type: str = ""
    diff_ids: list[str] | None = None


class WireImageConfig(Struct):
    """An image config."""

    architecture: str = ""
    os: str = ""
    variant: str | None = None
    os_version: str | None = field(name="os.version", default=None)
    os_features: list[str] | None = field(name="os.features", default=None)
    created: str | None = None
    author: str | None = None
    config: dict[str, Any] | None = None
    rootfs: WireRootfs | None = None
    history: list[WireHistory] | None = None


class WireBlobSum(Struct, rename="camel"):
    """One layer of a schema 1 manifest."""

    blob_sum: str


class WireSchema1(Struct, rename="camel"):
    """Docker's schema 1 manifest."""

    schema_version: int
    name: str = ""
    tag: str = ""
    architecture: str = ""
    fs_layers: list[WireBlobSum] | None = None


# msgspec works out what it knows of a shape when it first meets it, and two threads that meet it at the same time can
# end the process with a segmentation fault. Here, while this module is imported, there is one.
for _shape in Struct.__subclasses__():
    if _shape.__module__ == __name__:
        msgspec.json.Decoder(_shape)


def read(tree: Any, shape: type[T]) -> T:
    """Check decoded JSON against a shape.

    Raises
    ------
    DocumentError
        A field is missing or has another type; names the path.
    """
    if not isinstance(tree, dict):
        raise DocumentError(f"expected an object, got {type(tree).__name__}")
    try:
        return msgspec.convert(tree, shape)
    except msgspec.ValidationError as error:
        text = str(error)
        found = _WHERE.search(text)
        where = found.group(1) if found else "$"
        raise DocumentError(_WHERE.sub("", text), where=where) from None


def descriptor(wire: WireDescriptor, where: str) -> Descriptor:
    """Turn a checked wire descriptor into a value.

    Raises
    ------
    DocumentError
        Its digest or its embedded data is not sound; names the path.
    """
    try:
        return Descriptor(
            media_type=wire.media_type,
            digest=Digest(wire.digest),
            size=wire.size,
            annotations=wire.annotations,
            artifact_type=wire.artifact_type or "",
            platform=platform(wire.platform) if wire.platform else None,
            urls=tuple(wire.urls or ()),
            data=_data(wire.data, where),
        )
    except DocumentError:
        raise
    except RegexploreError as error:
        raise DocumentError(error.message, where=f"{where}.digest") from None


def descriptors(wires: list[WireDescriptor] | None, where: str) -> tuple[Descriptor, ...]:
    """Turn a list of wire descriptors into values; null is an empty list."""
    return tuple(descriptor(wire, f"{where}[{n}]") for n, wire in enumerate(wires or ()))


def platform(wire: WirePlatform | WireImageConfig) -> Platform:
    """Turn the platform fields of a descriptor or an image config into a value."""
    return Platform(
        os=wire.os,
        architecture=wire.architecture,
        variant=wire.variant or "",
        os_version=wire.os_version or "",
        os_features=tuple(wire.os_features or ()),
    )


def _data(text: str | None, where: str) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DocumentError("data is not base64", where=f"{where}.data") from None
