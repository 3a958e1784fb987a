"""What ``docker save`` writes, seen as an OCI image layout.

Such an archive holds configs and unpacked layers, but no manifests: one is built here for each image, as a registry
would have it for these very bytes. Its digest is therefore that of no registry, and its annotations say so.

Source: moby "Image Specification v1.2", combined image JSON and filesystem changeset format.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

from regexplore.content.archive_files import Archive, Member
from regexplore.content.layout_files import OpenedFile
from regexplore.errors import DocumentError, MismatchedDigestError, NotFoundError
from regexplore.oci import Descriptor, Digest, media_types, strict_json

MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 16 << 20
MAX_CONFIG_BYTES = 8 << 20
BUILT = "dev.regexplore.built-from"
_REF_NAME = "org.opencontainers.image.ref.name"


class DockerArchiveFiles:
    """The files of the layout that an archive of ``docker save`` stands for.

    Raises
    ------
    DocumentError
        ``manifest.json`` or a config cannot be read.
    NotFoundError
        The archive lacks something that it names.
    MismatchedDigestError
        A config is not what its name says.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._built: dict[Digest, bytes] = {}
        self._members: dict[Digest, Member] = {}
        images = strict_json.loads(archive.read(MANIFEST, MAX_MANIFEST_BYTES))
        if not isinstance(images, list):
            raise DocumentError("manifest.json is no list of images")
        entries = [entry for image in images for entry in self._entries(image)]
        tree = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}
        self._index = json.dumps(tree).encode()

    def read_top(self, name: str, limit: int) -> bytes:
        """Return the version of the layout, or the index that was put together."""
        return self._index if name == "index.json" else b'{"imageLayoutVersion": "1.0.0"}'

    def open_blob(self, digest: Digest) -> OpenedFile:
        """Open a config, a layer, or a manifest that was built."""
        if digest in self._built:
            content = self._built[digest]
            return OpenedFile(cast("BinaryIO", io.BytesIO(content)), len(content))
        member = self._members.get(digest)
        if member is None:
            raise NotFoundError(f"{digest} is not in the archive {self._archive.path}")
        return self._archive.section(member)

    def _entries(self, image: Any) -> Iterator[dict[str, Any]]:
        fields = image if isinstance(image, Mapping) else {}
        config_name, layers = fields.get("Config"), fields.get("Layers")
        if not isinstance(config_name, str) or not isinstance(layers, list):
            raise DocumentError("an image of manifest.json has no Config or no Layers")
        manifest = self._manifest(config_name, [str(layer) for layer in layers])
        names = [str(name) for name in fields.get("RepoTags") or []] or [""]
        for name in names:
            annotations = {BUILT: "docker save archive", **({_REF_NAME: name} if name else {})}
            yield {**manifest.to_json(), "annotations": annotations}

    def _manifest(self, config_name: str, layers: list[str]) -> Descriptor:
        raw = self._archive.read(config_name, MAX_CONFIG_BYTES)
        config = Descriptor.from_bytes(media_types.DOCKER_CONFIG, raw)
        _require_named(config_name, config.digest)
        self._members[config.digest] = self._archive.member(config_name)
        tree = strict_json.loads(raw)
        rootfs = tree.get("rootfs") if isinstance(tree, Mapping) else None
        diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, Mapping) else None
        if not isinstance(diff_ids, list) or len(diff_ids) != len(layers):
            raise DocumentError(f"{config_name} does not name one diff_id for each of {len(layers)} layers")
        content = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": media_types.DOCKER_MANIFEST,
                "config": config.to_json(),
                "layers": [self._layer(str(d), name) for d, name in zip(diff_ids, layers, strict=True)],
            },
            separators=(",", ":"),
        ).encode()
        described = Descriptor.from_bytes(media_types.DOCKER_MANIFEST, content)
        self._built[described.digest] = content
        return described

    def _layer(self, diff_id: str, name: str) -> dict[str, Any]:
        """Describe a layer: unpacked, its digest is its diff_id; reading it to the end checks that."""
        member = self._archive.member(name)
        digest = Digest(diff_id)
        self._members[digest] = member
        return Descriptor(media_types.DOCKER_LAYER_TAR, digest, member.size).to_json()


def _require_named(name: str, digest: Digest) -> None:
    """A config is named by its digest; one that is not its name was exchanged."""
    stem = name.rpartition("/")[2].removesuffix(".json")
    if len(stem) == len(digest.encoded) and stem != digest.encoded:
        raise MismatchedDigestError(f"the config {name[:200]!a} has the digest {digest}")
