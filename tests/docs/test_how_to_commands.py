"""The commands of the guides, run one after the other as a reader would, with the sandbox on the port they name."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import regexplore as rx
from regexplore.cli.common import app

PAGES = sorted((Path(__file__).parents[2] / "docs" / "how-to").glob("*.md"))
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
AUTHORITY = re.compile(r"--ca-file (\S+)")
SERVING = "regexplore sandbox"
"""Runs until it is stopped; the sandbox of this test stands for it."""


def commands(page: Path) -> list[str]:
    lines = [line for block in CONSOLE.findall(page.read_text("utf-8")) for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ") and SERVING not in line]


@pytest.fixture
def host(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A sandbox; with TLS, and the file of its authority, where the commands of the page name one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    authority = next((found[1] for found in map(AUTHORITY.search, commands(page)) if found), None)
    with rx.Sandbox.demo(tls=authority is not None) as sandbox:
        if authority is not None:
            shutil.copy(sandbox.ca_path, tmp_path / authority)
        yield sandbox.registry.reference.registry


def prepared(page: Path, folder: Path) -> None:
    """Write the files that the page writes in Python."""
    for name, text in re.findall(
        r'Path\("([\w.-]+\.toml)"\)\.write_text\(\'\'\'\n(.*?)\'\'\'\)', page.read_text("utf-8"), re.DOTALL
    ):
        (folder / name).write_text(re.sub(r"^\.\.\. ", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.stem)
def test_the_commands_of_a_guide_work(page: Path, host: str, tmp_path: Path) -> None:
    prepared(page, tmp_path)
    for line in commands(page):
        said, _, command = line.rpartition(" | ")
        program, *arguments = shlex.split(command.replace("localhost:5000", host))
        assert program == "regexplore"
        done = CliRunner().invoke(app, arguments, input=said.removeprefix("echo ") + "\n")
        assert done.exit_code == 0, f"{line}\n{done.output}\n{done.exception!r}"
