"""What regexplore keeps on disk survives kill -9 and a full disk: the old state is there, or the new one, and nothing between."""

import json
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from support import disk_work
from support.disk_work import KINDS

PROGRAM = [sys.executable, disk_work.__file__]
KILLS = 3


@pytest.mark.parametrize("round_", range(KILLS))
@pytest.mark.parametrize("name", KINDS)
def test_kill_9_leaves_the_old_state_or_the_new_one(name, round_, tmp_path):
    wanted = random.Random(f"{name} {round_}")
    with subprocess.Popen(
        [*PROGRAM, "for-ever", name, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as it:
        said = -1
        for _ in range(wanted.randint(2, 6)):
            said = int(it.stdout.readline())
        # Somewhere within what comes next.
        with pytest.raises(subprocess.TimeoutExpired):
            it.wait(wanted.random() * 0.02)
        it.kill()
        rest = it.stdout.read().split()
    said = int(rest[-1]) if rest else said
    # What was said is there; one more may be, whose word did not get out.
    assert said <= KINDS[name].read(tmp_path) <= said + 1
    KINDS[name].write(tmp_path, said + 2)
    assert KINDS[name].read(tmp_path) == said + 2


MOUNTED = 'mount -t tmpfs -o size=1200k none "$0" && exec "$@"'
WAYS = (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"])


def small_disk(folder):
    """Return a command that runs another one with a disk of 1.2 MB at a folder, which nobody else sees."""
    problem = ""
    for way in WAYS:
        command = [*way, "sh", "-c", MOUNTED, str(folder)]
        try:
            tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("unshare is not installed")
        if tried.returncode == 0:
            return command
        problem = tried.stderr.strip()
    pytest.skip(f"a small disk cannot be mounted here: {problem}")


@pytest.mark.parametrize("name", KINDS)
def test_a_full_disk_leaves_the_old_state(name, tmp_path):
    command = [*small_disk(tmp_path), *PROGRAM, "full", name, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["before"], told["full"], told["after"]) == (1, 1, 2)
    assert told["left"] == []
    assert ("error" in told) != KINDS[name].forgiving


LIMIT = 8_000


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_may_not_grow_leaves_the_old_state(name, tmp_path):
    """What anybody may set: files of more than 8 kB are refused in the middle of being written."""
    KINDS[name].write(tmp_path, 1)
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path\nfrom regexplore.errors import RegexploreError\n"
        "from support.disk_work import KINDS\n"
        f"try: KINDS[{name!r}].write(Path({str(tmp_path)!r}), 2)\n"
        "except (OSError, RegexploreError) as error: print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT)),
    )
    assert done.returncode == 0, done.stderr
    assert bool(done.stdout) != KINDS[name].forgiving
    assert KINDS[name].read(tmp_path) == 1
    assert not [path for path in Path(tmp_path).rglob(".*") if path.is_file() and path.stat().st_size]
    KINDS[name].write(tmp_path, 2)
    assert KINDS[name].read(tmp_path) == 2
