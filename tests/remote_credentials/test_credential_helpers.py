"""Credential helpers as programs on PATH: the protocol, and helpers that misbehave."""

import json
import os
import signal
import threading
import time
import traceback
from pathlib import Path

import pytest

from regexplore import errors
from regexplore.remote.credentials import Credential, DockerConfigStore, HelperStore
from regexplore.remote.credentials.helper import watched
from regexplore.remote.credentials.helper_run import MAX_OUTPUT

ADA = Credential("ada", "canary-secret")


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """Write a shell script as docker-credential-fake, first on PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def written(script, *, timeout=5.0, first_line="#!/bin/sh\n", mode=0o755):
        path = tmp_path / "docker-credential-fake"
        path.write_text(first_line + script)
        path.chmod(mode)
        return HelperStore("fake", timeout=timeout)

    return written


# ---- the protocol ----------------------------------------------------------------------------------


def printed(helper, answer):
    return helper(f"cat > /dev/null\ncat <<'END'\n{answer}\nEND\n")


@pytest.mark.parametrize(
    ("answer", "credential"),
    [
        ('{"ServerURL": "h", "Username": "ada", "Secret": "canary-secret"}', ADA),
        ('{"Username": "<token>", "Secret": "rt"}', Credential(refresh_token="rt")),
        ('{"ServerURL": "another", "Username": "ada", "Secret": "canary-secret"}', ADA),
        ("{}", None),
        ('{"Username": "", "Secret": ""}', None),
        ('{"Username": null, "Secret": null}', None),
        ('{"Username": "ada"}', Credential("ada")),
        ('{"Username": "\\u00e9", "Secret": "p\\u20acw\\"d"}', Credential("\xe9", 'p\N{EURO SIGN}w"d')),
    ],
)
def test_nat_2_answers(helper, answer, credential):
    assert printed(helper, answer).get("h") == credential


@pytest.mark.parametrize(
    "answer",
    [
        "", "canary", "[]", '"canary"', '{"Username": "canary"', '{"Username": 7, "Secret": "canary"}',
        '{"Username": "ada", "Secret": ["canary"]}', '{"Username": "ada", "Secret": "canary\\ud800"}', "[" * 50_000,
    ],
)  # fmt: skip
def test_nat_2_t16_answers_that_are_refused_and_not_told(helper, answer):
    with pytest.raises(errors.CredentialError) as caught:
        printed(helper, answer).get("h")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("server", "sent"),
    [("h:5000", "h:5000"), ("docker.io", "https://index.docker.io/v1/"), ("https://h/v1/", "https://h/v1/")],
)
def test_nat_1_login_4_the_name_goes_in_by_standard_input(helper, tmp_path, server, sent):
    store = helper(f"printf '%s ' \"$@\" > {tmp_path}/words; cat > {tmp_path}/input; echo '{{}}'")
    store.get(server)
    assert (tmp_path / "words").read_text() == "get "
    assert (tmp_path / "input").read_text() == sent
    store.delete(server)
    assert (tmp_path / "words").read_text() == "erase "
    assert (tmp_path / "input").read_text() == sent


@pytest.mark.parametrize(
    ("credential", "username", "secret"),
    [
        (ADA, "ada", "canary-secret"),
        (Credential(refresh_token="rt"), "<token>", "rt"),
        (Credential("ada", "x", refresh_token="rt"), "<token>", "rt"),
    ],
)
def test_nat_3_what_is_stored(helper, tmp_path, credential, username, secret):
    helper(f'test "$1" = store && cat > {tmp_path}/input').put("h", credential)
    assert json.loads((tmp_path / "input").read_text()) == {
        "ServerURL": "h",
        "Username": username,
        "Secret": secret,
    }


def test_nat_3_an_access_token_is_refused_instead_of_lost(helper, tmp_path):
    with pytest.raises(errors.HelperError, match="no access tokens"):
        helper(f"touch {tmp_path}/ran").put("h", Credential(access_token="canary"))
    assert not (tmp_path / "ran").exists()


NOT_FOUND = "credentials not found in native keychain"


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (f"echo {NOT_FOUND}; exit 1", "none"),
        (f"printf '  {NOT_FOUND}\\n\\n'; exit 2", "none"),
        (f"echo {NOT_FOUND}. ; exit 1", "error"),
        (f"echo {NOT_FOUND.capitalize()}; exit 1", "error"),
        (f"echo {NOT_FOUND} >&2; exit 1", "error"),
        ("exit 1", "error"),
        ("echo canary-secret; exit 1", "error"),
        ("echo canary-secret >&2; exit 1", "error"),
        ("kill -9 $$", "error"),
    ],
)
def test_nat_4_t16_failures(helper, capfd, script, found):
    store = helper(script)
    if found == "none":
        assert store.get("h") is None
        store.delete("h")
    else:
        for call in (store.get, store.delete):
            with pytest.raises(errors.HelperError) as caught:
                call("h")
            shown = traceback.TracebackException.from_exception(caught.value)
            assert "canary" not in "".join(shown.format())
    assert "canary" not in "".join(capfd.readouterr())


def test_nat_1_listing(helper):
    store = printed(helper, '{"h:5000": "ada", "https://index.docker.io/v1/": "eve"}')
    assert store.servers() == {"h:5000": "ada", "https://index.docker.io/v1/": "eve"}


@pytest.mark.parametrize(("suffix", "word"), [("absent", "credsStore"), ("desktop.exe", "WSL")])
def test_nat_5_a_missing_program_says_what_to_do(suffix, word):
    with pytest.raises(errors.HelperError, match="is not on PATH") as caught:
        HelperStore(suffix).get("h")
    assert word in caught.value.hint


# ---- helpers that misbehave --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        "sleep 60",
        "trap '' TERM INT HUP; sleep 60",
        "exec sleep 60 > /dev/null",
        "while :; do printf x; sleep 0.01; done",
        "(sleep 60) & (sleep 60) & wait",
    ],
)
def test_nat_6_t17_a_helper_that_hangs(helper, script):
    with pytest.raises(errors.HelperError, match=r"no answer within 0\.2 s"):
        helper(script, timeout=0.2).get("h")


def test_nat_6_t17_nothing_of_it_is_left(helper, tmp_path):
    store = helper(f"sleep 60 & echo $! > {tmp_path}/child; wait", timeout=1.0)
    with pytest.raises(errors.HelperError):
        store.get("h")
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "\nState:\tZ" in Path(f"/proc/{child}/status").read_text():
            break
        time.sleep(0.02)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("the grandchild still runs")


def test_nat_6_a_grandchild_that_keeps_the_output_open_is_not_waited_for(helper):
    store = helper("""sleep 60 & printf '{"Username":"ada","Secret":"canary-secret"}'""", timeout=30)
    assert store.get("h") == ADA


@pytest.mark.parametrize("script", ["exec head -c 1073741824 /dev/zero", "yes canary", "yes canary; exit 0"])
def test_nat_6_t17_endless_output_is_cut_off_at_the_limit(helper, script):
    with pytest.raises(errors.HelperError, match=f"printed more than {MAX_OUTPUT} bytes") as caught:
        helper(script, timeout=60).get("h")
    assert "canary" not in str(caught.value)


def test_nat_6_output_up_to_the_limit_is_read(helper):
    answer = '{"Username":"ada","Secret":"canary-secret"}'
    store = helper(f"printf '{answer}'; head -c {MAX_OUTPUT - len(answer)} /dev/zero | tr '\\0' ' '")
    assert store.get("h") == ADA


@pytest.mark.parametrize("first_line", ["", "#!/no/such/shell\n"])
def test_nat_6_what_is_no_program(helper, first_line):
    with pytest.raises(errors.HelperError, match="cannot be run"):
        helper("\x00", first_line=first_line).get("h")


def test_nat_5_what_may_not_be_run(helper):
    store = helper("echo '{}'", mode=0o644)
    with pytest.raises(errors.HelperError, match="is not on PATH"):
        store.get("h")


def test_nat_6_a_helper_that_does_not_read(helper):
    store = helper("exit 0")
    store.put("h", Credential("ada", "x" * 1_000_000))


def test_nat_6_t17_the_working_folder_is_no_place_for_helpers(helper, tmp_path, monkeypatch):
    store = helper(f"touch {tmp_path}/ran")
    monkeypatch.chdir(tmp_path)
    for path in (".:/usr/bin:/bin", "", ":/usr/bin"):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(errors.HelperError):
            store.get("h")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "suffix",
    [
        "../../x",
        "a b",
        "a\n",
        "a\x00",
        "",
        ".",
        "..",
        "-a",
        "a/../b",
        "a;b",
        "$(x)",
        "\xe9",
        "a" * 101,
        "a..b",
    ],
)
@pytest.mark.parametrize("setting", ["credsStore", "credHelpers"])
def test_nat_6_t17_names_in_a_file_that_no_helper_has(tmp_path, suffix, setting):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({setting: suffix if setting == "credsStore" else {"h": suffix}}))
    store = DockerConfigStore(path, detect_default=False)
    if suffix:
        with pytest.raises(errors.HelperError, match="not the name of a credential helper"):
            store.get("h")
    else:
        assert store.get("h") is None


@pytest.mark.parametrize("server", ["h\nhost=evil.test", "h\x00", "h i", "h\r", "\x7f", "h\t", "x" * 2001])
@pytest.mark.parametrize("action", ["get", "put", "delete"])
def test_nat_1_t17_names_of_servers_that_are_refused(helper, tmp_path, server, action):
    store = helper(f"touch {tmp_path}/ran")
    with pytest.raises(errors.CredentialError):
        getattr(store, action)(server, *([ADA] if action == "put" else []))
    assert not (tmp_path / "ran").exists()


def test_nat_6_many_threads_many_helpers(helper):
    store = helper("""cat > /dev/null; printf '{"Username":"ada","Secret":"canary-secret"}'""", timeout=60)
    found = []
    threads = [threading.Thread(target=lambda: found.append(store.get("h"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [ADA] * 16


# ---- watching ----------------------------------------------------------------------------------------


def test_nat_8_nobody_watches(helper):
    assert printed(helper, "{}").get("h") is None


def test_nat_8_several_watch_the_newest_first(helper):
    order = []
    store = printed(helper, "{}")
    with watched(lambda *what: order.append("first")):
        with watched(lambda *what: order.append("second")), watched(lambda *what: order.append("third")):
            store.get("h")
        assert order == ["third", "second", "first"]
        store.delete("h")
    store.get("h")
    assert order == ["third", "second", "first", "first"]


def test_nat_8_told_before_and_after_each_run(helper):
    seen = []
    store = printed(helper, "{}")
    with watched(
        lambda *what: seen.append(("done", *what)), started=lambda *what: seen.append(("started", *what))
    ):
        store.get("h")
        with watched(lambda *what: None):
            store.delete("h")
    program = "docker-credential-fake"
    assert seen == [
        ("started", program, "get"),
        ("done", program, "get", None),
        ("started", program, "erase"),
        ("done", program, "erase", None),
    ]


@pytest.mark.parametrize("action", ["get", "put", "delete"])
def test_nat_8_t16_what_a_watcher_is_told(helper, action):
    seen = []
    arguments = ["h", ADA] if action == "put" else ["h"]
    with watched(lambda *what: seen.append(what)):
        getattr(helper("cat > /dev/null; echo '{}'"), action)(*arguments)
        with pytest.raises(errors.HelperError):
            getattr(helper("exit 7"), action)(*arguments)
    word = {"get": "get", "put": "store", "delete": "erase"}[action]
    assert [(program, what) for program, what, _ in seen] == [("docker-credential-fake", word)] * 2
    assert seen[0][2] is None
    assert isinstance(seen[1][2], errors.HelperError)
    assert "canary" not in str(seen)
