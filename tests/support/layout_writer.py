"""Writes a `MemoryStore` as an OCI image layout."""

from __future__ import annotations

import json
from pathlib import Path

from regexplore.content.layout import REF_NAME
from regexplore.content.memory import MemoryStore
from regexplore.content.store import fetch_all


def write_layout(store: MemoryStore, directory: Path) -> Path:
    """Every content becomes a blob; tags and what nothing leads to become entries of index.json."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    entries = []
    [tags] = store.tag_pages()
    for tag in tags:
        entries.append(store.resolve(tag).plain().to_json() | {"annotations": {REF_NAME: tag}})
    entries += [
        root.plain().to_json()
        for root in store.roots()
        if not any(e["digest"] == root.digest for e in entries)
    ]
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    for descriptor in store.contents():
        blob = directory / "blobs" / descriptor.digest.algorithm / descriptor.digest.encoded
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(fetch_all(store, descriptor, descriptor.size))
    return directory
