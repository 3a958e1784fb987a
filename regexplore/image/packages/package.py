"""A package: what is installed, in which version, and its name across all package managers (purl).

Source: package-url specification.
"""

from __future__ import annotations

from dataclasses import dataclass

from packageurl import PackageURL


@dataclass(frozen=True, slots=True)
class Package:
    """A package of an image.

    Attributes
    ----------
    name, version : str
    type : str
        As in purls: ``deb``, ``apk``, ``rpm``, ``pypi``, ``npm``.
    source : str
        Path of the database it was read from.
    architecture, licence, supplier : str
        "" where the database does not say.
    namespace : str
        Of the purl: the distribution, or an npm scope.
    distro : str
        Such as ``debian-12``; for packages of the operating system.
    """

    name: str
    version: str
    type: str
    source: str
    architecture: str = ""
    licence: str = ""
    supplier: str = ""
    namespace: str = ""
    distro: str = ""

    @property
    def purl(self) -> str:
        """The package URL; "" for a name that cannot be one.

        Examples
        --------
        >>> Package("openssl", "3.0.15-1", "deb", "/var/lib/dpkg/status", "amd64", namespace="debian").purl
        'pkg:deb/debian/openssl@3.0.15-1?arch=amd64'
        """
        # The library takes slashes and blanks off the name, and then fails on a name of nothing else.
        if not self.name.replace("/", "").strip():
            return ""
        qualifiers = {"arch": self.architecture, "distro": self.distro}
        try:
            return PackageURL(
                self.type,
                self.namespace or None,
                self.name,
                self.version or None,
                {key: value for key, value in qualifiers.items() if value} or None,
            ).to_string()
        except ValueError:
            return ""
