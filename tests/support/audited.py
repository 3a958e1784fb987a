"""What rules look at, made by hand: one thing each, nothing else of it known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from regexplore.auditing.catalogue import RULES
from regexplore.auditing.engine import ask_all
from regexplore.auditing.policy import Policy
from regexplore.auditing.subjects import AuditedManifest, AuditedRegistry, AuditedRepository, FileView
from regexplore.content.tar_entries import FILE
from regexplore.image.file_system import FileSystem
from regexplore.image.layer import LayerListing
from regexplore.image.packages import OsRelease
from regexplore.oci import Descriptor, Digest, Document, media_types

NAME = "registry.example/app"
LAYER = Descriptor(media_types.OCI_LAYER_GZIP, Digest.of(b"layer"), 5)
CONFIG = Descriptor(media_types.OCI_CONFIG, Digest.of(b"config"), 6)


def document(tree: Mapping[str, Any], media_type: str = media_types.OCI_MANIFEST) -> Document:
    raw = json.dumps({"schemaVersion": 2, "mediaType": media_type, **tree}).encode()
    return Document.examine(raw, Descriptor.from_bytes(media_type, raw))


def manifest(config: Descriptor = CONFIG, layers: Iterable[Descriptor] = (LAYER,), **fields: Any) -> Document:
    listed = [one.to_json() for one in layers]
    return document({"config": config.to_json(), "layers": listed, **fields})


def audited(what: Document, **known: Any) -> AuditedManifest:
    return AuditedManifest(NAME, f"{NAME}:v1", what, ("v1",), **known)


def config(**fields: Any) -> Document:
    raw = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": []}, **fields}).encode()
    return Document.examine(raw, Descriptor.from_bytes(media_types.OCI_CONFIG, raw))


def files(*entries: tuple[str, int, bytes], error: Any = None, **known: Any) -> FileView:
    """Give the inside of an image of one layer, from paths, modes and contents."""
    listing = LayerListing(LAYER, error=error)
    for row, (path, mode, content) in enumerate(entries):
        listing.names.append(path)
        listing.types.append(FILE)
        for column, value in (
            (listing.modes, mode),
            (listing.uids, 0),
            (listing.gids, 0),
            (listing.sizes, len(content)),
            (listing.mtimes, 0),
            (listing.offsets, 0),
        ):
            column.append(value)
        listing.kept[row] = content
    held = {path: content for path, _, content in entries}
    given = {"packages": (), "databases": (), "os": OsRelease(), "read": held.__getitem__, **known}
    return FileView(FileSystem([listing]), **given)


def answers(
    rule: str,
    subject: AuditedManifest | AuditedRepository | AuditedRegistry,
    policy: Policy | None = None,
) -> list[tuple[str, str, str]]:
    """Ask one rule through the engine; give status, severity and message of each answer."""
    registry, repositories = None, []
    if isinstance(subject, AuditedRegistry):
        registry = subject
    elif isinstance(subject, AuditedRepository):
        repositories = [subject]
    else:
        repositories = [AuditedRepository(NAME, {"v1": str(subject.digest)}, manifests=[subject])]
    rows = ask_all(registry, repositories, {rule: RULES[rule]}, policy or Policy())
    return [(row["status"], row["severity"], row["message"]) for row in rows]


def answer(rule: str, subject: Any, policy: Policy | None = None) -> str:
    """Give the status of a rule that has one answer."""
    [(status, _, _)] = answers(rule, subject, policy)
    return status
