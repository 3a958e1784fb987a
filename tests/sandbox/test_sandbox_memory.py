"""Blobs of any size cost the same memory, with either store."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.registry_wire import Wire

ROOT = Path(__file__).parents[2]
CHUNK = b"\x5a\xa5" * (1 << 19)
CHUNKS = 128
SERVE = """
import sys
from regexplore.sandbox import SandboxServer
with SandboxServer(storage=sys.argv[1] or None) as server:
    print(server.host, flush=True)
    sys.stdin.read()
"""


def peak_mib(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize("storage", ["memory", "disk"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_large_blob_is_streamed_both_ways(tmp_path, storage, algorithm):
    place = str(tmp_path / "store") if storage == "disk" else ""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, place],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        wire = Wire(f"http://{process.stdout.readline().strip()}")
        wire.push_image("demo/app", "v1")
        hasher = hashlib.new(algorithm)
        for _ in range(CHUNKS):
            hasher.update(CHUNK)
        digest = f"{algorithm}:{hasher.hexdigest()}"
        before = peak_mib(process.pid)
        pushed = wire.put(wire.upload("demo/app"), digest, (CHUNK for _ in range(CHUNKS)))
        assert pushed.status_code == 201
        got = wire("GET", f"demo/app/blobs/{digest}", stream=True)
        assert sum(len(part) for part in got.iter_content(1 << 20)) == CHUNKS << 20
        assert peak_mib(process.pid) - before < 24
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
