"""The first documents of a process may be read by many threads at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

RACE = """
import sys, threading
sys.setswitchinterval(1e-6)
from regexplore.oci import wire
part = {"mediaType": "a", "digest": "b", "size": 1, "platform": {"os": "linux", "architecture": "amd64"}}
manifest = {"schemaVersion": 2, "config": part, "layers": [part], "annotations": {"a": "b"}}
config = {"architecture": "a", "os": "b", "rootfs": {"diff_ids": ["x"]}, "history": [{"created": "x"}]}
start = threading.Barrier(32)

def read(n):
    start.wait()
    for tree, shape in ((manifest, wire.WireManifest), (config, wire.WireImageConfig))[:: 1 if n % 2 else -1]:
        wire.read(tree, shape)

threads = [threading.Thread(target=read, args=(n,)) for n in range(32)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("_", range(3))
def test_shapes_are_known_before_any_thread_meets_them(_):
    """Met first by two threads, a shape could end the whole process."""
    assert subprocess.run([sys.executable, "-c", RACE], check=False).returncode == 0
