"""``regexplore crawl``: what it prints, what it writes, how it ends."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from typer.testing import CliRunner

import regexplore as rx
from regexplore.cli import app
from regexplore.sandbox.faults import Fault


def test_crawl_writes_a_folder_and_goes_on(own: rx.Sandbox, tmp_path: Path) -> None:
    command = ["crawl", own.host, "--into", str(tmp_path / "crawl")]
    first = CliRunner().invoke(app, [*command, "--limit", "5"])
    assert first.exit_code == 3
    assert "left          7" in first.stdout
    second = CliRunner().invoke(app, command)
    assert second.exit_code == 0, second.output
    assert "12 repositories, 5 of them read before" in second.stdout
    assert len(pd.read_parquet(tmp_path / "crawl")) == 36


def test_crawl_of_named_repositories_with_a_bad_one(own: rx.Sandbox, tmp_path: Path) -> None:
    own.faults.add(Fault.status(403), path="/v2/_catalog")
    (tmp_path / "names").write_text("many/r00001\n\nmany/nowhere\n")
    command = ["crawl", own.host, "--into", str(tmp_path / "crawl"), "--names", str(tmp_path / "names")]
    done = CliRunner().invoke(app, [*command, "--work", "layers"])
    assert done.exit_code == 3
    assert "many/nowhere" in done.stdout
