"""The build history of an image, as a frame: one row for each step, with the layer it made.

The history is what the builder wrote into the config; nothing proves it.
"""

from __future__ import annotations

import pandas as pd

from regexplore.frames.facts import mismatch, steps_of_layers
from regexplore.frames.origin import Origin
from regexplore.frames.schema import FLAG, TEXT, TIME, WHOLE, Row, Schema
from regexplore.image.build_steps import build_step
from regexplore.oci import Descriptor, HistoryEntry, ImageConfig, Manifest

HISTORY = Schema.of(
    ("n", WHOLE, "number of the step, oldest first"),
    ("created", TIME, "when the step ended"),
    ("created_by", TEXT, "the command, as the builder wrote it"),
    ("command", TEXT, "the same made readable, as an instruction of a Dockerfile"),
    ("comment", TEXT, "the builder's comment"),
    ("empty", FLAG, "the step made no layer"),
    ("layer", TEXT, "digest of the layer it made"),
    ("size", WHOLE, "bytes of that layer as stored"),
)


def history_frame(manifest: Manifest, config: ImageConfig, origin: Origin) -> pd.DataFrame:
    """Give one row for each step of the history. Costs no request.

    A history that does not account for the layers one to one leaves ``layer`` and ``size`` empty, and the
    frame says that it is partial.
    """
    matched = steps_of_layers(manifest, config) is not None
    if not matched:
        origin.partial(mismatch(manifest, config))
    layers = iter(manifest.layers if matched else ())
    rows = [
        _row(n, step, None if step.empty_layer else next(layers, None))
        for n, step in enumerate(config.history, 1)
    ]
    return HISTORY.frame(rows, origin)


def _row(n: int, step: HistoryEntry, layer: Descriptor | None) -> Row:
    return {
        "n": n,
        "created": step.created,
        "created_by": step.created_by,
        "command": str(build_step(step.created_by)),
        "comment": step.comment,
        "empty": step.empty_layer,
        "layer": layer.digest if layer else None,
        "size": layer.size if layer else None,
    }
