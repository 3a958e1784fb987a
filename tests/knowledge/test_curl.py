"""curl commands ask the same as the client did, and hold no secret."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.markup_oracle import PAYLOADS, unseen

import regexplore as rx
from regexplore.knowledge.curl import curl, curl_script
from regexplore.remote.trace import Exchanges, WireEvent
from regexplore.sandbox import SandboxServer


def event(
    method: str = "GET", url: str = "https://r.example/v2/", sent: int | None = 0, **headers: str
) -> WireEvent:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return WireEvent(1, datetime.now(UTC), method, url, sent=sent, request_headers=named)


def test_the_method_the_body_and_the_headers_that_count() -> None:
    assert curl(event("HEAD")) == "curl --globoff --head https://r.example/v2/"
    asked = event("PUT", sent=7, Content_Type="a/b", User_Agent="x", Content_Length="7")
    assert shlex.split(curl(asked)) == [
        "curl", "--globoff", "--include", "--request", "PUT", "--header", "Content-Type: a/b",
        "--data-binary", "@${BODY_1}", "https://r.example/v2/",
    ]  # fmt: skip
    assert "--data-binary ''" in curl(event("POST"))


def test_secrets_are_variables_and_the_script_says_which() -> None:
    with rx.trace() as wire:
        Exchanges(
            "GET", "https://r.example/v2/?X-Amz-Signature=canary", {"Authorization": "Bearer canary"}, 0
        ).broke("")
        Exchanges("GET", "https://r.example/v2/", {"Authorization": "Basic canary"}, 0).broke("")
    script = wire.curl()
    assert "canary" not in script
    assert script.splitlines()[:4] == [
        "# set before: REGISTRY_TOKEN, a token, as the token server gives it",
        "# set before: QUERY_X_AMZ_SIGNATURE, a value of the address that was hidden",
        "# set before: REGISTRY_USER, a user name",
        "# set before: REGISTRY_PASSWORD, a password or access token",
    ]
    assert curl_script([]) == ""


@pytest.mark.parametrize(
    "text",
    ["${REGISTRY_TOKEN}", "$(id)", "`id`", "'; id #", '" "$REGISTRY_TOKEN" "', "\\", "{1..9}", *PAYLOADS],
)
def test_a_hostile_address_or_header_stays_text(text: str) -> None:
    asked = event(url=f"https://r.example/{text}?a={text}&b=***", Accept=text, Authorization="Bearer ***")
    command = curl(asked)
    assert unseen(command) == []
    printing = command.replace("curl", "printf '%s\\n'", 1)
    shell = subprocess.run(
        ["/bin/sh", "-c", printing],
        env={"REGISTRY_TOKEN": "canary", "QUERY_B": "b", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout.count("canary") == 1
    assert "Authorization: Bearer canary" in shell.stdout


@given(st.text())
def test_every_command_is_one_command(text: str) -> None:
    words = shlex.split(curl(event(url=f"https://r.example/{text}", Accept=text)))
    assert len(words) == 6
    assert "\n" not in curl(event(url=text))


def test_the_commands_get_what_the_client_got(sandbox: SandboxServer) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    del sandbox
    with rx.Sandbox.demo() as demo:
        repo = demo.registry.repository("demo/app")
        with rx.trace() as wire:
            image = repo.get("v1.2")
            repo.tags()
            repo.resolve("v1.1")
        commands = wire.curl().splitlines()
        answers = [
            subprocess.run(["/bin/sh", "-c", f"{one} --silent"], capture_output=True, check=True).stdout
            for one in commands
        ]
    assert len(answers) == len(wire)
    assert answers[0].endswith(image.raw)
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
