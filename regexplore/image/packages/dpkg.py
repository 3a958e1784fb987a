"""Debian's and Ubuntu's packages: ``/var/lib/dpkg/status``, and ``status.d`` of images without a package manager.

Source: dpkg(1); deb-control(5).
"""

from __future__ import annotations

from collections.abc import Iterator

from regexplore.image.packages.os_release import OsRelease
from regexplore.image.packages.package import Package


def read_dpkg(content: bytes, path: str, system: OsRelease) -> Iterator[Package]:
    """Yield the installed packages of a status file.

    Packages that were removed and left their configuration behind are not installed.
    """
    for block in content.decode("utf-8", "replace").split("\n\n"):
        fields = control_fields(block)
        status = fields.get("Status", "installed").split()
        if not fields.get("Package") or status[-1:] != ["installed"]:
            continue
        yield Package(
            fields["Package"],
            fields.get("Version", ""),
            "deb",
            path,
            fields.get("Architecture", ""),
            supplier=fields.get("Maintainer", ""),
            namespace=system.id or "debian",
            distro=system.distro,
        )


def control_fields(block: str) -> dict[str, str]:
    """Return the fields of one paragraph, first lines only."""
    found: dict[str, str] = {}
    for line in block.split("\n"):
        if line[:1] not in ("", " ", "\t"):
            key, colon, value = line.partition(":")
            if colon:
                found[key] = value.strip()
    return found
