"""What importing costs, beside requests: each in a process of its own, interleaved, CPU time and the interpreter's taken off."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

ROUNDS = 15
STATEMENTS = {
    "nothing": "pass",
    "import requests": "import requests",
    "import regexplore": "import regexplore",
    "the client of regexplore": "import regexplore.remote",
    "what a notebook holds": "from regexplore import Registry",
}
GOAL = 1.2


def measure(rounds: int = ROUNDS) -> dict[str, list[tuple[float, float]]]:
    """Return wall and CPU seconds of each statement in each round."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in STATEMENTS}
    for _ in range(rounds):
        for name, statement in STATEMENTS.items():
            began, before = time.perf_counter(), _spent()
            subprocess.run([sys.executable, "-c", statement], check=True)
            seconds[name].append((time.perf_counter() - began, _spent() - before))
    return seconds


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    seconds = measure()
    wall = {name: statistics.median(pair[0] for pair in pairs) for name, pairs in seconds.items()}
    cpu = {name: statistics.median(pair[1] for pair in pairs) for name, pairs in seconds.items()}
    base = cpu["import requests"] - cpu["nothing"]
    print(
        f"median of {ROUNDS} rounds, in milliseconds; the ratio is of CPU time without the interpreter's own"
    )
    print(f"{'statement':28}{'wall':>8}{'CPU':>8}{'ratio':>8}")
    for name in STATEMENTS:
        ratio = (cpu[name] - cpu["nothing"]) / base
        print(f"{name:28}{wall[name] * 1000:8.1f}{cpu[name] * 1000:8.1f}{ratio:8.2f}")
    reached = (cpu["import regexplore"] - cpu["nothing"]) / base <= GOAL
    print(f"goal: import regexplore at most {GOAL} of import requests: {'reached' if reached else 'missed'}")


if __name__ == "__main__":
    main()
