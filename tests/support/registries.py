"""Registries that are not ours, each a process on a free loopback port."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

START_SECONDS = 20

DISTRIBUTION = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {data}}}
  delete: {{enabled: true}}
http:
  addr: {host}
{extra}"""


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@contextlib.contextmanager
def distribution(program: Path, folder: Path, *, extra: str = "", scheme: str = "http") -> Iterator[str]:
    """Run Debian's docker-registry; yields ``host:port``."""
    with distribution_process(program, folder, extra=extra, scheme=scheme) as (host, _):
        yield host


@contextlib.contextmanager
def distribution_process(
    program: Path, folder: Path, *, extra: str = "", scheme: str = "http"
) -> Iterator[tuple[str, int]]:
    """The same; yields ``host:port`` and the number of the process."""
    host = f"127.0.0.1:{free_port()}"
    config = folder / "config.yml"
    config.write_text(DISTRIBUTION.format(data=folder / "data", host=host, extra=extra))
    with running([program, "serve", config], f"{scheme}://{host}/v2/", folder) as pid:
        yield host, pid


@contextlib.contextmanager
def go_registry(program: Path, folder: Path) -> Iterator[str]:
    """Run go-containerregistry's registry, in memory: it has the referrers API, in its own way."""
    host = f"127.0.0.1:{free_port()}"
    with running([program, host], f"http://{host}/v2/", folder):
        yield host


@contextlib.contextmanager
def running(command: Sequence[object], url: str, folder: Path) -> Iterator[int]:
    """Run a server until the block ends; it must answer before the block begins. Yields its process number."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, cwd=folder)
    try:
        wait_until_up(process, url, folder / "server.log")
        yield process.pid
    finally:
        process.kill()
        process.wait()


def wait_until_up(process: subprocess.Popen, url: str, log: Path) -> None:
    """Wait for an HTTP answer of any kind."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError:
            return
        except OSError as error:
            if "CERTIFICATE" in str(error).upper():
                return
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(log.read_text()[-2000:])
