"""What every SBOM says, whatever its format. All of it is claimed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

# The scheme and the type; an SBOM has thousands of purls, and nothing else of them is needed here.
_TYPE = re.compile(r"pkg:/{0,2}([A-Za-z][A-Za-z0-9.+-]{0,30})/[^/]", re.ASCII)

# What SPDX writes for "somebody should have said": no value of its own.
NO_VALUES = frozenset({"", "NOASSERTION", "NONE"})


# An SBOM has thousands of them, and a struct is made in a quarter of the time of a frozen dataclass.
class Component(Struct, frozen=True, gc=False):
    """A package that an SBOM lists.

    Attributes
    ----------
    name, version, purl, licence, supplier : str
        "" where the SBOM does not say.
    type : str
        As in purls: ``deb``, ``pypi``, ``golang`` ...; "" without a purl.
    source : str
        Name of the SBOM's format.
    cpe : str
    """

    name: str
    version: str = ""
    type: str = ""
    purl: str = ""
    licence: str = ""
    supplier: str = ""
    source: str = ""
    cpe: str = ""


@dataclass(frozen=True, slots=True)
class Sbom:
    """An SBOM.

    Attributes
    ----------
    format : str
        ``SPDX 2.3``, ``CycloneDX 1.6``, ``syft 16.0.0`` ...
    name : str
        What it says it is about.
    created : datetime or None
    creators : tuple of str
    subjects : tuple of str
        Digests it says it is about, ``sha256:...``; mostly none.
    components : tuple of Component
    relationships : int
        How many relations between packages it tells.
    problems : tuple of str
        What could not be read of it.
    """

    format: str
    name: str
    created: datetime | None
    creators: tuple[str, ...]
    subjects: tuple[str, ...]
    components: tuple[Component, ...]
    relationships: int = 0
    problems: tuple[str, ...] = ()


def said(value: str) -> str:
    """Give a value; "" for SPDX's words for none."""
    return "" if value.strip() in NO_VALUES else value


def purl_type(purl: str) -> str:
    """Give the type of a purl; "" for text that is none.

    Examples
    --------
    >>> purl_type("pkg:deb/debian/openssl@3.0.15-1")
    'deb'
    """
    found = _TYPE.match(purl)
    return found[1].lower() if found else ""
