"""Images: layers, configs with a history, manifests, and indexes for several platforms.

Source: image-spec v1.1 ``config.md``, ``manifest.md``, ``image-index.md``, ``annotations.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from regexplore.oci import Descriptor, Platform, media_types
from regexplore.sandbox.demo.layers import Layer
from regexplore.sandbox.demo.shelf import Shelf, encode

BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"


@dataclass(frozen=True, slots=True)
class Build:
    """What an image is made of.

    Attributes
    ----------
    layers : sequence of Layer
        Base first.
    created : str
        RFC 3339.
    run : mapping
        ``Env``, ``Cmd``, ``User``, ``Labels`` ... of the config.
    annotations : mapping
        Of the manifest.
    """

    layers: Sequence[Layer]
    created: str
    run: Mapping[str, object]
    annotations: Mapping[str, str] | None = None


def push_image(shelf: Shelf, platform: Platform, build: Build, tags: Sequence[str] = ()) -> Descriptor:
    """Put an image and return its descriptor with the platform, as an index lists it."""
    config = shelf.blob(media_types.OCI_CONFIG, encode(image_config(platform, build)))
    layers = [shelf.blob(media_types.OCI_LAYER_GZIP, layer.gzip) for layer in build.layers]
    manifest = shelf.manifest(config, layers, annotations=build.annotations, tags=tags)
    return replace(manifest, platform=platform)


def image_config(platform: Platform, build: Build) -> dict[str, object]:
    """Return the config of an image; each layer is a step of its history, and one step made none."""
    history: list[dict[str, object]] = [
        {"created": build.created, "created_by": layer.created_by} for layer in build.layers
    ]
    history.append(
        {"created": build.created, "created_by": f"CMD {encode_words(build.run)}", "empty_layer": True}
    )
    return {
        "created": build.created,
        **platform.to_json(),
        "config": dict(build.run),
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in build.layers]},
        "history": history,
    }


def encode_words(run: Mapping[str, object]) -> str:
    """Return the command of a config as a Dockerfile writes it."""
    words = run.get("Cmd") or run.get("Entrypoint") or []
    return "[" + ", ".join(f'"{word}"' for word in words) + "]" if isinstance(words, list) else str(words)
