"""Packages, from an image's package databases or from SBOMs, as a frame."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Schema
from regexplore.image.packages import Package

PACKAGES = Schema.of(
    ("name", TEXT, "name of the package"),
    ("version", TEXT, "its version, with epoch and release where the system has them"),
    ("type", TEXT, "kind of package as in purls: deb, apk, rpm, pypi, npm"),
    ("purl", TEXT, "package URL: the name across all package managers"),
    ("licence", TEXT, "licence, as the package says"),
    ("supplier", TEXT, "who made or maintains it, as the package says"),
    ("source", TEXT, "path of the database, or name of the SBOM, that it was read from"),
)


def packages_frame(packages: Iterable[Package], origin: Origin) -> pd.DataFrame:
    """Give one row for each package, in the order given."""
    rows = (
        {
            "name": package.name,
            "version": package.version,
            "type": package.type,
            "purl": package.purl,
            "licence": package.licence,
            "supplier": package.supplier,
            "source": package.source,
        }
        for package in packages
    )
    return PACKAGES.frame(rows, origin)
