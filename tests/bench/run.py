"""Run every benchmark, one after the other, in this one process's environment: ``make bench``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
BENCHMARKS = (
    "tags_detail.py",
    "blob_transfer.py",
    "file_list.py",
    "graph_svg.py",
    "audit.py",
    "sandbox_vs_distribution.py",
)


def main() -> None:
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent)}
    for name in BENCHMARKS:
        print(f"\n==== {name.removesuffix('.py').replace('_', ' ')}", flush=True)
        done = subprocess.run([sys.executable, str(FOLDER / name)], env=environment, check=False)
        if done.returncode:
            print(f"{name} ended with status {done.returncode}")


if __name__ == "__main__":
    main()
