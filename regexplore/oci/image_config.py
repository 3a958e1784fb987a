"""Image configs: how an image runs, and how it was built.

Source: image-spec v1.1 ``config.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from msgspec import Struct

from regexplore.errors import DocumentError, InvalidDigestError
from regexplore.oci import media_types, wire
from regexplore.oci.descriptor import Descriptor
from regexplore.oci.digest import Digest
from regexplore.oci.document import Document
from regexplore.oci.platform import Platform


# Some twenty of them are made with each config, and mostly nobody asks for one: a struct is made four times as fast.
class HistoryEntry(Struct, frozen=True, gc=False):
    """One build step, as the builder wrote it down.

    Examples
    --------
    >>> HistoryEntry(created_by="COPY app /app").empty_layer
    False
    """

    created: datetime | None = None
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ImageConfig(Document):
    """An image config.

    Attributes
    ----------
    platform : Platform
    created : datetime or None
        In UTC; None when missing, unreadable (then a problem says so) or Go's zero time.
    author : str
    config : mapping
        How to run it: ``Env``, ``Entrypoint``, ``Cmd``, ``Labels`` and others, as they stand.
    diff_ids : tuple of Digest
        Digests of the uncompressed layers, base first.
    history : tuple of HistoryEntry
        Build steps, oldest first; steps with ``empty_layer`` made no layer.

    Examples
    --------
    >>> raw = b'{"os": "linux", "architecture": "arm64", "rootfs": {"type": "layers", "diff_ids": []}}'
    >>> str(Document.examine(raw, Descriptor.from_bytes(media_types.OCI_CONFIG, raw)).platform)
    'linux/arm64'
    """

    reads = (media_types.OCI_CONFIG, media_types.DOCKER_CONFIG)

    platform: Platform
    created: datetime | None = None
    author: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    diff_ids: tuple[Digest, ...] = ()
    history: tuple[HistoryEntry, ...] = ()

    @property
    def kind(self) -> str:
        """Always ``config``."""
        return "config"

    @property
    def labels(self) -> Mapping[str, str]:
        """The image's labels; entries that are not text are left out."""
        labels = self.config.get("Labels")
        if not isinstance(labels, dict):
            return {}
        return {key: value for key, value in labels.items() if isinstance(value, str)}

    @classmethod
    def _read(
        cls, tree: Any, *, raw: bytes, descriptor: Descriptor, media_type: str, problems: list[str]
    ) -> ImageConfig:
        seen = wire.read(tree, wire.WireImageConfig)
        times = _Times(problems)
        return cls(
            raw=raw,
            descriptor=descriptor,
            media_type=media_type,
            platform=wire.platform(seen),
            created=times.read(seen.created, "$.created"),
            author=seen.author or "",
            config=seen.config or {},
            diff_ids=_diff_ids(seen.rootfs),
            history=tuple(
                HistoryEntry(
                    times.read(step.created, f"$.history[{n}].created"),
                    step.created_by or "",
                    step.author or "",
                    step.comment or "",
                    bool(step.empty_layer),
                )
                for n, step in enumerate(seen.history or ())
            ),
            problems=tuple(problems),
        )


class _Times:
    """Reads RFC 3339 times; a time that cannot be read is a problem, not a refusal."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems

    def read(self, text: str | None, where: str) -> datetime | None:
        if not text:
            return None
        time = parse_time(text)
        if time is None:
            self.problems.append(f"{where} is no RFC 3339 time: {text[:40]!a}")
        # Year 1 is how Go writes "not set".
        return None if time is None or time.year == 1 else time


def parse_time(text: str) -> datetime | None:
    """Read an RFC 3339 time with an offset; None when it is not one.

    Examples
    --------
    >>> parse_time("2026-03-01T10:00:00.123456789Z").isoformat()
    '2026-03-01T10:00:00.123456+00:00'
    """
    return _parsed_time(text) if len(text) <= 64 else None


@lru_cache(maxsize=1024)
def _parsed_time(text: str) -> datetime | None:
    # Images that were built together, or on one base, say the same times again and again.
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _diff_ids(rootfs: wire.WireRootfs | None) -> tuple[Digest, ...]:
    digests = []
    for n, text in enumerate((rootfs.diff_ids if rootfs else None) or ()):
        try:
            digests.append(Digest(text))
        except InvalidDigestError as error:
            raise DocumentError(error.message, where=f"$.rootfs.diff_ids[{n}]") from None
    return tuple(digests)
