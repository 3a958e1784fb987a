"""Configuration files: each form that docker, podman and older tools wrote, and what saving leaves behind."""

import base64
import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from regexplore import errors
from regexplore.remote.credentials import (
    Credential,
    DefaultStore,
    DockerConfigStore,
    config_file,
    memory_store_of,
)
from regexplore.remote.credentials.file_entry import decode, encode
from regexplore.remote.credentials.server import host_part

ADA, EVE = Credential("ada", "canary:secret"), Credential("eve", "other")


def b64(text):
    return base64.b64encode(text.encode()).decode()


AUTH = b64("ada:canary:secret")


def store_of(path, content=None, **options):
    """Open a store on a file; text is written as it is, everything else as JSON."""
    if content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return DockerConfigStore(path, detect_default=False, allow_plaintext_put=True, **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config.json"


# ---- reading ---------------------------------------------------------------------------------------


def test_cfg_2_bad_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for bad in (tmp_path, ""):
        with pytest.raises(errors.CredentialError):
            DockerConfigStore(bad)
    (tmp_path / "file").write_text("{}")
    with pytest.raises(errors.CredentialError):
        DockerConfigStore(tmp_path / "file" / "config.json")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense", "[]", '"text"', "1", '{"auths": []}', '{"auths": "canary"}', '{"credsStore": {}}',
        '{"credHelpers": []}', "{" * 100_000, '{"auths": {"a": {"auth": "canary',
    ],
)  # fmt: skip
def test_cfg_2_t16_formats_that_are_refused_and_not_told(path, text):
    with pytest.raises(errors.InvalidConfigFormatError) as caught:
        store_of(path, text)
    assert "canary" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["{}", '{"key": "val"}', "", " \n\t ", "null", '{"auths": null}', None])
def test_cfg_2_9_what_counts_as_empty(path, text):
    store = store_of(path, text)
    assert store.get("h") is None
    store.delete("h")
    assert path.exists() is (text is not None)
    store.put("h", ADA)
    assert store_of(path).get("h") == ADA


def test_cfg_2_one_broken_entry_fails_alone(path):
    store = store_of(path, {"auths": {"bad": {"auth": "%"}, "odd": 7, "good": {"auth": AUTH}}})
    assert store.get("good") == ADA
    for name in ("bad", "odd"):
        with pytest.raises(errors.InvalidConfigFormatError):
            store.get(name)


ENTRIES = {
    "user and password": ({"auth": AUTH}, ADA),
    "identity token": ({"auth": "", "identitytoken": "i"}, Credential(refresh_token="i")),
    "registry token": ({"registrytoken": "r"}, Credential(access_token="r")),
    "all": (
        {"auth": AUTH, "identitytoken": "i", "registrytoken": "r"},
        Credential("ada", "canary:secret", "i", "r"),
    ),
    "empty": ({}, None),
    "null": (None, None),
    "without auth": ({"username": "ada", "password": "canary:secret"}, ADA),
    "auth wins": ({"auth": AUTH, "username": "no", "password": "no"}, ADA),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_cfg_3_store_2_entries(path, name):
    entry, credential = ENTRIES[name]
    content = {"auths": {"h": entry}, "SomeConfigField": 123}
    for store in (store_of(path, content), memory_store_of(json.dumps(content))):
        assert (store.get("h") or None) == credential
        assert store.get("absent") is None


@pytest.mark.parametrize(
    ("auth", "credential"),
    [
        (b64("user:pass"), Credential("user", "pass")),
        (b64("user:"), Credential("user")),
        (b64(":pass"), Credential(password="pass")),
        (b64("user"), None),
        ("no base64!", None),
        ("", Credential()),
        (b64("user:pass:word"), Credential("user", "pass:word")),
        (b64("user:pass").rstrip("="), Credential("user", "pass")),
        (b64("user:pass\x00\x00"), Credential("user", "pass")),
        (b64("user:pass")[:4] + "\n" + b64("user:pass")[4:], Credential("user", "pass")),
        (base64.urlsafe_b64encode("us\xff\xfe?:p".encode("latin-1")).decode(), None),
        (base64.b64encode(b"\xff\xfe:canary").decode(), None),
    ],
)
def test_cfg_3_auth_values(auth, credential):
    if credential is None:
        with pytest.raises(errors.InvalidConfigFormatError) as caught:
            decode({"auth": auth}, "h")
        assert auth not in str(caught.value)
        assert "user" not in str(caught.value).replace("user:password", "")
    else:
        assert decode({"auth": auth}, "h") == credential


@pytest.mark.parametrize(
    ("credential", "auth"),
    [
        (Credential("user", "pass"), b64("user:pass")),
        (Credential("user"), b64("user:")),
        (Credential(password="pass"), b64(":pass")),
        (Credential(), None),
    ],
)
def test_cfg_3_6_auth_values_written(credential, auth):
    assert encode(credential).get("auth") == auth
    assert decode(encode(credential), "h") == credential


@pytest.mark.parametrize("field", ["auth", "username", "password", "identitytoken", "registrytoken"])
@pytest.mark.parametrize("value", [7, ["canary"], {"canary": 1}, True])
def test_cfg_3_fields_of_the_wrong_type(field, value):
    with pytest.raises(errors.InvalidConfigFormatError) as caught:
        decode({field: value}, "h")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "asked", "found"),
    [
        (["h.example"], "h.example", 0),
        (["http://h.example/", "https://h.example/"], "h.example", 0),
        (["https://h.example/v1/", "h.example"], "h.example", 1),
        (["http://h.example/"], "https://h.example/", None),
        (["https://h.example"], "https://h.example", 0),
        (["http://h.example"], "h.example", 0),
        (["https://h.example"], "h.example", 0),
        (["h.example/"], "h.example", 0),
        (["http://h.example/"], "h.example", 0),
        (["https://h.example/"], "h.example", 0),
        (["https://h.example/v1/"], "h.example", 0),
        (["https://h.example:5000/v1/"], "h.example", None),
        (["h.example/team"], "h.example", None),
        (["h.example", "h.example/team"], "h.example/team/app", 1),
        (["h.example", "h.example/team"], "h.example/other", 0),
        (["docker.io"], "registry-1.docker.io", 0),
        (["index.docker.io"], "docker.io", 0),
        (["docker.io", "https://index.docker.io/v1/"], "registry-1.docker.io", 1),
    ],
)
def test_cfg_4_5_keys(path, keys, asked, found):
    entries = {key: {"auth": b64(f"user{n}:x")} for n, key in enumerate(keys)}
    credential = store_of(path, {"auths": entries}).get(asked)
    assert (credential and credential.username) == (None if found is None else f"user{found}")


