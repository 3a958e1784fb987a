"""Whole conversations with the sandbox and its token server: how many requests, and who is asked for what."""

import base64
from contextlib import contextmanager

import pytest
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, media_types
from regexplore.remote.auth import scope_hints
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer

USERS = {"ada": "lovelace", "eve": "moneypenny"}
ADA, EVE = (Credential(name, password) for name, password in USERS.items())
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, b"content")


class Changing:
    """Credentials that can be changed while a client uses them; counts how often they are asked for."""

    def __init__(self, credential):
        self.credential, self.asked = credential, []

    def __call__(self, host):
        self.asked.append(host)
        return self.credential


@contextmanager
def sandbox(auth, **options):
    with SandboxServer(auth=auth, users=USERS, **options) as server:
        server.store.put_blob("some/app", BLOB.digest, b"content")
        yield server


def fetch(server, client, name="some/app"):
    """Fetch a blob and return how many requests the registry and the token server saw for it."""
    before = len(server.log)
    assert rx.Repository(f"{server.host}/{name}", client=client).fetch_all(BLOB) == b"content"
    origins = [record.origin for record in server.log[before:]]
    return origins.count("registry"), origins.count("tokens")


def client_of(credentials, **options):
    return AuthClient(Transport(retries=0), credentials=credentials, **options)


def refresh_token(server, user):
    return Credential(refresh_token=server.issuer.refresh_token(user))


def test_auth_8_11_basic_without_a_cache():
    credentials = Changing(ADA)
    with sandbox("basic") as server:
        client = client_of(credentials, cache=None)
        assert fetch(server, client) == (2, 0)
        credentials.credential = EVE
        assert fetch(server, client) == (2, 0)
    assert credentials.asked == [server.host] * 2


def test_auth_8_11_basic_with_a_cache_and_a_changed_password():
    password = ["one"]

    def respond(seen):
        wanted = "Basic " + base64.b64encode(f"ada:{password[0]}".encode()).decode()
        if seen.headers["Authorization"] == wanted:
            return json_answer({"tags": []})
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", "Basic realm=r")])

    with scripted(respond) as server:
        client = client_of(lambda host: Credential("ada", password[0]))
        repository = rx.Repository(f"{server.host}/a", client=client)
        for requests_so_far in (2, 3):
            list(repository.tag_pages())
            assert len(server.seen) == requests_so_far
        password[0] = "two"
        list(repository.tag_pages())
        assert len(server.seen) == 5


