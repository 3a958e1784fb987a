"""Which store answers: helper, common helper, the system's, the file, or the next in a row."""

import json

import pytest
from support.scripted_server import error_answer, scripted

from regexplore import errors
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import (
    EMPTY,
    Credential,
    DockerConfigStore,
    FallbackStore,
    HelperStore,
    MemoryStore,
    server_key,
    static_credential,
)
from regexplore.remote.credentials.server import DOCKER_HUB_KEY
from regexplore.remote.login import login, logout
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer

ADA, EVE = Credential("ada", "canary-secret"), Credential("eve", "other")
NAMED = """#!/bin/sh
# Says its own name as the user.
cat > /dev/null
[ "$1" = get ] && printf '{"Username": "%s", "Secret": "x"}' "${0##*/docker-credential-}"
exit 0
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put programs on a PATH that has nothing else but a shell's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def made(*names):
        for name in names:
            path = folder / name
            path.write_text(NAMED)
            path.chmod(0o755)

    return made


def opened(tmp_path, content=None, **options):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(json.dumps(content))
    return DockerConfigStore(path, **options)


@pytest.mark.parametrize(
    ("content", "server", "user"),
    [
        ({"credHelpers": {"a": "one", "b": "two"}}, "a", "one"),
        ({"credHelpers": {"a": "one", "b": "two"}}, "b", "two"),
        ({"credHelpers": {"a": ""}}, "a", None),
        ({"credHelpers": {"a": ""}, "credsStore": "two"}, "a", "two"),
        ({"credHelpers": {"a": "one"}}, "c", None),
        ({"credHelpers": {"a": "one"}, "credsStore": "two"}, "a", "one"),
        ({"credHelpers": {"a": "one"}, "credsStore": "two"}, "c", "two"),
        ({"credHelpers": {"a": 7}, "credsStore": "two"}, "a", "two"),
        ({"credHelpers": {"docker.io": "one"}, "credsStore": "two"}, "registry-1.docker.io", "one"),
        ({"credHelpers": {DOCKER_HUB_KEY: "one"}, "credsStore": "two"}, "docker.io", "one"),
    ],
)
def test_store_3_the_helper_of_a_server(tmp_path, programs, content, server, user):
    programs("docker-credential-one", "docker-credential-two")
    found = opened(tmp_path, content, detect_default=False).get(server)
    assert (found and found.username) == user


def test_store_4_an_existing_setting_wins(tmp_path, programs):
    programs("docker-credential-one", "docker-credential-secretservice")
    store = opened(tmp_path, {"credsStore": "one"})
    store.put("h", ADA)
    assert json.loads(store.path.read_text()) == {"credsStore": "one"}
    assert store.get("h").username == "one"


def test_store_4_the_choice_is_saved_beside_what_is_there(tmp_path, programs):
    programs("docker-credential-secretservice")
    store = opened(tmp_path, {"other": 1})
    assert not store.is_auth_configured
    store.put("h", ADA)
    store.put("g", ADA)
    assert json.loads(store.path.read_text()) == {"other": 1, "credsStore": "secretservice"}
    assert store.is_auth_configured
    assert opened(tmp_path).get("h").username == "secretservice"


def test_store_4_a_failed_put_saves_no_choice(tmp_path, programs):
    programs("docker-credential-secretservice")
    store = opened(tmp_path)
    with pytest.raises(errors.HelperError):
        store.put("h", Credential(access_token="x"))
    assert not store.path.exists()


def test_store_4_a_choice_of_another_process_is_respected(tmp_path, programs):
    programs("docker-credential-secretservice", "docker-credential-one")
    store = opened(tmp_path, {})
    opened(tmp_path, {"credsStore": "one"})
    store.put("h", ADA)
    assert json.loads(store.path.read_text()) == {"credsStore": "one"}


def test_store_3_plain_text_is_refused_and_then_allowed(tmp_path):
    store = opened(tmp_path, {}, detect_default=False)
    with pytest.raises(errors.PlaintextPutDisabledError) as caught:
        store.put("h", ADA)
    assert caught.value.hint
    store.allow_plaintext_put = True
    store.put("h", ADA)
    assert store.get("h") == ADA


def test_store_3_deleting_reaches_helper_and_file(tmp_path, programs):
    programs("docker-credential-one")
    store = opened(tmp_path, {"credsStore": "one", "auths": {"h": {}, "g": {}}})
    store.delete("h")
    assert list(json.loads(store.path.read_text())["auths"]) == ["g"]


def test_store_5_a_helper_that_fails_is_not_passed_over(tmp_path, programs):
    store = opened(tmp_path, {"credsStore": "absent", "auths": {"h": {"username": "ada", "password": "x"}}})
    with pytest.raises(errors.HelperError):
        store.get("h")


def test_cfg_1_store_3_where_a_store_reads(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert DockerConfigStore().path == tmp_path / "config.json"
    assert str(tmp_path) in repr(DockerConfigStore())


# ---- several stores ----------------------------------------------------------------------------------


class Failing:
    """A store whose keychain is locked."""

    def get(self, server, /):
        raise errors.CredentialError("locked")

    def put(self, server, credential, /):
        raise errors.CredentialError("locked")

    def delete(self, server, /):
        raise errors.CredentialError("locked")


def test_store_6_asked_in_order():
    one, two, three = MemoryStore({"a": ADA}), MemoryStore({"a": EVE, "b": EVE}), MemoryStore({"c": ADA})
    store = FallbackStore(one, two, three)
    assert [store.get(name) for name in "abcd"] == [ADA, EVE, ADA, None]
    assert FallbackStore(one).get("a") == ADA
    assert FallbackStore(MemoryStore({"a": EMPTY}), two).get("a") == EVE


def test_store_6_written_to_the_first_alone():
    one, two = MemoryStore(), MemoryStore({"a": EVE})
    store = FallbackStore(one, two)
    store.put("a", ADA)
    assert (one.get("a"), two.get("a")) == (ADA, EVE)
    store.delete("a")
    assert (one.get("a"), two.get("a"), store.get("a")) == (None, EVE, EVE)


@pytest.mark.parametrize("call", [lambda s: s.get("a"), lambda s: s.put("a", ADA), lambda s: s.delete("a")])
def test_store_6_an_error_stops(call):
    with pytest.raises(errors.CredentialError, match="locked"):
        call(FallbackStore(Failing(), MemoryStore({"a": ADA})))


def test_store_1_memory():
    store = MemoryStore()
    assert store.get("a") is None
    store.put("a", ADA)
    store.put("b", EVE)
    assert (store.get("a"), store.get("b")) == (ADA, EVE)
    store.put("a", EVE)
    assert store.get("a") == EVE
    store.delete("a")
    store.delete("absent")
    assert (store.get("a"), store.get("b")) == (None, EVE)


# ---- what a client asks a store --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "asked", "found"),
    [
        ("h.example:5000", "h.example:5000", True),
        ("h.example:5000", "h.example", False),
        ("h.example", "h.example:5000", False),
        ("docker.io", "registry-1.docker.io", True),
        ("docker.io", "docker.io", True),
        ("docker.io", "docker.io.evil.test", False),
        ("h.example", "", False),
        ("h.example", "H.EXAMPLE", False),
    ],
)
def test_auth_2_store_7_one_credential_for_one_host(kept, asked, found):
    client = AuthClient(Transport(), credentials=static_credential(kept, ADA))
    assert client.credential(asked) == (ADA if found else EMPTY)


@pytest.mark.parametrize("auth", ["basic", "token"])
@pytest.mark.parametrize(("password", "status"), [("canary-secret", 200), ("wrong", 401)])
def test_auth_2_a_static_credential_at_work(auth, password, status):
    from regexplore.remote.registry import RemoteRegistry

    with SandboxServer(auth=auth, users={"ada": "canary-secret"}) as server:
        known = static_credential(server.host, Credential("ada", password))
        registry = RemoteRegistry(server.host, client=AuthClient(Transport(retries=0), credentials=known))
        if status == 200:
            registry.ping()
        else:
            with pytest.raises(errors.UnauthorizedError):
                registry.ping()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("docker.io", DOCKER_HUB_KEY),
        ("registry-1.docker.io", DOCKER_HUB_KEY),
        ("h.example:5000", "h.example:5000"),
    ],
)
def test_login_4_key_names(name, key):
    assert server_key(name) == key


# ---- login and logout ------------------------------------------------------------------------------


def test_login_1_nothing_is_kept_when_nothing_answers():
    store = MemoryStore()
    with pytest.raises(errors.TransportError):
        login(store, "127.0.0.1:1", ADA, client=Transport(retries=0))
    assert store.get("127.0.0.1:1") is None


def test_login_1_a_refresh_token_is_checked_too():
    with SandboxServer(auth="token", users={"ada": "canary-secret"}) as server:
        store = MemoryStore()
        good = Credential(refresh_token=server.issuer.refresh_token("ada"))
        assert login(store, server.host, good) is True
        assert store.get(server.host) == good
        with pytest.raises(errors.CredentialError):
            login(store, server.host, Credential(refresh_token="forged"))
        assert store.get(server.host) == good


def test_login_1_2_a_token_that_is_known_already_does_not_let_a_wrong_password_in():
    with SandboxServer(auth="token", users={"ada": "canary-secret"}) as server:
        store = MemoryStore()
        assert login(store, server.host, ADA)
        with pytest.raises(errors.CredentialError):
            login(store, server.host, Credential("ada", "wrong"))
        assert store.get(server.host) == ADA


def test_login_2_basic_that_nobody_asked_for_is_not_sent():
    store = MemoryStore()
    with scripted(lambda seen: error_answer(403, "DENIED")) as server:
        with pytest.raises(errors.RegexploreError):
            login(store, server.host, ADA, client=Transport(retries=0))
        assert [seen.headers["Authorization"] for seen in server.seen] == [None]
    assert store.get(server.host) is None


@pytest.mark.parametrize("name", ["h.example", "docker.io", "registry-1.docker.io"])
def test_login_3_logout_by_each_name(name):
    store = MemoryStore({name: ADA, "other": EVE})
    logout(store, name)
    assert store.get(name) is None
    assert store.get("other") == EVE


def test_login_3_an_error_of_the_store_is_told():
    with pytest.raises(errors.CredentialError, match="locked"):
        logout(Failing(), "h.example")


def test_login_3_a_helper_that_knows_nothing(tmp_path, monkeypatch):
    path = tmp_path / "docker-credential-empty"
    path.write_text("#!/bin/sh\necho credentials not found in native keychain\nexit 1\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    logout(HelperStore("empty"), "h.example")
