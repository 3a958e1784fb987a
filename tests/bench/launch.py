"""Run one program and say what it took, as JSON: ``python -I -S launch.py OUTPUT WORDS...``.

The kernel counts into a program's peak memory what its parent held when it was started. So it is started from this
small process, and not from one that holds frames. OUTPUT is ``keep`` or ``drop``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time

MOST_OUTPUT = 1 << 20


def launch(words: list[str], *, keep: bool) -> dict[str, object]:
    """Run a program to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sink = out.fileno() if keep else os.open(os.devnull, os.O_WRONLY)
        actions = [(os.POSIX_SPAWN_DUP2, sink, 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)]
        started = time.perf_counter()
        pid = os.posix_spawnp(words[0], words, os.environ, file_actions=actions)
        _, status, used = os.wait4(pid, 0)
        wall = time.perf_counter() - started
        out.seek(0)
        err.seek(0)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "wall": wall,
            "cpu": used.ru_utime + used.ru_stime,
            "peak_mib": used.ru_maxrss / 1024,
            "out": out.read(MOST_OUTPUT).decode(errors="replace"),
            "err": err.read(MOST_OUTPUT).decode(errors="replace"),
        }


if __name__ == "__main__":
    print(json.dumps(launch(sys.argv[2:], keep=sys.argv[1] == "keep")))
