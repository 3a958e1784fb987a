"""Run the benchmarks, one after the other, each in a process of its own, and write the page: ``make bench``.

``python tests/bench/run.py [--size full|quick|tiny] [NAME...]``. Results are kept in ``.cache/bench``; the page is
written to ``docs`` at full size, and beside the results at the others.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
sys.path[:0] = [str(ROOT), str(FOLDER.parent)]

from bench import harness, page  # noqa: E402

BENCHMARKS = (
    "tags_listing",
    "tags_detail",
    "blob_transfer",
    "file_list",
    "second_look",
    "audit",
    "import_time",
    "graph_svg",
    "crawl_large",
    "sandbox_vs_distribution",
)


def main() -> int:
    """Measure; the status tells whether every script ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--size", choices=harness.SIZES, default="full")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    results = options.results or harness.RESULTS / options.size
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(FOLDER.parent)])}
    failed = []
    for name in options.names or BENCHMARKS:
        started = time.monotonic()
        command = [
            sys.executable,
            str(FOLDER / f"{name}.py"),
            "--size",
            options.size,
            "--results",
            str(results),
        ]
        command += ["--order", str(BENCHMARKS.index(name))]
        done = subprocess.run(command, env=environment, check=False)
        if done.returncode:
            failed.append(name)
        print(f"({name}: {time.monotonic() - started:.0f} s)", flush=True)
    written = page.write(results, ROOT / "docs" if options.size == "full" else results / "page")
    print(f"\nwritten: {written.relative_to(ROOT) if written.is_relative_to(ROOT) else written}")
    if failed:
        print(f"ended with an error: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
