"""Which operating system an image is made of.

Source: os-release(5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PATHS = ("/etc/os-release", "/usr/lib/os-release")


@dataclass(frozen=True, slots=True)
class OsRelease:
    """What ``os-release`` says.

    Attributes
    ----------
    id, version_id, pretty_name : str
        Such as ``debian``, ``12``, ``Debian GNU/Linux 12 (bookworm)``; "" where it does not say.
    fields : mapping
        Everything in the file.
    """

    id: str = ""
    version_id: str = ""
    pretty_name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def distro(self) -> str:
        """The name that purls use: ``debian-12``."""
        return "-".join(part for part in (self.id, self.version_id) if part)


def read_os_release(content: bytes) -> OsRelease:
    r"""Read the file.

    Examples
    --------
    >>> read_os_release(b'ID=debian\nVERSION_ID="12"\n').distro
    'debian-12'
    """
    fields: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").splitlines()[:200]:
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            fields[key] = _unquoted(value)
    return OsRelease(
        fields.get("ID", ""), fields.get("VERSION_ID", ""), fields.get("PRETTY_NAME", ""), fields
    )


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return value.replace('\\"', '"').replace("\\$", "$").replace("\\\\", "\\")
