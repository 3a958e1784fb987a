"""50 writers hang referrers on one subject at once, by the API and by the tag schema: nothing that was said to be done is lost."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from support import fault_matrix as scene
from support.fifty_writers import push

WRITERS = 50
PROCESSES = 5
PROGRAM = """
import sys
sys.path[:0] = sys.argv[3].split(":")
from concurrent.futures import ThreadPoolExecutor
from support.fifty_writers import push
print("ready", flush=True)
sys.stdin.readline()
numbers = range(int(sys.argv[2]), int(sys.argv[2]) + 10)
with ThreadPoolExecutor(10) as pool:
    for digest in pool.map(lambda n: push(sys.argv[1], n), numbers):
        print(digest, flush=True)
"""


def listed(server):
    return {str(found.digest) for found in scene.opened(server).predecessors(scene.IMAGE)}


@pytest.mark.parametrize("profile", scene.PROFILES)
def test_threads(profile):
    with scene.served(profile) as server:
        together = Barrier(WRITERS)

        def write(number):
            together.wait(60)
            return push(server.host, number)

        with ThreadPoolExecutor(WRITERS) as pool:
            acknowledged = set(pool.map(write, range(WRITERS)))
        assert len(acknowledged) == WRITERS
        assert listed(server) == acknowledged | {scene.SIGNATURE.digest}
        scene.kept_index(server)


@pytest.mark.parametrize("profile", scene.PROFILES)
def test_threads_of_several_processes(profile):
    with scene.served(profile) as server:
        paths = ":".join(path for path in sys.path if path)
        started = [
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, server.host, str(10 * n), paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(PROCESSES)
        ]
        try:
            for process in started:
                assert process.stdout.readline() == "ready\n"
            for process in started:
                process.stdin.write("go\n")
                process.stdin.flush()
            acknowledged = {line for process in started for line in process.communicate()[0].split()}
        finally:
            for process in started:
                process.kill()
                process.wait()
        assert [process.returncode for process in started] == [0] * PROCESSES
        assert len(acknowledged) == WRITERS
        assert listed(server) == acknowledged | {scene.SIGNATURE.digest}
        scene.kept_index(server)
