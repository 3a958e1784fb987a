"""Alpine's packages: ``/lib/apk/db/installed``.

Source: Alpine's "Apk spec", installed database.
"""

from __future__ import annotations

from collections.abc import Iterator

from regexplore.image.packages.os_release import OsRelease
from regexplore.image.packages.package import Package


def read_apk(content: bytes, path: str, system: OsRelease) -> Iterator[Package]:
    """Yield the packages of an installed database."""
    for block in content.decode("utf-8", "replace").split("\n\n"):
        fields = dict(line.split(":", 1) for line in block.split("\n") if line[1:2] == ":")
        if fields.get("P"):
            yield Package(
                fields["P"],
                fields.get("V", ""),
                "apk",
                path,
                fields.get("A", ""),
                fields.get("L", ""),
                fields.get("m", ""),
                namespace=system.id or "alpine",
                distro=system.distro,
            )
