"""What differs inside two images: layers, steps, files, packages; each as a frame."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import FLAG, TEXT, WHOLE, Row, Schema

LAYER_CHANGES = Schema.of(
    ("n", WHOLE, "number of the layer, base first"),
    ("shared", FLAG, "both images have the same content at this place, and at all before it"),
    ("a", TEXT, "digest of the layer of the first image"),
    ("b", TEXT, "digest of the layer of the second image"),
    ("size_a", WHOLE, "bytes as stored"),
    ("size_b", WHOLE, "bytes as stored"),
)
STEP_CHANGES = Schema.of(
    ("n", WHOLE, "number of the step, oldest first"),
    ("change", TEXT, "same, changed, only in a, only in b"),
    ("a", TEXT, "the step of the first image, made readable"),
    ("b", TEXT, "the step of the second image, made readable"),
)
FILE_CHANGES = Schema.of(
    ("path", TEXT, "path from the root"),
    ("change", TEXT, "added, removed or changed"),
    ("what", TEXT, "for changed ones: type, content, link, mode, owner; mtime alone does not count"),
    ("type", TEXT, "file, directory, symlink, ..."),
    ("size_a", WHOLE, "bytes in the first image"),
    ("size_b", WHOLE, "bytes in the second image"),
    ("bytes", WHOLE, "how many more bytes the second image has there"),
)
PACKAGE_CHANGES = Schema.of(
    ("name", TEXT, "name of the package"),
    ("type", TEXT, "deb, apk, rpm, pypi, npm"),
    ("change", TEXT, "added, removed, up, down; changed where the order of versions cannot be told"),
    ("a", TEXT, "version in the first image"),
    ("b", TEXT, "version in the second image"),
)


def changes_frame(schema: Schema, rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one of these frames."""
    return schema.frame(rows, origin)
