"""The explorer as a page: served by Voilà, behind a token, on loopback."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from regexplore.errors import InvalidReferenceError, MissingExtraError
from regexplore.explorer import page


def test_without_voila_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(page, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"regexplore\[voila\]"):
        page.serve_page("localhost:5000", port=1, tell=print)


def test_a_target_that_is_no_reference_is_refused_before_anything_starts(monkeypatch):
    monkeypatch.setattr(page, "find_spec", lambda _: object())
    monkeypatch.setattr(page.subprocess, "Popen", None)
    with pytest.raises(InvalidReferenceError):
        page.serve_page("localhost:5000/UPPER CASE", port=1, tell=print)


def test_t3_the_target_is_a_value_in_the_cell_and_never_code():
    target = "x'); import os; ('"
    (cell,) = page._notebook(target, {"plain_http": True})["cells"]
    compiled = compile(cell["source"], "cell", "exec")
    assert target in [value for value in compiled.co_consts if isinstance(value, str)]
    assert "os" not in compiled.co_names


@pytest.mark.slow
def test_the_command_serves_the_page_to_those_who_have_the_token(demo):
    pytest.importorskip("voila")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from regexplore.cli import main; main()", "explore", f"{demo.host}/demo/app:v1.2", f"--port={port}", "--no-browser"]  # fmt: skip
    process = subprocess.Popen(
        command,
        env={**os.environ, "JUPYTER_TOKEN": "open-sesame"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert b"?token=open-sesame" in process.stdout.readline()
        base = f"http://127.0.0.1:{port}"
        assert "login" in fetch(f"{base}/voila/render/explorer.ipynb").lower()
        assert "rx-explorer-still" in fetch(f"{base}/?token=open-sesame")
    finally:
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        assert process.wait(30) == 0


def fetch(url):
    for _ in range(300):
        with (
            contextlib.suppress(ConnectionError, urllib.error.URLError),
            urllib.request.urlopen(url, timeout=60) as answer,
        ):
            return answer.read().decode()
        time.sleep(0.1)
    raise TimeoutError(url)
