"""Files, helpers and stores of credentials."""

from __future__ import annotations

import base64
import json
import pickle
import stat

import pytest

from regexplore.errors import (
    BadCredentialFormatError,
    CredentialError,
    HelperError,
    InvalidConfigFormatError,
    PlaintextPutDisabledError,
)
from regexplore.remote.credentials import (
    Credential,
    DockerConfigStore,
    FallbackStore,
    HelperStore,
    MemoryStore,
)

ADA = Credential("ada", "canary:secret")
AUTH = base64.b64encode(b"ada:canary:secret").decode()


@pytest.fixture
def config(tmp_path):
    """Write a configuration and open a store on it."""

    def opened(content, **options):
        path = tmp_path / "config.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return DockerConfigStore(path, detect_default=False, **options)

    return opened


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """Put a shell script on PATH as docker-credential-fake."""

    def written(script):
        path = tmp_path / "docker-credential-fake"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return HelperStore("fake", timeout=1)

    return written


@pytest.mark.parametrize("text", ["", " \n", "null", "{}"])
def test_cfg_2_10_empty_files_are_empty(config, text):
    store = config(text)
    assert store.get("h") is None
    assert not store.is_auth_configured


@pytest.mark.parametrize("text", ["[]", "{", '{"auths": []}', '{"credsStore": 1}', '{"credHelpers": "x"}'])
def test_cfg_2_refuses_broken_files(config, text):
    with pytest.raises(InvalidConfigFormatError):
        config(text)


def test_cfg_3_reads_entries(config):
    store = config(
        {
            "auths": {
                "a": {"auth": AUTH, "username": "no"},
                "b": {"identitytoken": "i"},
                "c": {"registrytoken": "r"},
            }
        }
    )
    assert store.get("a") == ADA
    assert store.get("b") == Credential(refresh_token="i")
    assert store.get("c") == Credential(access_token="r")


def test_cfg_3_a_broken_auth_value_is_not_told(config):
    secret = base64.b64encode(b"canarysecret").decode()
    with pytest.raises(InvalidConfigFormatError) as caught:
        config({"auths": {"a": {"auth": secret}}}).get("a")
    assert "canary" not in str(caught.value)
    assert secret not in str(caught.value)


def test_cfg_4_exact_then_path_then_old_keys(config):
    store = config({"auths": {"h/team": {"username": "t", "password": "p"}, "https://h/v1/": {"auth": AUTH}}})
    assert store.get("h/team/app").username == "t"
    assert store.get("h") == ADA
    assert store.get("https://h") is None


@pytest.mark.parametrize("name", ["docker.io", "registry-1.docker.io", "https://index.docker.io/v1/"])
def test_cfg_5_login_4_docker_hub(config, name):
    assert config({"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}}).get(name) == ADA


def test_cfg_6_7_replaces_one_entry_for_the_user_alone(config, tmp_path):
    store = config(
        {"other": {"x": "<&>"}, "auths": {"a": {"email": "e"}, "b": {"auth": AUTH}}}, allow_plaintext_put=True
    )
    link = tmp_path / "link.json"
    link.symlink_to(store.path)
    DockerConfigStore(link, allow_plaintext_put=True, detect_default=False).put("a", ADA)
    assert link.is_symlink()
    assert json.loads(store.path.read_text()) == {
        "other": {"x": "<&>"},
        "auths": {"a": {"auth": AUTH}, "b": {"auth": AUTH}},
    }
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_cfg_6_refuses_a_colon_and_plain_text(config):
    with pytest.raises(PlaintextPutDisabledError):
        config({}).put("a", ADA)
    with pytest.raises(BadCredentialFormatError):
        config({}, allow_plaintext_put=True).put("a", Credential("a:b", "c"))


def test_cfg_8_9_writes_nothing_when_nothing_changes(config):
    text = json.dumps({"auths": {"a": {"auth": AUTH}}})
    store = config(text, allow_plaintext_put=True)
    store.delete("absent")
    store.put("a", ADA)
    assert store.path.read_text() == text
    store.delete("a")
    assert json.loads(store.path.read_text()) == {"auths": {}}


def test_store_6_asks_in_order_and_writes_to_the_first():
    first, second = MemoryStore(), MemoryStore({"h": ADA})
    both = FallbackStore(first, second)
    assert both.get("h") == ADA
    both.put("g", ADA)
    assert (first.get("g"), second.get("g")) == (ADA, None)


def test_auth_2_t16_a_credential_shows_and_pickles_no_secret():
    assert "canary" not in repr(ADA) + str(ADA)
    with pytest.raises(CredentialError):
        pickle.dumps(ADA)
    with pytest.raises(CredentialError):
        pickle.dumps(MemoryStore({"h": ADA}))


def test_nat_1_2_3_runs_a_helper(helper, tmp_path):
    store = helper(
        f'if [ "$1" = store ]; then cat > {tmp_path}/given; else echo \'{{"Username":"<token>","Secret":"s"}}\'; fi'
    )
    assert store.get("h") == Credential(refresh_token="s")
    store.put("h", ADA)
    assert json.loads((tmp_path / "given").read_text()) == {
        "ServerURL": "h",
        "Username": "ada",
        "Secret": "canary:secret",
    }


def test_nat_4_login_3_a_missing_credential_is_no_failure(helper):
    store = helper("echo credentials not found in native keychain; exit 1")
    assert store.get("h") is None
    store.delete("h")


def test_nat_4_t16_a_failure_tells_no_output(helper):
    with pytest.raises(HelperError) as caught:
        helper("echo canary; exit 3").get("h")
    assert "canary" not in str(caught.value)


def test_nat_5_says_which_helper_is_missing():
    with pytest.raises(HelperError, match="docker-credential-absent-helper"):
        HelperStore("absent-helper").get("h")


@pytest.mark.parametrize("script", ["sleep 60", "sleep 60 & wait", "head -c 300000 /dev/zero"])
def test_nat_6_holds_a_helper_to_time_and_output(helper, script):
    with pytest.raises(HelperError, match=r"no answer within|printed more than"):
        helper(script).get("h")


@pytest.mark.parametrize("suffix", ["", "../x", "a/b", "-x", "a\n"])
def test_nat_6_refuses_odd_names(suffix):
    with pytest.raises(HelperError):
        HelperStore(suffix)
