"""Secrets stay where they are: in no text, no copy, no log, no traceback."""

import base64
import copy
import logging
import pickle
import traceback

import pytest
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential, DefaultStore, MemoryStore, static_credential
from regexplore.remote.login import login
from regexplore.remote.transport import Transport

SECRET = "canary-secret"
ADA = Credential("ada", SECRET)
# As it is, as part of a header, and as the token that it is exchanged for.
FORMS = (SECRET, base64.b64encode(f"ada:{SECRET}".encode()).decode(), "canary-token")
CHALLENGE = 'Bearer realm="http://{host}/token",service="s"'

FAILURES = {
    "token refused": error_answer(401, "UNAUTHORIZED"),
    "token denied": error_answer(403, "DENIED"),
    "server broken": error_answer(500),
    "cut": Answer(200, b"{}", length=50, cut=1),
    "not json": Answer(200, b"<html>"),
    "no token": json_answer({}),
    "bad token": json_answer({"token": "canary-token with blanks"}),
    "too large": Answer(200, b" " * 200_000),
    "redirect": Answer(307, headers=[("Location", "http://127.0.0.1/elsewhere")]),
    "token of no use": json_answer({"token": "canary-token"}),
}


def own_frames(error):
    """A traceback with all variables of the frames that are the library's own."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    lines = [str(error), repr(error), getattr(error, "hint", "")]
    for frame in shown.stack:
        if "/tests/" not in frame.filename:
            lines += [f"{frame.filename} {frame.name}", *map(str, (frame.locals or {}).items())]
    return "\n".join(map(str, lines))


def call(server, credential, **options):
    client = AuthClient(Transport(retries=0), credentials=lambda host: credential, **options)
    return list(rx.Repository(f"{server.host}/a", client=client).tag_pages())


def assert_clean(text):
    assert [form for form in FORMS if form in text] == []


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("way", ["get", "post", "refresh"])
def test_t16_auth_9_no_secret_in_the_variables_of_a_traceback(failure, way, caplog):
    caplog.set_level(logging.DEBUG)

    def respond(seen):
        if seen.target.startswith("/token"):
            return FAILURES[failure]
        challenge = CHALLENGE.format(host=seen.headers["Host"])
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge)])

    credential = Credential(refresh_token=SECRET) if way == "refresh" else ADA
    with scripted(respond) as server, pytest.raises(errors.RegexploreError) as caught:
        call(server, credential, force_attempt_oauth2=way == "post")
    text = own_frames(caught.value)
    assert "remote/exchange.py" in text
    assert_clean(text)
    assert_clean(caplog.text)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", [401, 403, 500])
def test_t16_auth_8_no_password_in_the_variables_of_a_traceback(status, caplog):
    caplog.set_level(logging.DEBUG)

    def respond(seen):
        if seen.headers["Authorization"]:
            return error_answer(status, "DENIED")
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", "Basic realm=r")])

    with scripted(respond) as server, pytest.raises(errors.ResponseError) as caught:
        call(server, ADA)
    assert_clean(own_frames(caught.value))
    assert_clean(caplog.text)


def test_t16_nobody_listens():
    """The connection breaks while the credentials are on their way."""

    def respond(seen):
        if seen.headers["Authorization"]:
            return Answer(200, b"[]", length=50, cut=0)
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", "Basic realm=r")])

    with scripted(respond) as server, pytest.raises(errors.RegexploreError) as caught:
        call(server, ADA)
    assert_clean(own_frames(caught.value))


def test_t16_login_1_a_failed_login():
    with scripted(lambda seen: error_answer(401, headers=[("WWW-Authenticate", "Basic realm=r")])) as server:
        with pytest.raises(errors.CredentialError) as caught:
            login(MemoryStore(), server.host, ADA, client=Transport(retries=0))
    assert_clean(own_frames(caught.value))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_t16_auth_2_no_copy_of_a_credential_by_a_back_door(duplicate):
    for holder in (ADA, MemoryStore({"h": ADA}), static_credential("h", ADA)):
        with pytest.raises(errors.CredentialError):
            duplicate(holder)


def test_t16_conc_1_a_pickled_client_has_no_secret():
    client = AuthClient(Transport(), credentials=DefaultStore(), headers={"X-Token": SECRET})
    pickled = pickle.dumps(rx.Repository("host.example/a", client=client))
    assert SECRET.encode() not in pickled
    assert pickle.loads(pickled).reference == rx.Repository("host.example/a").reference
    with pytest.raises(errors.CredentialError):
        pickle.dumps(rx.Repository("host.example/a", credential=ADA))


def test_t16_opt_1_what_is_shown_of_options():
    repository = rx.Repository("host.example/a", credential=ADA)
    parts = [repository, repository.options, repository.options.client, ADA, MemoryStore({"h": ADA})]
    for part in parts:
        assert_clean(repr(part) + str(part) + f"{part}")
    assert_clean(str(repository._repr_mimebundle_()))


@pytest.mark.parametrize("name", ["username", "password", "refresh_token", "access_token"])
def test_auth_2_t16_half_a_character_is_no_credential(name):
    with pytest.raises(errors.BadCredentialFormatError) as caught:
        Credential(**{name: SECRET + "\ud800"})
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
