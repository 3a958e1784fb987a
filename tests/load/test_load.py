"""Very many requests: memory, sockets and threads of client and sandbox stay as they are.

``make load`` sends 100,000; ``make test`` fewer of the same. `REGEXPLORE_LOAD` says how many.
"""

import gc
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from support.clients import options_for
from support.left_over import sockets

import regexplore as rx
from regexplore.oci import media_types

REQUESTS = int(os.environ.get("REGEXPLORE_LOAD", "6000"))
THREADS = 64
TAGS = 20
BATCH = 1_000
# What a process may grow between a tenth of the way and its end: allocators keep what they may need again.
GROWTH = 24 << 20
SERVE = """
import sys
from regexplore.sandbox import SandboxServer
from regexplore.oci import media_types
server = SandboxServer().start()
for n in range({tags}):
    raw = b'{{"schemaVersion":2,"mediaType":"%s","manifests":[],"annotations":{{"n":"%d"}}}}' % (
        media_types.OCI_INDEX.encode(), n)
    server.store.put_manifest("demo/app", media_types.OCI_INDEX, raw, tags=[f"v{{n}}"])
print(server.host, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def served():
    """The sandbox in a process of its own: its host, and its process."""
    program = SERVE.format(tags=TAGS)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.communicate()


class Usage:
    """What a process holds."""

    def __init__(self, process):
        status = Path(f"/proc/{process}/status").read_text()
        self.memory = 1024 * int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        self.threads = int(re.search(r"Threads:\s+(\d+)", status)[1])
        self.sockets = 0
        for link in list(Path(f"/proc/{process}/fd").iterdir()):
            with suppress(FileNotFoundError):  # closed since it was listed
                self.sockets += "socket:" in str(link.readlink())

    def __str__(self):
        return f"{self.memory / (1 << 20):.0f} MB, {self.threads} threads, {self.sockets} sockets"


def check_flat(early, late):
    assert late.memory - early.memory < GROWTH, f"{early}; {late}"
    assert late.threads <= early.threads + 2
    assert late.sockets <= early.sockets + 2


@pytest.mark.slow
def test_one_client_on_64_threads(served, capsys):
    host, server = served
    before_sockets, before_threads = sockets(), threading.active_count()
    repo = rx.Repository(f"{host}/demo/app", options=options_for(host, retries=2))
    wrong = []

    def ask(number, repo=repo):
        tag = f"v{number % TAGS}"
        if repo.resolve(tag).media_type != media_types.OCI_INDEX:
            wrong.append(number)

    with ThreadPoolExecutor(THREADS) as pool:
        # A pool makes its threads when they are needed: here all are there before the first reading.
        everybody = threading.Barrier(THREADS)
        list(pool.map(lambda _: everybody.wait(30), range(THREADS)))
        began = time.monotonic()
        done = 0
        for upto in (REQUESTS // 10, REQUESTS):
            while done < upto:
                # A few at a time: what waits in the queue of the pool is memory of the test, not of the client.
                batch = range(done, min(done + BATCH, upto))
                done += len(list(pool.map(ask, batch)))
            if upto < REQUESTS:
                early = Usage("self"), Usage(server.pid)
        late = Usage("self"), Usage(server.pid)
        taken = time.monotonic() - began
    with capsys.disabled():
        print(
            f"\nload: {REQUESTS:,} requests on {THREADS} threads, {REQUESTS / taken:,.0f} a second"
            f"\n  client   {early[0]}  after a tenth; {late[0]}  at the end"
            f"\n  sandbox  {early[1]}  after a tenth; {late[1]}  at the end"
        )
    assert wrong == []
    check_flat(early[0], late[0])
    check_flat(early[1], late[1])
    # One connection for each thread at most.
    assert late[0].sockets - before_sockets <= THREADS
    del repo, ask
    gc.collect()
    assert threading.active_count() <= before_threads + 1
    assert sockets() <= before_sockets


@pytest.mark.slow
def test_the_sandbox_under_wrk(served, capsys):
    wrk = shutil.which("wrk")
    if wrk is None:
        pytest.skip("wrk is not installed")
    host, server = served
    seconds = max(2, REQUESTS // 5000)
    url = f"http://{host}/v2/demo/app/manifests/v1"
    subprocess.run([wrk, "-t1", "-c16", "-d2s", url], check=True, capture_output=True)
    early = Usage(server.pid)
    done = subprocess.run(
        [wrk, "-t2", "-c64", f"-d{seconds}s", url], check=True, capture_output=True, text=True
    )
    answered = int(re.search(r"(\d+) requests in", done.stdout)[1])
    late = Usage(server.pid)
    with capsys.disabled():
        print(f"\nwrk: {answered:,} requests in {seconds} s; sandbox {early}  before; {late}  after")
    assert "Non-2xx" not in done.stdout
    assert "Socket errors" not in done.stdout
    assert answered > 0
    assert late.memory - early.memory < GROWTH
    assert late.threads <= early.threads + 2
