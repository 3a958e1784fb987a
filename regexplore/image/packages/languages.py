"""Packages of programming languages that leave their metadata beside them: Python, Node.

Source: PyPA "Recording installed projects", core metadata; npm's package.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from regexplore.errors import LayerError
from regexplore.image.packages.os_release import OsRelease
from regexplore.image.packages.package import Package


def read_python(content: bytes, path: str, _system: OsRelease) -> Iterator[Package]:
    """Yield the project of a ``METADATA`` or ``PKG-INFO`` file."""
    fields: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").splitlines():
        if not line:
            break
        key, colon, value = line.partition(":")
        if colon and key not in fields and line[0] not in " \t":
            fields[key] = value.strip()
    if fields.get("Name"):
        licence = fields.get("License-Expression") or fields.get("License", "")
        yield Package(
            fields["Name"],
            fields.get("Version", ""),
            "pypi",
            path,
            licence="" if licence == "UNKNOWN" else licence,
            supplier=fields.get("Author") or fields.get("Author-email", ""),
        )


def read_node(content: bytes, path: str, _system: OsRelease) -> Iterator[Package]:
    """Yield the package of a ``package.json`` below ``node_modules``.

    Raises
    ------
    LayerError
        It is not the JSON of a package.
    """
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        raise LayerError(f"{path} is not JSON") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("name"), str) or not tree.get("version"):
        # Many a directory in a package has such a file, to say how it is to be loaded.
        return
    scope, slash, name = tree["name"].rpartition("/")
    licence = tree.get("license")
    author = tree.get("author")
    yield Package(
        name,
        str(tree["version"]),
        "npm",
        path,
        licence=licence if isinstance(licence, str) else "",
        supplier=author if isinstance(author, str) else "",
        namespace=scope if slash else "",
    )
