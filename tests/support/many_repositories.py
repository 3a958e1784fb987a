"""Very many small repositories, written straight into the layout that the sandbox keeps on disk."""

from __future__ import annotations

import json
from pathlib import Path

from regexplore.oci import Descriptor, media_types
from regexplore.sandbox.layout_store import REF_NAME

LAYER = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, b"layer")


def write_repositories(root: Path, repositories: range, tags: int = 10) -> None:
    """Write so many repositories of as many tags: a manifest for each tag, a config for each repository."""
    for n in repositories:
        folder = root / f"many+r{n:05}"
        blobs = folder / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        config = _described(blobs, media_types.OCI_CONFIG, config_of(n))
        entries = [_entry(blobs, config, tag) for tag in range(tags)]
        (folder / "oci-layout").write_bytes(b'{"imageLayoutVersion":"1.0.0"}')
        index = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}
        (folder / "index.json").write_text(json.dumps(index))


def config_of(n: int) -> bytes:
    """Return the config of one repository."""
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": f"2026-01-{n % 28 + 1:02}T00:00:00Z",
        "author": str(n),
        "rootfs": {"type": "layers", "diff_ids": [str(LAYER.digest)]},
    }
    return json.dumps(config).encode()


def _entry(blobs: Path, config: Descriptor, tag: int) -> dict[str, object]:
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": config.to_json(),
        "layers": [LAYER.to_json()],
        "annotations": {"org.opencontainers.image.version": str(tag)},
    }
    described = _described(blobs, media_types.OCI_MANIFEST, json.dumps(manifest).encode())
    return {**described.to_json(), "annotations": {REF_NAME: f"v{tag}"}}


def _described(blobs: Path, media_type: str, content: bytes) -> Descriptor:
    described = Descriptor.from_bytes(media_type, content)
    (blobs / described.digest.encoded).write_bytes(content)
    return described