KINDS = {
    "get": (lambda server: (ADA, EVE), {}),
    "password": (lambda server: (ADA, EVE), {"force_attempt_oauth2": True}),
    "refresh": (lambda server: (refresh_token(server, "ada"), refresh_token(server, "eve")), {}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_auth_11_15_16_bearer_without_a_cache(kind):
    make, options = KINDS[kind]
    with sandbox("token") as server:
        credentials = Changing(make(server)[0])
        client = client_of(credentials, cache=None, **options)
        assert fetch(server, client) == (2, 1)
        credentials.credential = make(server)[1]
        assert fetch(server, client) == (2, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_auth_11_15_16_bearer_with_a_cache(kind):
    make, options = KINDS[kind]
    with sandbox("token") as server:
        credentials = Changing(make(server)[0])
        client = client_of(credentials, **options)
        assert fetch(server, client) == (2, 1)
        assert fetch(server, client) == (1, 0)
        # The server forgets its tokens; the next one is asked for by another user.
        server.issuer.revoke_all()
        credentials.credential = make(server)[1]
        assert fetch(server, client) == (2, 1)
        assert fetch(server, client) == (1, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_auth_4_11_two_registries_do_not_mix(kind):
    make, options = KINDS[kind]
    with sandbox("token") as one, sandbox("token") as two:
        known = {one.host: make(one)[0], two.host: make(two)[1]}
        client = client_of(known.get, **options)
        for expected in ((2, 1), (1, 0)):
            assert fetch(one, client) == expected
            assert fetch(two, client) == expected
        one.issuer.revoke_all()
        known[one.host] = make(one)[0]
        assert fetch(two, client) == (1, 0)
        assert fetch(one, client) == (2, 1)


def test_auth_14_an_access_token_is_used_as_it_is():
    with sandbox("token") as one, sandbox("token") as two:

        def token(server):
            return Credential(access_token=server.issuer.access_token("ada", {"some/app": {"pull"}}, 300))

        credentials = Changing(token(one))
        client = client_of(credentials)
        assert fetch(one, client) == (2, 0)
        assert fetch(one, client) == (1, 0)
        one.issuer.revoke_all()
        credentials.credential = token(one)
        assert fetch(one, client) == (2, 0)
        known = {one.host: token(one), two.host: token(two)}
        client = client_of(known.get)
        assert [fetch(one, client), fetch(two, client), fetch(one, client)] == [(2, 0), (2, 0), (1, 0)]
        uncached = client_of(known.get, cache=None)
        assert [fetch(one, uncached), fetch(one, uncached)] == [(2, 0), (2, 0)]


@pytest.mark.parametrize("hint", ["", "other.example"])
def test_auth_11_scope_2_a_hint_for_every_host_or_another(hint):
    with sandbox("token") as server:
        client = client_of(Changing(ADA))
        with scope_hints(hint, "repository:base/image:pull"):
            assert fetch(server, client) == (2, 1)
            assert fetch(server, client) == (1, 0)
        asked = [record.query for record in server.log if record.origin == "tokens"]
    assert ("base" in asked[0]) is (hint == "")


def test_auth_15_anonymous_pull():
    with sandbox("token", anonymous_pull=True) as server:
        assert fetch(server, client_of(None)) == (2, 1)
        (token,) = [record for record in server.log if record.origin == "tokens"]
        assert (token.method, "authorization" in token.headers) == ("GET", False)


def test_auth_9_15_a_wrong_password_is_an_error_before_the_second_request():
    with sandbox("token") as server:
        repository = rx.Repository(
            f"{server.host}/some/app", client=client_of(Changing(Credential("ada", "no")))
        )
        with pytest.raises(errors.UnauthorizedError):
            repository.fetch_all(BLOB)
        assert [record.origin for record in server.log] == ["registry", "tokens"]


def test_auth_8_a_wrong_password_for_basic_is_the_same_error():
    with sandbox("basic") as server:
        repository = rx.Repository(
            f"{server.host}/some/app", client=client_of(Changing(Credential("ada", "no")))
        )
        with pytest.raises(errors.UnauthorizedError):
            repository.fetch_all(BLOB)
        assert len(server.log) == 2


def test_cache_1_auth_7_a_registry_that_changes_its_scheme():
    scheme = ["bearer"]

    def respond(seen):
        if seen.target.startswith("/token"):
            return json_answer({"token": "t"})
        given = seen.headers["Authorization"] or ""
        if given == "Bearer t" and scheme[0] == "bearer":
            return json_answer({"tags": []})
        if given.startswith("Basic ") and scheme[0] == "basic":
            return json_answer({"tags": []})
        challenge = {
            "bearer": f'Bearer realm="http://{seen.headers["Host"]}/token"',
            "basic": "Basic realm=r",
        }
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge[scheme[0]])])

    with scripted(respond) as server:
        repository = rx.Repository(f"{server.host}/a", client=client_of(lambda host: ADA))
        counts = []
        for scheme[0] in ("bearer", "bearer", "basic", "basic", "bearer"):
            before = len(server.seen)
            list(repository.tag_pages())
            counts.append(len(server.seen) - before)
    assert counts == [3, 1, 2, 1, 3]


@pytest.mark.parametrize("life", [10**400, 1e308, -1, 0, True, "300", None, [], {"a": 1}])
@pytest.mark.parametrize("issued", ["2026-01-01T00:00:00Z", "no time", 7, "9999-12-31T23:59:59Z"])
def test_auth_17_odd_lives_of_tokens(life, issued):
    def respond(seen):
        if seen.target.startswith("/token"):
            return json_answer({"token": "t", "expires_in": life, "issued_at": issued})
        if seen.headers["Authorization"]:
            return json_answer({"tags": []})
        challenge = f'Bearer realm="http://{seen.headers["Host"]}/token"'
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge)])

    with scripted(respond) as server:
        repository = rx.Repository(f"{server.host}/a", client=client_of(lambda host: ADA))
        for _ in range(2):
            list(repository.tag_pages())
        assert len(server.seen) == 4


def test_auth_16_what_is_posted():
    with sandbox("token") as server:
        rejected = client_of(Changing(ADA), force_attempt_oauth2=True, client_id="auditor")
        fetch(server, rejected)
        (token,) = [record for record in server.log if record.origin == "tokens"]
    assert (token.method, token.query) == ("POST", "")
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in token.headers


@pytest.mark.parametrize("credential", [Credential("ada"), Credential(password="x")])
def test_auth_15_half_a_credential_goes_out_as_it_is(credential):
    def respond(seen):
        if seen.target.startswith("/token"):
            return json_answer({"token": seen.headers["Authorization"].removeprefix("Basic ").rstrip("=")})
        if seen.headers["Authorization"]:
            return json_answer({"tags": []})
        challenge = f'Bearer realm="http://{seen.headers["Host"]}/token"'
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge)])

    with scripted(respond) as server:
        list(rx.Repository(f"{server.host}/a", client=client_of(lambda host: credential)).tag_pages())
        pair = base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode().rstrip("=")
        assert server.seen[-1].headers["Authorization"] == f"Bearer {pair}"


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "t\N{EURO SIGN}", "a\x00", "\x7f"])
def test_auth_14_t16_an_access_token_that_fits_no_header(token):
    with sandbox("token") as server:
        client = client_of(lambda host: Credential(access_token="canary" + token))
        with pytest.raises(errors.TokenError) as caught:
            rx.Repository(f"{server.host}/some/app", client=client).fetch_all(BLOB)
    assert "canary" not in str(caught.value)


def test_auth_8_a_password_that_is_refused_is_not_sent_again():
    """It was welcome a moment ago and is not any more; the same once more would only count against the user."""
    left = [401, 200, 401, 401]

    def respond(seen):
        headers = [("WWW-Authenticate", 'Basic realm="a"')]
        return error_answer(401, "UNAUTHORIZED", headers=headers) if left.pop(0) == 401 else Answer(length=7)

    with scripted(respond) as server:
        repo = rx.Repository(f"{server.host}/some/app", client=client_of(Changing(ADA)))
        assert repo.exists(BLOB)
        with pytest.raises(errors.UnauthorizedError):
            repo.exists(BLOB)
        sent = [seen.headers["Authorization"] for seen in server.seen]
        assert [value is not None for value in sent] == [False, True, True]
