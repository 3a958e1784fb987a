"""Where credentials are looked for, which store serves a host, and logging in."""

import base64
import json

import pytest
from support.clients import options_for
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import (
    Credential,
    DefaultStore,
    DockerConfigStore,
    FallbackStore,
    HelperStore,
    MemoryStore,
    docker_config,
    memory_store_of,
    static_credential,
)
from regexplore.remote.credentials.docker_config import default_helper, docker_config_path
from regexplore.remote.credentials.helper import watched
from regexplore.remote.login import login, logout
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer

ADA, EVE = Credential("ada", "canary-secret"), Credential("eve", "other")
KEEPER = """#!/bin/sh
# Keeps one secret for each server in files beside itself.
folder=$(dirname "$0")/kept; mkdir -p "$folder"
input=$(cat)
case "$1" in
store) name=$(printf %s "$input" | sed 's/.*"ServerURL": *"\\([^"]*\\)".*/\\1/' | tr -c 'a-z0-9.\\n' _); printf %s "$input" > "$folder/$name";;
get) name=$(printf %s "$input" | tr -c 'a-z0-9.\\n' _); cat "$folder/$name" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; };;
erase) name=$(printf %s "$input" | tr -c 'a-z0-9.\\n' _); rm -f "$folder/$name";;
esac
"""


def entry(credential):
    return {"auth": base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()}


def config(folder, **content):
    path = folder / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own, without any variable that points elsewhere."""
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def keeper(tmp_path, monkeypatch):
    """A helper that keeps secrets, on PATH under several names."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("keeper", "other", "pass", "secretservice"):
        path = folder / f"docker-credential-{name}"
        path.write_text(KEEPER)
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_cfg_1_docker_config(home, tmp_path, monkeypatch):
    assert docker_config_path() == home / ".docker" / "config.json"
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "elsewhere"))
    assert docker_config_path() == tmp_path / "elsewhere" / "config.json"
    monkeypatch.setenv("DOCKER_CONFIG", "")
    assert docker_config_path() == home / ".docker" / "config.json"


def test_cfg_1_podmans_files_come_first(home, tmp_path, monkeypatch):
    config(home / ".docker", auths={"h": entry(Credential("docker", "x"))})
    assert DefaultStore().get("h").username == "docker"
    podman = home / ".config" / "containers"
    config(podman, auths={"h": entry(Credential("podman", "x"))}).rename(podman / "auth.json")
    assert DefaultStore().get("h").username == "podman"
    runtime = tmp_path / "run"
    config(runtime / "containers", auths={"h": entry(Credential("run", "x"))}).rename(
        runtime / "containers" / "auth.json"
    )
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    assert DefaultStore().get("h").username == "run"
    named = config(tmp_path / "named", auths={"h": entry(Credential("named", "x"))})
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(named))
    assert DefaultStore().get("h").username == "named"


def test_cfg_1_without_any_file(home):
    assert DefaultStore().get("h") is None


@pytest.mark.parametrize("kind", ["memory", "file", "helper"])
def test_store_1_2_get_put_delete(kind, tmp_path, keeper):
    store = {
        "memory": lambda: MemoryStore(),
        "file": lambda: DockerConfigStore(
            tmp_path / "config.json", allow_plaintext_put=True, detect_default=False
        ),
        "helper": lambda: HelperStore("keeper"),
    }[kind]()
    assert store.get("host.example") is None
    store.put("host.example", ADA)
    assert store.get("host.example") == ADA
    assert store.get("other.example") is None
    store.put("host.example", EVE)
    assert store.get("host.example") == EVE
    store.delete("host.example")
    store.delete("host.example")
    assert store.get("host.example") is None
    assert "canary" not in repr(store)


def test_store_2_a_configuration_that_is_no_file():
    content = {
        "auths": {
            "https://index.docker.io/v1/": entry(ADA),
            "https://host.example/v2/": entry(EVE),
            "host.example": entry(ADA),
            "token.example": {"identitytoken": "rt"},
        },
        "credsStore": "keeper",
    }
    store = memory_store_of(json.dumps(content).encode())
    assert store.get("docker.io") == store.get("registry-1.docker.io") == ADA
    assert store.get("host.example") == EVE
    assert store.get("token.example") == Credential(refresh_token="rt")
    assert memory_store_of("{}").get("h") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "nonsense",
        '{"auths": ["x"]}',
        '{"auths": {"h": {"auth": "canary"}}}',
        '{"auths": {"h": 7}}',
        "[" * 100_000,
    ],
)
def test_store_2_a_broken_configuration_is_refused_and_not_told(text):
    with pytest.raises((errors.InvalidConfigFormatError, errors.BadCredentialFormatError)) as caught:
        memory_store_of(text)
    assert "canary" not in str(caught.value)


def test_store_3_helper_then_store_then_file(tmp_path, keeper):
    HelperStore("keeper").put("one.example", ADA)
    HelperStore("other").put("two.example", EVE)
    path = config(
        tmp_path,
        credHelpers={"one.example": "keeper"},
        credsStore="other",
        auths={"three.example": entry(ADA)},
    )
    store = DockerConfigStore(path)
    assert [store.get(f"{name}.example") for name in ("one", "two", "three", "four")] == [ADA, EVE, ADA, None]
    store.put("one.example", EVE)
    assert HelperStore("keeper").get("one.example") == EVE
    assert json.loads(path.read_text())["auths"] == {"three.example": entry(ADA)}


def test_store_3_no_plain_text_unless_allowed(tmp_path):
    path = config(tmp_path)
    with pytest.raises(errors.PlaintextPutDisabledError) as caught:
        DockerConfigStore(path, detect_default=False).put("h", ADA)
    assert "canary" not in str(caught.value)
    assert json.loads(path.read_text()) == {}


