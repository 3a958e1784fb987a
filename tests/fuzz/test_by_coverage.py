"""The same table of parsers, searched by coverage.

In CI the search begins at the same place each time; by hand at another.
"""

import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from support import fuzz_targets

SECONDS = os.environ.get("REGEXPLORE_FUZZ_SECONDS", "15")
SEED = "1" if "CI" in os.environ else "0"  # 0: libFuzzer takes the time.
TOGETHER = 10


def groups():
    names = iter(fuzz_targets.targets())
    while group := list(islice(names, TOGETHER)):
        yield group


@pytest.mark.fuzz
@pytest.mark.parametrize("names", list(groups()), ids=lambda names: names[0])
def test_coverage_leads_to_nothing_unexpected(names, tmp_path):
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    program = Path(fuzz_targets.__file__).with_name("fuzz_run.py")
    command = [sys.executable, program, tmp_path, SECONDS, SEED, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [
        (names[raw[0] % len(names)], raw[1:])
        for raw in (path.read_bytes() for path in tmp_path.glob("*-*") if path.is_file())
        if raw
    ]
    # A search that ran long holds much: what a process of its own takes, or refuses by name, was no find.
    assert [(name, raw) for name, raw in found if raises(name, raw)] == [], done.stderr[-4000:]
    assert done.returncode == 0 or found, done.stderr[-4000:]


def raises(name, raw):
    try:
        fuzz_targets.targets()[name](raw)
    except Exception:
        return True
    return False
