"""Platforms: which machine an image is for.

Source: image-spec v1.1 ``image-index.md`` (platform object) and OCI's GOOS/GOARCH vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from regexplore.visible import spelled_out


@dataclass(frozen=True, slots=True)
class Platform:
    """Operating system and architecture of an image.

    Examples
    --------
    >>> str(Platform("linux", "arm64", "v8"))
    'linux/arm64/v8'
    >>> Platform.parse("linux/amd64").matches(Platform("linux", "amd64"))
    True
    """

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``os/architecture[/variant]``.

        Raises
        ------
        ValueError
            The text has another shape.
        """
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            raise ValueError(f"a platform reads os/architecture[/variant], not {text!a}")
        return cls(parts[0], parts[1], "/".join(parts[2:]))

    @property
    def is_unknown(self) -> bool:
        """Whether this is the ``unknown/unknown`` that BuildKit gives to attestation manifests."""
        return self.os == "unknown" and self.architecture == "unknown"

    def matches(self, wanted: Platform) -> bool:
        """Whether an image for this platform serves someone who asked for ``wanted``.

        Empty fields of ``wanted`` match anything, as in oras-go's platform selection.
        """
        return (
            self.os == wanted.os
            and self.architecture == wanted.architecture
            and wanted.variant in ("", self.variant)
            and wanted.os_version in ("", self.os_version)
            and set(wanted.os_features) <= set(self.os_features)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the platform object of the image-spec."""
        fields: dict[str, Any] = {"architecture": self.architecture, "os": self.os}
        if self.os_version:
            fields["os.version"] = self.os_version
        if self.os_features:
            fields["os.features"] = list(self.os_features)
        if self.variant:
            fields["variant"] = self.variant
        return fields

    def __str__(self) -> str:
        text = f"{self.os}/{self.architecture}"
        if self.variant:
            text += f"/{self.variant}"
        return spelled_out(f"{text} ({self.os_version})" if self.os_version else text)
