"""An interrupt at any point: the operation ends, what arrived is kept, and the same client then does it all.

Points are calls of regexplore's functions in the caller's thread, picked by a seed, and moments after some request by a
real signal.
"""

import os
import random
import signal
import sys
import threading
from pathlib import Path

import pytest
from support import fault_matrix as scene
from support.fault_matrix import OPERATIONS, TAKING_AWAY, plain, says_it_is_partial, served
from support.left_over import LeftOver

import regexplore as rx
from regexplore import errors

PACKAGE = str(Path(rx.__file__).parent)
SANDBOX = str(Path(PACKAGE, "sandbox"))
POINTS = 3
PATIENCE = 60
SIGNALLED = (
    "tags with detail",
    "graph",
    "files",
    "evidence",
    "copy to a layout",
    "snapshot",
    "audit",
    "crawl",
)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Remarks of the garbage collector are not kept: with them go all frames they passed, and their connections.

    It closes a connection that an interrupt cut off, and says so; an interrupt in a generator that it ends is lost.
    """
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)


class Interrupting:
    """Counts the functions that this thread enters in the package, and interrupts at one of them.

    There Python looks for signals; between a block of a lock and its end it does not.
    """

    def __init__(self, at=None):
        self.at, self.calls = at, 0

    def __enter__(self):
        # Coverage traces too, and goes on afterwards.
        self.before = sys.gettrace()
        sys.settrace(self.call)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def call(self, frame, _event, _argument):
        name = frame.f_code.co_filename
        # What runs in a finalizer cannot be interrupted: Python swallows it there.
        if name.startswith(PACKAGE) and not name.startswith(SANDBOX) and frame.f_code.co_name != "__del__":
            self.calls += 1
            if self.calls == self.at:
                raise KeyboardInterrupt


def attempt(operation, repo, folder):
    """Do it; None when it ended by the interrupt."""
    try:
        return operation(repo, folder)
    except KeyboardInterrupt:
        return None


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """The result of each operation, and how many calls it makes."""
    found = {}
    for name, operation in OPERATIONS.items():
        with served() as server, Interrupting() as counting:
            result = plain(operation(scene.opened(server, PATIENCE), tmp_path_factory.mktemp("sound")))
        found[name] = (result, counting.calls)
    return found


def check_again(name, repo, folder, found, wanted):
    """The same client does the same thing, as if nothing had been."""
    assert found is None or plain(found) == wanted or says_it_is_partial(found), found
    try:
        again = OPERATIONS[name](repo, folder)
    except errors.NotFoundError:
        assert name in TAKING_AWAY
    else:
        assert plain(again) == wanted


@pytest.mark.parametrize("name", OPERATIONS)
def test_at_calls_picked_at_random(name, right, tmp_path):
    wanted, calls = right[name]
    points = random.Random(name).sample(range(1, calls + 1), min(POINTS, calls))
    before = LeftOver()
    for number, point in enumerate(points):
        folder = tmp_path / str(number)
        folder.mkdir()
        with served() as server:
            repo = scene.opened(server, PATIENCE)
            with Interrupting(point):
                found = attempt(OPERATIONS[name], repo, folder)
            check_again(name, repo, folder, found, wanted)
            scene.kept_index(server)
        del repo, server, found
    assert before.nothing(), (before, points)


class Signalling:
    """Sends this process the signal of Ctrl-C when the registry has seen so many requests."""

    def __init__(self, server, requests):
        self.over = threading.Event()
        self.armed = True
        self.thread = threading.Thread(target=self.watch, args=(server, requests))

    def watch(self, server, requests):
        while len(server.log) < requests:
            if self.over.wait(0.0005):
                return
        if self.armed:
            os.kill(os.getpid(), signal.SIGINT)

    def handle(self, *_):
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt

    def __enter__(self):
        self.before = signal.signal(signal.SIGINT, self.handle)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.armed = False
        self.over.set()
        self.thread.join()
        signal.signal(signal.SIGINT, self.before)


@pytest.mark.parametrize("requests", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("name", SIGNALLED)
def test_by_a_signal_while_threads_are_at_work(name, requests, right, tmp_path):
    before = LeftOver()
    with served() as server:
        repo = scene.opened(server, PATIENCE)
        with Signalling(server, requests):
            found = attempt(OPERATIONS[name], repo, tmp_path)
        check_again(name, repo, tmp_path, found, right[name][0])
    del repo, server, found
    assert before.nothing(), before


def test_how_many_points(right, capsys):
    total = sum(calls for _, calls in right.values())
    with capsys.disabled():
        print(
            f"\ninterrupts: {len(OPERATIONS)} operations x {POINTS} calls of {total:,} that they make, "
            f"and {len(SIGNALLED)} x 5 signals"
        )
    assert all(calls > POINTS for _, calls in right.values())
