"""Basic, the token server, TLS: who gets in, and what the log keeps of it."""

from __future__ import annotations

import base64
import socket
import ssl
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from support.registry_wire import Wire, error_codes

from regexplore.sandbox import SandboxServer
from regexplore.sandbox.token import TokenIssuer

USERS = {"ann": "canary-pässword:x"}


def basic(user="ann", password=USERS["ann"]):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def challenge_of(response):
    """Parameters of a Bearer challenge."""
    assert response.status_code == 401
    scheme, _, rest = response.headers["WWW-Authenticate"].partition(" ")
    assert scheme == "Bearer"
    parts = [part for part in rest.split('"') if part]
    return {key.strip(",="): value for key, value in zip(parts[::2], parts[1::2], strict=True)}


class TokenUser:
    """A client that fetches a token for a challenge."""

    def __init__(self, server):
        self.wire = Wire(server.url)

    def token(self, challenge, headers=None, **more):
        query = {"service": challenge["service"], "scope": challenge.get("scope", ""), **more}
        return self.wire("GET", challenge["realm"], params=query, headers=headers or {})

    def __call__(self, method, path, headers=None, **options):
        first = self.wire(method, path, **options)
        if first.status_code != 401:
            return first
        answer = self.token(challenge_of(first), headers)
        if answer.status_code != 200:
            return answer
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        return self.wire(method, path, headers=bearer, **options)


def test_basic_lets_in_who_knows_the_password():
    with SandboxServer(auth="basic", users=USERS) as server:
        wire = Wire(server.url)
        refused = wire("GET", "/v2/")
        assert (refused.status_code, error_codes(refused)) == (401, ["UNAUTHORIZED"])
        assert refused.headers["WWW-Authenticate"] == 'Basic realm="sandbox"'
        assert wire("GET", "/v2/", headers=basic()).status_code == 200
        for wrong in (
            basic(password="x"),
            basic(user="bob"),
            {"Authorization": "Basic ???"},
            {"Authorization": "x"},
        ):
            assert wire("GET", "/v2/", headers=wrong).status_code == 401


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_anonymous_pull_reads_but_does_not_write(auth):
    with SandboxServer(auth=auth, users=USERS, anonymous_pull=True) as server:
        client = TokenUser(server) if auth == "token" else Wire(server.url)
        assert client("GET", "demo/app/tags/list").status_code == 404
        assert client("POST", "demo/app/blobs/uploads/").status_code == 401
        assert client("POST", "demo/app/blobs/uploads/", headers=basic()).status_code == 202


def test_tokens_allow_what_was_asked_for_and_nothing_else():
    with SandboxServer(auth="token", users=USERS) as server:
        user = TokenUser(server)
        challenge = challenge_of(user.wire("GET", "demo/app/tags/list"))
        assert challenge["scope"] == "repository:demo/app:pull"
        assert not challenge["realm"].startswith(server.url)
        assert user.token(challenge).status_code == 401
        token = user.token(challenge, basic()).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert user.wire("GET", "demo/app/tags/list", headers=bearer).status_code == 404
        other = challenge_of(user.wire("GET", "demo/other/tags/list", headers=bearer))
        assert (other["scope"], other["error"]) == ("repository:demo/other:pull", "insufficient_scope")
        push = challenge_of(user.wire("POST", "demo/app/blobs/uploads/", headers=bearer))
        assert push["scope"] == "repository:demo/app:pull,push"
        assert challenge_of(user.wire("GET", "_catalog"))["scope"] == "registry:catalog:*"
        assert user("GET", "_catalog", headers=basic()).status_code == 200


def test_mounting_needs_the_right_to_read_the_source():
    with SandboxServer(auth="token", users=USERS) as server:
        user = TokenUser(server)
        opened = user("POST", "demo/base/blobs/uploads/", headers=basic())
        digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        put = f"{opened.headers['Location']}?digest={digest}"
        assert user("PUT", put, headers=basic(), data=b"x").status_code == 201
        mount = f"demo/app/blobs/uploads/?mount={digest}&from=demo/base"
        assert user("POST", mount, headers=basic()).status_code == 202
        challenge = challenge_of(user.wire("POST", mount))
        scopes = [challenge["scope"], "repository:demo/base:pull"]
        token = user.token(challenge, basic(), scope=scopes).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert user.wire("POST", mount, headers=bearer).status_code == 201


@pytest.mark.parametrize("damage", ["x", "", "a.b.c", "é", "a." * 5000])
def test_tokens_of_somebody_else_are_refused(damage):
    with SandboxServer(auth="token", users=USERS) as server:
        wire = Wire(server.url)
        stranger = TokenIssuer().access_token("ann", {"demo/app": {"pull"}}, 60)
        for token in (damage, stranger, stranger + damage):
            headers = {"Authorization": f"Bearer {token}".encode()}
            assert wire("GET", "demo/app/tags/list", headers=headers).status_code == 401


def test_tokens_expire_and_can_be_revoked():
    now = [1000.0]
    issuer = TokenIssuer(clock=lambda: now[0])
    token = issuer.access_token("ann", {"demo/app": {"pull"}}, 60)
    assert issuer.grants(token) == {"demo/app": {"pull"}}
    assert issuer.user(token) is None
    now[0] += 60
    assert issuer.grants(token) is None
    refresh = issuer.refresh_token("ann")
    assert (issuer.user(refresh), issuer.grants(refresh)) == ("ann", None)
    issuer.revoke_all()
    assert issuer.user(refresh) is None


