"""Media types that a registry is made of, and the families they form.

Source: image-spec v1.1 ``media-types.md``; Docker's image manifest specifications.

Examples
--------
>>> compression(OCI_LAYER_ZSTD), is_manifest(DOCKER_LIST)
('zstd', True)
"""

from __future__ import annotations

import re

from regexplore.errors import InvalidMediaTypeError
from regexplore.oci.excerpt import excerpt

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
OCI_LAYER_NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
OCI_LAYOUT_HEADER = "application/vnd.oci.layout.header.v1+json"

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER_TAR = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_LAYER_ZSTD = "application/vnd.docker.image.rootfs.diff.tar.zstd"
DOCKER_LAYER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar"

OCTET_STREAM = "application/octet-stream"

# The order is oras-go's default Accept list.
DEFAULT_MANIFEST_TYPES = (DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX, OCI_ARTIFACT_MANIFEST)

_INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
_SCHEMA1 = frozenset({DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED})
_MANIFESTS = frozenset(DEFAULT_MANIFEST_TYPES) | _SCHEMA1
_WITH_SUBJECT = frozenset({OCI_MANIFEST, OCI_INDEX, OCI_ARTIFACT_MANIFEST})
_LAYER_PREFIXES = (OCI_LAYER_TAR, OCI_LAYER_NONDISTRIBUTABLE, DOCKER_LAYER_TAR, DOCKER_LAYER_FOREIGN)
_CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})

_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = re.compile(rf"{_NAME}/{_NAME}", re.ASCII)


def is_manifest(media_type: str) -> bool:
    """Whether the type lives under ``/manifests/``: manifests and indexes of OCI and Docker."""
    return media_type in _MANIFESTS


def is_index(media_type: str) -> bool:
    """Whether the type is an OCI index or a Docker manifest list."""
    return media_type in _INDEXES


def is_schema1(media_type: str) -> bool:
    """Whether the type is one of Docker's schema 1 manifests."""
    return media_type in _SCHEMA1


def may_have_subject(media_type: str) -> bool:
    """Whether documents of the type may carry a ``subject`` (OCI manifest, index, artifact manifest)."""
    return media_type in _WITH_SUBJECT


def is_image_config(media_type: str) -> bool:
    """Whether the type is an image config of OCI or Docker."""
    return media_type in _CONFIGS


def is_layer(media_type: str) -> bool:
    """Whether the type is a file-system layer, compressed or not, distributable or not."""
    return media_type.startswith(_LAYER_PREFIXES)


def is_nondistributable(media_type: str) -> bool:
    """Whether a layer of the type need not be in the registry (foreign or non-distributable)."""
    return ".nondistributable." in media_type or ".foreign." in media_type


def compression(media_type: str) -> str | None:
    """Compression of a layer by its media type: ``gzip``, ``zstd``, ``none``, or None when not a layer."""
    if not is_layer(media_type):
        return None
    base = media_type.removesuffix("+encrypted")
    for name in ("gzip", "zstd"):
        if base.endswith((f"+{name}", f".{name}")):
            return name
    return "none"


def parse(text: str) -> str:
    """Read a ``Content-Type``: parameters dropped, lower case.

    Raises
    ------
    InvalidMediaTypeError
        The text is no media type.

    Examples
    --------
    >>> parse("Application/JSON; charset=utf-8")
    'application/json'
    """
    media_type = text.partition(";")[0].strip(" \t")
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise InvalidMediaTypeError(f"not a media type: {excerpt(text)}")
    return media_type.lower()
