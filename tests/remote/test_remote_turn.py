"""One writer at a time, among threads and processes."""

import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from regexplore.remote.turn import turn

HOLD = """
import sys
from regexplore.remote.turn import turn
with turn("name") as held:
    print(held, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_threads_take_turns():
    inside, most = [], []

    def work(_):
        with turn("name") as held:
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            return held

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(100)))
    assert max(most) == 1


def test_another_process_is_waited_for_and_its_death_ends_its_turn(tmp_path):
    environment = {"TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as other:
        assert other.stdout.readline() == "True\n"
        with turn("name", longest=0.05) as held:
            assert not held
        mine, got = threading.Event(), []

        def wait():
            with turn("name") as held:
                got.append(held)
                mine.set()

        threading.Thread(target=wait).start()
        assert not mine.is_set()
        other.kill()
        assert mine.wait(20)
    assert got == [True]


def test_a_folder_of_somebody_else_is_not_used(tmp_path):
    with turn("name") as held:
        assert held
    (folder,) = tmp_path.iterdir()
    folder.chmod(0o777)
    with turn("name") as held:
        assert not held


def test_a_link_in_its_place_is_not_followed(tmp_path):
    with turn("name"):
        pass
    (folder,) = tmp_path.iterdir()
    (file,) = folder.iterdir()
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    with turn("name") as held:
        assert not held
    assert not (tmp_path / "elsewhere").exists()
