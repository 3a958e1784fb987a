"""Packages across images, and SBOMs side by side, as frames."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Row, Schema

FOUND_PACKAGES = Schema.of(
    ("reference", TEXT, "image that has it"),
    ("digest", TEXT, "digest of the image"),
    ("platform", TEXT, "its platform, when it is a child of an index"),
    ("name", TEXT, "name of the package"),
    ("version", TEXT, "its version"),
    ("type", TEXT, "kind of package as in purls"),
    ("purl", TEXT, "package URL"),
    ("source", TEXT, "SBOM or package database that says so"),
    ("status", TEXT, "matches, or not known: the order of its version could not be told"),
)

SBOM_CHECK = Schema.of(
    ("name", TEXT, "name of the package"),
    ("version", TEXT, "its version"),
    ("type", TEXT, "kind of package as in purls"),
    ("where", TEXT, "both, only SBOM, or only image"),
    ("purl", TEXT, "package URL"),
)

SBOM_DIFF = Schema.of(
    ("change", TEXT, "added, removed, or changed"),
    ("name", TEXT, "name of the package"),
    ("type", TEXT, "kind of package as in purls"),
    ("before", TEXT, "version in the first"),
    ("after", TEXT, "version in the second"),
)


def found_packages_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one row for each image, package and source."""
    return FOUND_PACKAGES.frame(rows, origin)


def sbom_check_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one row for each package of SBOM or image."""
    return SBOM_CHECK.frame(rows, origin)


def sbom_diff_frame(rows: Iterable[Row], origin: Origin) -> pd.DataFrame:
    """Give one row for each package that differs."""
    return SBOM_DIFF.frame(rows, origin)