@pytest.mark.parametrize("scheme", ["", "http://", "https://"])
@pytest.mark.parametrize("tail", ["", "/", "/path"])
def test_cfg_4_the_host_in_a_key(scheme, tail):
    assert host_part(f"{scheme}h.example:5000{tail}") == "h.example:5000"


@pytest.mark.parametrize(
    ("content", "configured"),
    [
        (None, False),
        ({"SomeConfigField": 123}, False),
        ({"auths": {}}, False),
        ({"auths": {"h": {}}}, True),
        ({"auths": {"h": {"auth": AUTH}}}, True),
        ({"credsStore": "x"}, True),
        ({"credHelpers": {}}, False),
        ({"credHelpers": {"h": "x"}}, True),
        ({"auths": {"h": {}}, "credsStore": "x", "credHelpers": {"h": "x"}}, True),
    ],
)
def test_cfg_10_what_counts_as_configured(path, content, configured):
    assert store_of(path, content).is_auth_configured is configured


# ---- writing ---------------------------------------------------------------------------------------


def test_cfg_6_7_a_file_and_its_folders_are_made(tmp_path):
    path = tmp_path / "new" / "folder" / "config.json"
    store_of(path).put("h", ADA)
    assert json.loads(path.read_text()) == {"auths": {"h": {"auth": AUTH}}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["config.json"]


def test_cfg_6_everything_else_is_kept(path):
    content = {
        "auths": {
            "a": {"auth": b64("x:y"), "email": "e", "some_field": 1},
            "b": {"identitytoken": "i", "odd": [1]},
        },
        "credHelpers": {"c": ""},
        "HttpHeaders": {"X-Meta": "<&>\N{SNOWMAN}"},
        "detachKeys": "ctrl-e,e",
        "big": 12345678901234567890,
    }
    store = store_of(path, content)
    store.put("a", EVE)
    store.put("new", Credential("ada", "canary:secret", "i", "r"))
    content["auths"]["a"] = {"auth": b64("eve:other")}
    content["auths"]["new"] = {"auth": AUTH, "identitytoken": "i", "registrytoken": "r"}
    assert json.loads(path.read_text()) == content
    assert [store.get("a"), store.get("new")] == [EVE, Credential("ada", "canary:secret", "i", "r")]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666])
def test_cfg_7_the_mode_is_for_the_user_alone(path, mode):
    path.write_text("{}")
    path.chmod(mode)
    store_of(path).put("h", ADA)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["a:b", ":", "ada:"])
def test_cfg_6_a_user_name_with_a_colon(path, name):
    with pytest.raises(errors.BadCredentialFormatError):
        store_of(path, {}).put("h", Credential(name, "x"))
    assert path.read_text() == "{}"


def test_cfg_6_a_password_with_colons_comes_back(path):
    store_of(path).put("h", Credential("ada", "a:b::c:"))
    assert store_of(path).get("h") == Credential("ada", "a:b::c:")


