"""Where the media types are written down."""

from __future__ import annotations

from regexplore.oci import media_types

IMAGE_SPEC = "https://github.com/opencontainers/image-spec/blob/v1.1.1"
DISTRIBUTION = "https://github.com/distribution/distribution/blob/v2.8.3/docs/spec"

SPECIFICATIONS = {
    media_types.OCI_INDEX: f"{IMAGE_SPEC}/image-index.md",
    media_types.OCI_MANIFEST: f"{IMAGE_SPEC}/manifest.md",
    media_types.OCI_CONFIG: f"{IMAGE_SPEC}/config.md",
    media_types.OCI_LAYER_TAR: f"{IMAGE_SPEC}/layer.md",
    media_types.OCI_LAYER_GZIP: f"{IMAGE_SPEC}/layer.md",
    media_types.OCI_LAYER_ZSTD: f"{IMAGE_SPEC}/layer.md",
    media_types.DOCKER_LIST: f"{DISTRIBUTION}/manifest-v2-2.md",
    media_types.DOCKER_MANIFEST: f"{DISTRIBUTION}/manifest-v2-2.md",
    media_types.DOCKER_SCHEMA1: f"{DISTRIBUTION}/manifest-v2-1.md",
    media_types.DOCKER_SCHEMA1_SIGNED: f"{DISTRIBUTION}/manifest-v2-1.md",
}
