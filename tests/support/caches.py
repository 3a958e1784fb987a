"""Small images in any registry, and programs that look at them in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import regexplore as rx
from regexplore.oci import Descriptor, media_types
from regexplore.remote.repository import RemoteRepository


def push_image(repo: RemoteRepository, tag: str, text: str = "x", layer: bytes = b"layer") -> Descriptor:
    """Push an image whose config says ``text``."""
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "author": text,
            "rootfs": {"type": "layers", "diff_ids": [str(Descriptor.from_bytes("", layer).digest)]},
        }
    ).encode()
    described = [
        Descriptor.from_bytes(media_types.OCI_CONFIG, config),
        Descriptor.from_bytes(media_types.OCI_LAYER_TAR, layer),
    ]
    for one, content in zip(described, (config, layer), strict=True):
        if not repo.exists(one):
            repo.push(one, content)
    raw = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_MANIFEST,
            "config": described[0].to_json(),
            "layers": [described[1].to_json()],
        }
    ).encode()
    manifest = Descriptor.from_bytes(media_types.OCI_MANIFEST, raw)
    repo.push_reference(manifest, raw, tag)
    return manifest


def in_another_process(program: str, *words: object, check: bool = True) -> Any:
    """Run Python in a process of its own; what it prints last is read as JSON."""
    environment = {**os.environ, "PYTHONPATH": str(Path(rx.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if check:
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])
    return done