def test_cfg_8_9_deleting(path):
    content = {"auths": {"a": {"auth": AUTH}, "https://b/v1/": {"auth": AUTH}}, "other": 1}
    store = store_of(path, content)
    before = path.stat()
    store.delete("absent")
    store.delete("b")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    store.delete("a")
    store.delete("https://b/v1/")
    assert json.loads(path.read_text()) == {"auths": {}, "other": 1}


@pytest.mark.parametrize("key", ["docker.io", "index.docker.io", "https://index.docker.io/v1/"])
def test_cfg_8_login_3_docker_hub_is_forgotten_under_each_of_its_names(path, key):
    store = store_of(path, {"auths": {key: {"auth": AUTH}, "h": None}})
    store.delete("docker.io")
    assert store.get("registry-1.docker.io") is None
    store.delete("h")
    assert json.loads(path.read_text()) == {"auths": {}}


def test_cfg_7_a_folder_that_cannot_be_written(tmp_path):
    store = store_of(tmp_path / "file" / "config.json")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(errors.CredentialError) as caught:
        store.put("h", ADA)
    assert "canary" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file"]


def test_cfg_7_a_failed_write_leaves_the_old_file(path, monkeypatch):
    store = store_of(path, {"auths": {"a": {"auth": AUTH}}})
    before = path.read_bytes()

    def no_space(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(errors.CredentialError, match="No space left"):
        store.put("b", EVE)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["config.json"]


def test_cfg_7_links_in_a_row_are_followed_to_the_file(tmp_path):
    real = tmp_path / "dotfiles" / "docker.json"
    real.parent.mkdir()
    real.write_text("{}")
    (tmp_path / "one").symlink_to(real)
    (tmp_path / "two").symlink_to(tmp_path / "one")
    store_of(tmp_path / "two").put("h", ADA)
    assert (tmp_path / "one").is_symlink()
    assert (tmp_path / "two").is_symlink()
    assert json.loads(real.read_text()) == {"auths": {"h": {"auth": AUTH}}}


# ---- two who write ---------------------------------------------------------------------------------


def test_cfg_2_7_what_another_wrote_meanwhile_is_kept(path):
    one, two = store_of(path, {}), store_of(path, {})
    one.put("one", ADA)
    two.put("two", EVE)
    one.put("three", ADA)
    two.delete("one")
    assert sorted(json.loads(path.read_text())["auths"]) == ["three", "two"]
    assert [one.get("three"), two.get("two")] == [ADA, EVE]


def test_cfg_7_threads_of_one_store_lose_nothing(path):
    store = store_of(path, {})
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: store.put(f"h{n}", ADA), range(64)))
    assert len(json.loads(path.read_text())["auths"]) == 64


WRITER = """
import sys
from regexplore.remote.credentials import Credential, DockerConfigStore
for n in range(8):
    store = DockerConfigStore(sys.argv[1], allow_plaintext_put=True, detect_default=False)
    store.put(f"{sys.argv[2]}-{n}", Credential("ada", "x" * 1000))
"""


def test_cfg_7_two_processes_never_leave_half_a_file(path):
    path.write_text("{}")
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("one", "two")]
    while any(writer.poll() is None for writer in writers):
        json.loads(path.read_text())
    assert [writer.returncode for writer in writers] == [0, 0]
    held = json.loads(path.read_text())["auths"]
    assert any(name.startswith(("one-7", "two-7")) for name in held)
    assert os.listdir(path.parent) == ["config.json"]


# ---- the files of docker and podman together -------------------------------------------------------


def test_cfg_1_8_logging_out_forgets_in_every_file(tmp_path, monkeypatch):
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    files = [
        tmp_path / "docker/config.json",
        tmp_path / "config/containers/auth.json",
        tmp_path / "run/containers/auth.json",
    ]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"auths": {"h": {"auth": AUTH}, "other": {"auth": AUTH}}}))
    store = DefaultStore()
    store.delete("h")
    assert store.get("h") is None
    assert store.get("other") == ADA
    assert [list(json.loads(file.read_text())["auths"]) for file in files] == [["other"]] * 3


def test_cfg_1_a_broken_file_is_named(tmp_path, monkeypatch):
    named = tmp_path / "auth.json"
    named.write_text("{canary")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(named))
    with pytest.raises(errors.InvalidConfigFormatError) as caught:
        DefaultStore().get("h")
    assert str(named) in str(caught.value)
    assert "canary" not in str(caught.value)


def test_cfg_2_t20_a_file_that_is_too_large_is_not_read(path):
    with pytest.raises(errors.InvalidConfigFormatError, match="larger than"):
        store_of(path, "{" + " " * config_file.MAX_BYTES + "}")
