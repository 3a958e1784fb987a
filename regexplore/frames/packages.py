"""Packages, from an image's package databases or from SBOMs, as a frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Schema

PACKAGES = Schema.of(
    ("name", TEXT, "name of the package"),
    ("version", TEXT, "its version, with epoch and release where the system has them"),
    ("type", TEXT, "kind of package as in purls: deb, apk, rpm, pypi, npm"),
    ("purl", TEXT, "package URL: the name across all package managers"),
    ("licence", TEXT, "licence, as the package says"),
    ("supplier", TEXT, "who made or maintains it, as the package says"),
    ("source", TEXT, "path of the database, or name of the SBOM, that it was read from"),
)


class Listed(Protocol):
    """A package as databases and SBOMs list it; "" for what is not known."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def type(self) -> str:
        """Its kind, as in purls."""

    @property
    def purl(self) -> str:
        """Its package URL."""

    @property
    def licence(self) -> str:
        """Its licence."""

    @property
    def supplier(self) -> str:
        """Who made it."""

    @property
    def source(self) -> str:
        """Where it is listed."""


def packages_frame(packages: Iterable[Listed], origin: Origin) -> pd.DataFrame:
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
