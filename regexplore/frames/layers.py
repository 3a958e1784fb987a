"""The layers of an image or artifact, as a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from regexplore.frames.facts import TITLE, mismatch, steps_of_layers
from regexplore.frames.origin import Origin
from regexplore.frames.schema import FLAG, TEXT, TIME, WHOLE, Row, Schema
from regexplore.oci import Descriptor, Digest, HistoryEntry, ImageConfig, Manifest, media_types

LAYERS = Schema.of(
    ("n", WHOLE, "number of the layer, base first"),
    ("digest", TEXT, "digest of the layer as stored"),
    ("media_type", TEXT, "its media type"),
    ("compression", TEXT, "gzip, zstd or none, by the media type; missing when it is no file-system layer"),
    ("size", WHOLE, "bytes as stored"),
    ("diff_id", TEXT, "digest of the layer uncompressed, from the image config"),
    ("created_by", TEXT, "the command that made it, as the builder wrote it"),
    ("created", TIME, "when it was made, as the builder wrote it"),
    ("empty", FLAG, "the layer holds no file: it is the empty tar"),
    ("shared_with", TEXT, "other documents read in this session that hold the same layer"),
    ("title", TEXT, "file name of an artifact's layer (annotation org.opencontainers.image.title)"),
)

# 1,024 zero bytes: a tar archive without entries, which some builders store for steps that change no file.
EMPTY_TAR = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

Sharers = Callable[[Digest], list[str]]


def layers_frame(
    layers: tuple[Descriptor, ...],
    config: ImageConfig | None,
    origin: Origin,
    *,
    manifest: Manifest | None = None,
    sharers: Sharers = lambda _: [],
) -> pd.DataFrame:
    """Give one row for each layer.

    Parameters
    ----------
    layers
        In the order of the manifest.
    config
        The image config, for ``diff_id``, ``created_by`` and ``created``; None leaves them empty.
    origin
        The account of this frame.
    manifest
        The manifest the layers are of, when there is an image config.
    sharers
        Gives the names of other documents with that layer.
    """
    diff_ids, steps = _build_facts(manifest, config, origin)
    rows = (
        _row(n, layer, diff_id, step, sharers(layer.digest))
        for n, (layer, diff_id, step) in enumerate(zip(layers, diff_ids, steps, strict=False), 1)
    )
    return LAYERS.frame(rows, origin)


def _build_facts(
    manifest: Manifest | None, config: ImageConfig | None, origin: Origin
) -> tuple[Iterator[Digest | None], Iterator[HistoryEntry | None]]:
    """Give diff ids and build steps, or endless Nones where they do not match the layers one to one."""
    diff_ids: Iterator[Digest | None] = iter(lambda: None, 0)
    steps: Iterator[HistoryEntry | None] = iter(lambda: None, 0)
    if manifest is None or config is None:
        return diff_ids, steps
    if len(config.diff_ids) == len(manifest.layers):
        diff_ids = iter(config.diff_ids)
    else:
        origin.partial(f"the config has {len(config.diff_ids)} diff ids for {len(manifest.layers)} layers")
    matched = steps_of_layers(manifest, config)
    if matched is not None:
        steps = iter(matched)
    elif config.history:
        origin.partial(mismatch(manifest, config))
    return diff_ids, steps


def _row(
    n: int, layer: Descriptor, diff_id: Digest | None, step: HistoryEntry | None, sharers: list[str]
) -> Row:
    return {
        "n": n,
        "digest": layer.digest,
        "media_type": layer.media_type,
        "compression": media_types.compression(layer.media_type),
        "size": layer.size,
        "diff_id": diff_id,
        "created_by": step.created_by if step else None,
        "created": step.created if step else None,
        "empty": None if diff_id is None else diff_id == EMPTY_TAR,
        "shared_with": ", ".join(sharers),
        "title": (layer.annotations or {}).get(TITLE),
    }
