"""The comparison in the README, held against the programs themselves where they are installed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conftest import program

README = Path(__file__).parents[2] / "README.md"
# A row, a program, and the command without which its cell is a dash.
CLAIMS = [
    ("tree of referrers", "crane", r"^  (referrers|discover|tree) "),
    ("tree of referrers", "oras", r"^  discover "),
    ("tree of referrers", "skopeo", r"^  (referrers|discover|tree) "),
    ("tree of referrers", "cosign", r"\btree\b"),
    ("files in layers, without a daemon", "crane", r"^  export "),
    ("files in layers, without a daemon", "oras", r"^  (export|ls|files) "),
    ("files in layers, without a daemon", "skopeo", r"^  (export|ls|files) "),
    ("two images side by side", "crane", r"^  (diff|compare) "),
    ("two images side by side", "oras", r"^  (diff|compare) "),
    ("two images side by side", "skopeo", r"^  (diff|compare) "),
    ("changes images (mutate, rebase)", "crane", r"^  mutate "),
    ("changes images (mutate, rebase)", "oras", r"^  (mutate|rebase) "),
    ("changes images (mutate, rebase)", "skopeo", r"^  (mutate|rebase) "),
]


def cell(row: str, column: str) -> str:
    lines = [
        line.strip("|").split("|") for line in README.read_text("utf-8").splitlines() if line.startswith("|")
    ]
    table = [[part.strip() for part in line] for line in lines]
    heads = next(line for line in table if "crane" in line)
    found = next(line for line in table if line[0] == row)
    return found[next(n for n, head in enumerate(heads) if head.split(" ")[0] == column)]


@pytest.mark.interop
@pytest.mark.parametrize(("row", "tool", "command"), CLAIMS)
def test_a_program_has_what_the_readme_says(row: str, tool: str, command: str) -> None:
    done = subprocess.run([program(tool), "--help"], capture_output=True, text=True, check=False)
    has = re.search(command, done.stdout + done.stderr, re.MULTILINE) is not None
    assert has == (cell(row, tool) != "-"), f"{tool}: {row}"


@pytest.mark.interop
def test_oras_py_has_no_referrers() -> None:
    provider = pytest.importorskip("oras.provider")
    assert not [name for name in dir(provider.Registry) if "referrer" in name.lower()]
    assert cell("tree of referrers", "oras-py") == "-"
