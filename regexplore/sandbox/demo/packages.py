"""The packages of the demo images: one list, from which the package databases and the SBOMs are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """A package; ``type`` is that of its purl (deb, pypi)."""

    name: str
    version: str
    type: str = "deb"
    licence: str = "GPL-2.0-or-later"
    supplier: str = "Organization: Demo Linux"

    def purl(self, architecture: str) -> str:
        """Return the package URL."""
        if self.type == "deb":
            return f"pkg:deb/demo/{self.name}@{self.version}?arch={architecture}&distro=demo-12"
        return f"pkg:{self.type}/{self.name}@{self.version}"


BASE = (
    Package("base-files", "12.4", licence="GPL-2.0-or-later"),
    Package("libc6", "2.36-9", licence="LGPL-2.1-or-later"),
    Package("bash", "5.2.15-2", licence="GPL-3.0-or-later"),
    Package("zlib1g", "1.2.13-1", licence="Zlib"),
    Package("openssl", "3.0.6-1", licence="Apache-2.0"),
    Package("ca-certificates", "20230311", licence="MPL-2.0"),
)
OPENSSL_FIXED = Package("openssl", "3.0.15-1", licence="Apache-2.0")
PYTHON = (
    Package("python3.11", "3.11.2-6", licence="PSF-2.0"),
    Package("libsqlite3-0", "3.40.1-2", licence="blessing"),
)
APPLICATION = (
    Package("flask", "3.0.2", "pypi", "BSD-3-Clause", "Organization: Pallets"),
    Package("requests", "2.31.0", "pypi", "Apache-2.0", "Organization: Python Software Foundation"),
    Package("jinja2", "3.1.3", "pypi", "BSD-3-Clause", "Organization: Pallets"),
)


def dpkg_status(packages: Iterable[Package], architecture: str) -> str:
    """Return the text of ``/var/lib/dpkg/status``."""
    return "\n".join(
        f"Package: {package.name}\nStatus: install ok installed\nArchitecture: {architecture}\n"
        f"Version: {package.version}\nMaintainer: Demo Linux <demo@example.com>\nDescription: {package.name}\n"
        for package in packages
        if package.type == "deb"
    )


def dist_info(package: Package) -> str:
    """Return the ``METADATA`` of an installed Python distribution."""
    return f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {package.version}\nLicense: {package.licence}\n"