def test_oauth2_by_password_and_by_refresh_token():
    with SandboxServer(auth="token", users=USERS) as server:
        wire = Wire(server.url)
        realm = challenge_of(wire("GET", "/v2/"))["realm"]
        form = {"service": "s", "client_id": "test", "scope": "repository:demo/app:pull"}
        password = {"grant_type": "password", "username": "ann", "password": USERS["ann"]}
        granted = wire("POST", realm, data={**form, **password, "access_type": "offline"}).json()
        assert set(granted) == {"access_token", "scope", "expires_in", "issued_at", "refresh_token"}
        again = wire(
            "POST",
            realm,
            data={**form, "grant_type": "refresh_token", "refresh_token": granted["refresh_token"]},
        )
        bearer = {"Authorization": f"Bearer {again.json()['access_token']}"}
        assert wire("GET", "demo/app/tags/list", headers=bearer).status_code == 404
        for wrong in ({"grant_type": "refresh_token", "refresh_token": "x"}, {**password, "password": "x"}):
            assert wire("POST", realm, data={**form, **wrong}).status_code == 401
        assert wire("POST", realm, data={"grant_type": "other"}).status_code == 400


def test_get_gives_a_refresh_token_when_asked_for_one():
    with SandboxServer(auth="token", users=USERS) as server:
        user = TokenUser(server)
        challenge = challenge_of(user.wire("GET", "/v2/"))
        assert "refresh_token" not in user.token(challenge, basic()).json()
        offline = user.token(challenge, basic(), offline_token="true").json()
        assert server.issuer.user(offline["refresh_token"]) == "ann"


def test_the_log_knows_every_request_and_no_secret():
    with SandboxServer("distribution-2.8", auth="token", users=USERS) as server:
        user = TokenUser(server)
        opened = user("POST", "demo/app/blobs/uploads/", headers=basic())
        assert opened.status_code == 202
        records = list(server.log)
        assert [(record.origin, record.status, record.spec) for record in records] == [
            ("registry", 401, "end-4a"),
            ("tokens", 200, ""),
            ("registry", 202, "end-4a"),
        ]
        assert [record.n for record in records] == [1, 2, 3]
        assert records[1].headers["authorization"] == "Basic ***"
        state = parse_qs(urlsplit(opened.headers["Location"]).query)["_state"][0]
        token = opened.request.headers["Authorization"].split()[1]
        for secret in (state, token, basic()["Authorization"].split()[1], USERS["ann"]):
            assert secret not in repr(records)
            assert secret not in repr(server)
        server.log.clear()
        assert len(server.log) == 0


def test_the_log_counts_bytes():
    with SandboxServer() as server:
        wire = Wire(server.url)
        wire.push_blob("demo/app", b"x" * 5000)
        wire("GET", "_catalog")
        put, catalog = server.log[-2:]
        assert (put.spec, put.received, put.sent) == ("end-6", 5000, 0)
        assert (catalog.spec, catalog.sent) == ("", len(b'{"repositories":[]}'))
        assert catalog.ms > 0


def test_tls_under_a_throw_away_authority():
    with SandboxServer(tls=True, auth="token", users=USERS) as server:
        assert server.url == f"https://{server.host}"
        trusting = Wire(server.url, verify=str(server.ca_path))
        realm = challenge_of(trusting("GET", "/v2/"))["realm"]
        assert realm.startswith("https://")
        assert trusting("GET", realm, headers=basic()).status_code == 200
        assert trusting("GET", server.url.replace("127.0.0.1", "localhost") + "/v2/").status_code == 401
        with pytest.raises(requests.exceptions.SSLError):
            Wire(server.url)("GET", "/v2/")
        ca_path = server.ca_path
    assert not ca_path.exists()


def test_stopping_twice_and_a_taken_port():
    with SandboxServer() as server:
        port = int(server.host.split(":")[1])
        with pytest.raises(OSError, match="in use"):
            SandboxServer(port=port)
    server.stop()
    assert "stopped" in repr(server)
    with SandboxServer(port=port) as again:
        assert Wire(again.url)("GET", "/v2/").status_code == 200


def test_what_cannot_be_is_refused_at_once():
    with pytest.raises(ValueError, match="auth is None"):
        SandboxServer(auth="digest")


def test_stopping_meets_a_tls_connection_that_was_closed_twice():
    with SandboxServer(tls=True) as server:
        trusting = ssl.create_default_context(cafile=server.ca_path)
        address = server.host.split(":")
        with trusting.wrap_socket(socket.create_connection(address), server_hostname=address[0]) as held_open:
            held_open.sendall(b"GET /v2/ HTTP/1.1\r\nHost: registry\r\n\r\n")
            assert held_open.recv(100).startswith(b"HTTP/1.1 200")
            serving = server._listener._server
            [connection] = serving.server_state.connections
            below = connection.transport._ssl_protocol._transport

            def close_twice():
                connection.transport.close()
                connection.transport.close()

            serving._loop.call_soon_threadsafe(close_twice)
            server.stop()  # what goes wrong in its thread fails the test
            below._sock.close()
            below._sock = None  # what asyncio itself would have closed when the client said farewell
