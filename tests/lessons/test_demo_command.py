"""`regexplore demo` tells of the lessons and opens their list."""

import http.client
import subprocess
import sys
from pathlib import Path

import pytest
from support import lessons, registries
from typer.testing import CliRunner

from regexplore.cli import app
from regexplore.cli.serving import lab_command

HOST = "127.0.0.1"


def demo(*arguments):
    done = CliRunner().invoke(app, ["demo", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_lessons_are_listed_a_line_each(tmp_path):
    told = demo("--no-lab", "--output", tmp_path / "out", "--notebooks", lessons.NOTEBOOKS)
    assert "   1  10 minutes  First look: a registry is a graph\n" in told
    assert "  13  15 minutes  From laptop to cluster: crawl a registry with Dask\n" in told
    assert "Learn OCI registries" not in told


def test_a_folder_without_lessons_is_no_failure(tmp_path):
    assert "lessons\n" not in demo("--no-lab", "--output", tmp_path / "out", "--notebooks", tmp_path)


def test_without_a_display_the_command_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "default_url=/lab/tree/00-index.ipynb" in demo(
        "--output", tmp_path / "out", "--notebooks", lessons.NOTEBOOKS
    )


def test_another_folder_is_opened_as_it_is(tmp_path):
    assert not [word for word in lab_command(tmp_path) if "default_url" in word]


@pytest.mark.slow
def test_jupyterlab_begins_at_the_list(tmp_path, monkeypatch):
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    port = registries.free_port()
    alone = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"]
    command = [*lab_command(lessons.NOTEBOOKS), *alone, "--IdentityProvider.token="]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
    try:
        registries.wait_until_up(process, f"http://{HOST}:{port}/api/status", Path(tmp_path / "server.log"))
        asked = http.client.HTTPConnection(HOST, port, timeout=20)
        asked.request("GET", "/")
        assert asked.getresponse().getheader("Location").rstrip("?") == "/lab/tree/00-index.ipynb"
        asked.close()
    finally:
        process.terminate()
        process.wait(20)