def test_store_4_the_systems_helper_is_found_and_written_down_after_the_first_put(tmp_path, keeper):
    assert default_helper() == "secretservice"
    (keeper / "pass").write_text("#!/bin/sh\n")
    (keeper / "pass").chmod(0o755)
    assert default_helper() == "pass"
    path = config(tmp_path)
    store = DockerConfigStore(path)
    store.get("h")
    assert json.loads(path.read_text()) == {}
    store.put("h", ADA)
    assert json.loads(path.read_text()) == {"credsStore": "pass"}
    assert store.get("h") == ADA


def test_store_4_not_where_something_is_configured(tmp_path, keeper):
    store = DockerConfigStore(config(tmp_path, auths={"h": entry(ADA)}), allow_plaintext_put=True)
    store.put("other", EVE)
    assert "credsStore" not in json.loads((tmp_path / "config.json").read_text())


def test_store_4_nothing_on_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert default_helper() == ""


@pytest.mark.parametrize(("platform", "suffix"), [("win32", "wincred"), ("darwin", "osxkeychain")])
def test_store_4_each_system_has_its_own(tmp_path, monkeypatch, platform, suffix):
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / f"docker-credential-{suffix}"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    with monkeypatch.context() as there:
        there.setattr(docker_config.sys, "platform", platform)
        there.setattr(
            docker_config.shutil, "which", lambda name: name if (tmp_path / name).exists() else None
        )
        assert default_helper() == suffix
        program.unlink()
        assert default_helper() == ""


def test_store_5_the_file_answers_where_the_helper_knows_nothing(tmp_path, keeper):
    store = DockerConfigStore(config(tmp_path, credsStore="keeper", auths={"h": entry(ADA)}))
    assert store.get("h") == ADA


def test_store_6_an_error_of_an_earlier_store_is_not_passed_over():
    class Broken(MemoryStore):
        def get(self, server, /):
            raise errors.CredentialError("broken")

    with pytest.raises(errors.CredentialError):
        FallbackStore(Broken(), MemoryStore({"h": ADA})).get("h")


@pytest.mark.parametrize(
    ("kept", "asked"),
    [("docker.io", "registry-1.docker.io"), ("registry-1.docker.io", "docker.io"), ("host:443", "host:443")],
)
def test_store_7_auth_2_a_store_serves_the_client_by_host(kept, asked):
    client = AuthClient(Transport(), credentials=static_credential(kept, ADA))
    assert client.credential(asked) == ADA
    assert not client.credential("elsewhere.example")
    assert not client.credential("")


def test_nat_7_the_runner_is_an_argument():
    ran = []

    def run(program, action, standard_input, timeout):
        ran.append((program, action, standard_input))
        return b'{"Username": "ada", "Secret": "canary-secret"}'

    assert HelperStore("any", run=run).get("h") == ADA
    assert ran == [("docker-credential-any", "get", b"h")]


def test_nat_8_helpers_can_be_watched_without_seeing_secrets(keeper):
    seen, inner = [], []
    store = HelperStore("keeper")
    with watched(lambda *what: seen.append(what)):
        with watched(lambda *what: inner.append(what)):
            store.put("h", ADA)
        store.get("h")
        store.delete("h")
    assert len(inner) == 1
    assert len(seen) == 3
    assert "canary" not in str(seen)
    assert "docker-credential-keeper" in str(seen[0])


def test_login_1_checked_before_it_is_kept():
    with SandboxServer(auth="basic", users={"ada": "canary-secret"}) as server:
        store = MemoryStore()
        with pytest.raises(errors.CredentialError) as caught:
            login(store, server.host, Credential("ada", "wrong"))
        assert store.get(server.host) is None
        assert "wrong" not in str(caught.value)
        assert login(store, server.host, ADA) is True
        assert store.get(server.host) == ADA
        rx.Registry(server.host, options=options_for(server.host, ADA)).ping()


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_login_1_with_both_kinds_of_auth(auth):
    with SandboxServer(auth=auth, users={"ada": "canary-secret"}) as server:
        assert login(MemoryStore(), server.host, ADA) is True
        with pytest.raises(errors.CredentialError):
            login(MemoryStore(), server.host, EVE)


@pytest.mark.parametrize("answer", [error_answer(500), error_answer(404), Answer(204)])
def test_login_1_any_other_answer_keeps_nothing(answer):
    store = MemoryStore()
    with scripted(lambda seen: answer) as server:
        with pytest.raises(errors.RegexploreError):
            login(store, server.host, ADA, client=Transport(retries=0))
    assert store.get(server.host) is None


def test_login_1_a_client_that_authenticates_itself_is_refused():
    with pytest.raises(errors.CredentialError):
        login(MemoryStore(), "host.example", ADA, client=AuthClient())


def test_login_1_a_store_that_cannot_keep_it(tmp_path):
    with SandboxServer(auth="basic", users={"ada": "canary-secret"}) as server:
        store = DockerConfigStore(tmp_path / "config.json", detect_default=False)
        with pytest.raises(errors.PlaintextPutDisabledError):
            login(store, server.host, ADA)


def test_login_2_an_open_registry_verifies_nothing():
    store = MemoryStore()
    with scripted(lambda seen: json_answer({})) as server:
        assert login(store, server.host, ADA) is False
    assert store.get(server.host) == ADA


def test_login_3_logout(keeper, tmp_path):
    for store in (
        MemoryStore(),
        HelperStore("keeper"),
        DockerConfigStore(tmp_path / "none.json", detect_default=False),
    ):
        logout(store, "host.example")
