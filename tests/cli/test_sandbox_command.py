"""`regexplore sandbox`: a registry until Ctrl-C, as plain, private, quirky or broken as it was asked to be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import requests
from click.testing import Result
from support import registries
from typer.testing import CliRunner

import regexplore as rx
from regexplore.cli import app

# Interrupts go to the main thread of a process, which is one for all tests.
pytestmark = pytest.mark.xdist_group("signals")


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def served() -> Callable[..., tuple[Result, object]]:
    """Serve, ask once it is up, then press Ctrl-C; give what was printed, and what came of the question."""

    def serve(ask: Callable[[str], object], *options: object) -> tuple[Result, object]:
        port = registries.free_port()
        before, answers = signal.getsignal(signal.SIGINT), []

        def visit() -> None:
            try:
                # The handler is set when everything was printed.
                while signal.getsignal(signal.SIGINT) is before:
                    if ended.wait(0.01):
                        return
                answers.append(ask(f"127.0.0.1:{port}"))
            except Exception as error:
                answers.append(error)
            finally:
                if not ended.is_set():
                    os.kill(os.getpid(), signal.SIGINT)

        ended = threading.Event()
        visitor = threading.Thread(target=visit)
        visitor.start()
        try:
            done = CliRunner().invoke(app, ["sandbox", "--port", str(port), *map(str, options)])
        finally:
            ended.set()
            visitor.join()
        return done, answers[0] if answers else None

    return serve


def tags(host: str) -> list[str]:
    return sorted(rx.Repository(f"{host}/demo/app").tags(match="v*", progress=None)["tag"])


def test_the_demo_content_until_an_interrupt(served):
    done, found = served(tags)
    assert (done.exit_code, found) == (0, ["v1.0", "v1.1", "v1.2"])
    first, *tried, last = done.output.splitlines()
    assert first.startswith("oci at http://127.0.0.1:")
    assert [line.split()[0] for line in tried] == ["curl", "regexplore", "skopeo", "oras"]
    assert last == "stopped"


def test_empty_over_tls_under_an_authority_that_is_named(served):
    def ask(host: str) -> object:
        return requests.get(f"https://{host}/v2/", verify=False, timeout=10).status_code

    with pytest.warns(Warning, match="Unverified HTTPS request"):
        done, found = served(ask, "--tls", "--empty")
    assert (done.exit_code, found) == (0, 200)
    assert "authority" in done.output
    assert "--cacert" in done.output
    assert "skopeo" not in done.output


@pytest.mark.parametrize("kind", ["basic", "token"])
def test_a_password_is_asked_for(served, kind):
    def ask(host: str) -> object:
        refused = requests.get(f"http://{host}/v2/", timeout=10)
        allowed = rx.Registry(host, credential=rx.Credential("demo", "demo")).repository("demo/app")
        return refused.status_code, len(allowed.tags(match="v*", progress=None))

    done, found = served(ask, "--auth", kind)
    assert (done.exit_code, found) == (0, (401, 3))
    assert "curl -u demo:demo" in done.output


def test_a_layout_is_served_and_a_fault_strikes(served, demo, tmp_path):
    rx.copy(demo.registry["demo/web"], "v2.0", tmp_path / "web", progress=None)
    plan = tmp_path / "faults.json"
    plan.write_text(json.dumps([{"fault": {"kind": "status", "status": 503}, "path": "/v2/demo/app/*"}]))

    def ask(host: str) -> object:
        there = list(rx.Repository(f"{host}/my/web").tags(progress=None)["tag"])
        return there, requests.get(f"http://{host}/v2/demo/app/tags/list", timeout=10).status_code

    done, found = served(ask, "--load", f"my/web={tmp_path / 'web'}", "--faults", plan)
    assert (done.exit_code, found) == (0, (["v2.0"], 503)), done.output


def test_what_is_pushed_stays_in_a_folder(served, tmp_path):
    def push(host: str) -> object:
        return requests.post(
            f"http://{host}/v2/some/app/blobs/uploads/",
            params={"digest": rx.Digest.of(b"content")},
            data=b"content",
            timeout=10,
        ).status_code

    def pull(host: str) -> object:
        return requests.get(f"http://{host}/v2/some/app/blobs/{rx.Digest.of(b'content')}", timeout=10).content

    options = ("--empty", "--storage", tmp_path / "store")
    assert served(push, *options)[1] == 201
    assert served(pull, *options)[1] == b"content"


def test_the_profiles_are_listed_with_what_they_are(run):
    done = run("sandbox", "--profile", "list")
    assert done.exit_code == 0
    names = [line.split()[0] for line in done.output.splitlines()]
    assert {"oci", "docker-hub", "ecr"} <= set(names)
    assert all(len(line.split()) > 2 for line in done.output.splitlines())


@pytest.mark.parametrize(
    "options",
    [
        ["--profile", "no-such-registry"],
        ["--auth", "handshake"],
        ["--load", "x=/no/such/layout"],
        ["--faults", "/no/file"],
    ],
)
def test_what_cannot_be_served_is_said(run, options):
    done = run("sandbox", "--port=0", *options)
    assert done.exit_code == 2
    assert "Usage:" in done.output


def test_a_terminate_ends_it_as_well():
    port = registries.free_port()
    command = [
        sys.executable,
        "-c",
        "from regexplore.cli import main; main()",
        "sandbox",
        "--empty",
        f"--port={port}",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("oci at ")
        assert process.stdout.readline().startswith("  curl ")
        assert process.stdout.readline().startswith("  regexplore ")
        assert requests.get(f"http://127.0.0.1:{port}/v2/", timeout=10).status_code == 200
        process.terminate()
        assert process.stdout.read() == "stopped\n"
    assert process.returncode == 0
