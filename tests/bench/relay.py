"""The relay between a client and a registry: round trips of so many milliseconds, and a count of what goes through."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from support.tools import tool

PROGRAM = "delayproxy"
LEFT_OUT = f"round trips and request counts: {PROGRAM} is not there, it is built by Go"


@dataclass(frozen=True)
class Counts:
    """What went through since the start."""

    requests: int
    connections: int
    sent: int

    def __sub__(self, before: Counts) -> Counts:
        return Counts(
            self.requests - before.requests, self.connections - before.connections, self.sent - before.sent
        )


@dataclass(frozen=True)
class Relay:
    """A running relay."""

    host: str
    process: subprocess.Popen[str]

    @classmethod
    @contextmanager
    def open(cls, target: str, milliseconds: float) -> Iterator[Relay | None]:
        """Run a relay to a registry while the block runs; None where its program cannot be had."""
        program = tool(PROGRAM)
        if program is None:
            yield None
            return
        command = [str(program), target, str(milliseconds)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        ) as process:
            try:
                yield cls(process.stdout.readline().strip(), process)
            finally:
                process.stdin.close()

    def counts(self) -> Counts:
        """Ask for the counts."""
        self.process.stdin.write("\n")
        return Counts(*map(int, self.process.stdout.readline().split()))
