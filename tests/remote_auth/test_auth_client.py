"""The client that authenticates: what it sends, to whom, and how often."""

import base64
import io

import pytest
import requests
from support.clients import options_for
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.auth.default import default_client
from regexplore.remote.auth.token_cache import TokenCache
from regexplore.remote.credentials import Credential, DefaultStore
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer

ADA = Credential("ada", "canary-secret")
BASIC = "Basic " + base64.b64encode(b"ada:canary-secret").decode()
CONTENT = b"content"
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, CONTENT)


class Bearer:
    """A registry with a token server of its own; each token serves the scopes it was asked for."""

    def __init__(self, scope="", **more):
        self.scope, self.more, self.live, self.service = scope, more, {}, "registry"

    def __call__(self, seen):
        path, _, query = seen.target.partition("?")
        if path == "/token":
            token = f"token-{len(self.live)}"
            self.live[token] = query or seen.body.decode()
            return json_answer({"token": token, **self.more})
        given = (seen.headers["Authorization"] or "").removeprefix("Bearer ")
        if given in self.live:
            return json_answer({"tags": []})
        challenge = f'Bearer realm="http://{seen.headers["Host"]}/token",service="{self.service}",scope="{self.scope}"'
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge)])


def client_of(credential=ADA, **options):
    return AuthClient(
        Transport(retries=0), credentials=(lambda host: credential) if credential else None, **options
    )


def tags(server, client, name="some/app"):
    return list(rx.Repository(f"{server.host}/{name}", client=client).tag_pages())


def sent_authorization(server):
    return [seen.headers["Authorization"] for seen in server.seen]


def test_auth_1_client_id_headers_and_user_agent():
    client = client_of(
        user_agent="auditor/1", headers={"X-Own": "yes"}, client_id="auditor", force_attempt_oauth2=True
    )
    with scripted(Bearer()) as server:
        tags(server, client)
    assert {seen.headers["User-Agent"] for seen in server.seen} == {"auditor/1"}
    token = next(seen for seen in server.seen if seen.method == "POST")
    assert b"client_id=auditor" in token.body
    assert token.headers["X-Own"] is None
    assert server.seen[0].headers["X-Own"] == "yes"


def test_auth_1_the_default_client_has_store_cache_and_retry():
    client = default_client()
    assert isinstance(client.credentials, DefaultStore)
    assert isinstance(client.cache, TokenCache)
    assert client.client.retries == 5
    assert client.user_agent.startswith("regexplore/")


def test_auth_3_an_authorization_of_the_callers_own_is_left_alone():
    request = requests.Request("GET", "http://127.0.0.1/v2/", headers={"Authorization": "Own x"}).prepare()
    with scripted(Bearer()) as server:
        request.url = f"http://{server.host}/v2/"
        assert client_of().send(request).status_code == 401
        assert sent_authorization(server) == ["Own x"]


def test_auth_4_hosts_and_identities_share_nothing():
    with scripted(Bearer()) as one, scripted(Bearer()) as two:
        client, other = client_of(), client_of(Credential("eve", "x"))
        for server, who in ((one, client), (two, client), (one, other)):
            tags(server, who)
        assert [seen.target.partition("?")[0] for seen in one.seen].count("/token") == 2
        assert [seen.target.partition("?")[0] for seen in two.seen].count("/token") == 1


def test_auth_5_11_the_cached_token_goes_out_at_once():
    with scripted(Bearer()) as server:
        client = client_of()
        for _ in range(3):
            tags(server, client)
        assert len(server.seen) == 3 + 2


def test_auth_11_a_narrow_hint_and_a_wide_challenge_cost_one_round_trip_once():
    with scripted(Bearer(scope="repository:some/app:pull,push")) as server:
        client = client_of()
        for _ in range(3):
            tags(server, client)
        assert len(server.seen) == 3 + 2


def test_auth_11_an_expired_token_is_fetched_again():
    registry_ = Bearer()
    with scripted(registry_) as server:
        client = client_of()
        tags(server, client)
        registry_.live.clear()
        tags(server, client)
        assert len(server.seen) == 3 + 3


def test_auth_8_basic_is_answered_once():
    def respond(seen):
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", 'Basic realm="r"')])

    with scripted(respond) as server:
        with pytest.raises(errors.UnauthorizedError):
            tags(server, client_of())
        assert sent_authorization(server) == [None, BASIC]


@pytest.mark.parametrize(
    "credential",
    [None, Credential(), Credential("ada"), Credential(password="x"), Credential(refresh_token="x")],
)
def test_auth_8_basic_without_name_and_password(credential):
    def respond(seen):
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", 'basic realm="r"')])

    with scripted(respond) as server, pytest.raises(errors.CredentialNotFoundError) as caught:
        tags(server, client_of(credential))
    assert server.host in str(caught.value)
    assert caught.value.hint


def test_auth_9_hints_and_challenge_are_asked_for_together():
    with scripted(Bearer(scope="repository:base/image:pull registry:catalog:*")) as server:
        tags(server, client_of())
        (query,) = [seen.target for seen in server.seen if seen.target.startswith("/token")]
    scopes = [part for part in query.partition("?")[2].split("&") if part.startswith("scope=")]
    assert scopes == [
        "scope=registry%3Acatalog%3A%2A",
        "scope=repository%3Abase%2Fimage%3Apull",
        "scope=repository%3Asome%2Fapp%3Apull",
    ]


def test_auth_9_a_token_that_is_refused_is_final():
    def respond(seen):
        if seen.target.startswith("/token"):
            return json_answer({"token": "t"})
        challenge = f'Bearer realm="http://{seen.headers["Host"]}/token"'
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge)])

    with scripted(respond) as server:
        with pytest.raises(errors.UnauthorizedError):
            tags(server, client_of())
        assert len(server.seen) == 3


@pytest.mark.parametrize(
    "answer",
    [
        error_answer(401, "UNAUTHORIZED"),
        error_answer(500),
        json_answer({}),
        json_answer([]),
        Answer(200, b"<html>"),
        json_answer({"token": ""}),
        json_answer({"token": "a b"}),
        json_answer({"token": 7}),
        json_answer({"token": "a\r\nX: y"}),
    ],
)
def test_auth_9_15_no_token_is_an_error(answer):
    registry_ = Bearer()

    def respond(seen):
        return answer if seen.target.startswith("/token") else registry_(seen)

    with scripted(respond) as server, pytest.raises((errors.AuthError, errors.ResponseError)) as caught:
        tags(server, client_of())
    assert "canary-secret" not in str(caught.value)
    assert BASIC.split()[1] not in str(caught.value)


def test_auth_10_content_is_sent_again_from_its_start():
    with SandboxServer(auth="basic", users={"ada": "canary-secret"}) as server:
        content = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
        request = requests.Request(
            "PUT",
            f"{server.url}/v2/some/app/manifests/v1",
            data=io.BytesIO(content),
            headers={"Content-Type": media_types.OCI_INDEX},
        ).prepare()
        assert client_of().send(request).status_code == 201


def test_auth_10_what_cannot_be_rewound_says_so():
    class Pipe(io.RawIOBase):
        def read(self, size=-1):
            return b""

    with SandboxServer(auth="basic", users={"ada": "canary-secret"}) as server:
        request = requests.Request("PUT", f"{server.url}/v2/some/app/manifests/v1", data=Pipe()).prepare()
        with pytest.raises(errors.AuthError, match="cannot be sent a second time"):
            client_of().send(request)


def test_auth_13_t14_a_token_server_that_redirects_is_not_followed():
    with scripted(lambda seen: json_answer({"token": "t"})) as elsewhere:
        registry_ = Bearer()

        def respond(seen):
            if seen.target.startswith("/token"):
                return Answer(307, headers=[("Location", f"http://{elsewhere.host}/token")])
            return registry_(seen)

        with scripted(respond) as server, pytest.raises(errors.RedirectRefusedError):
            tags(server, client_of())
        assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("credential", "force", "method", "has"),
    [
        (Credential(access_token="at"), False, None, ""),
        (Credential(), False, "GET", ""),
        (Credential(), True, "GET", ""),
        (ADA, False, "GET", ""),
        (ADA, True, "POST", "grant_type=password"),
        (Credential("ada", "x", refresh_token="rt"), False, "POST", "grant_type=refresh_token"),
        (Credential(refresh_token="rt"), False, "POST", "refresh_token=rt"),
    ],
)
def test_auth_14_16_the_way_to_a_token(credential, force, method, has):
    registry_ = Bearer()
    registry_.live["at"] = ""
    with scripted(registry_) as server:
        tags(server, client_of(credential, force_attempt_oauth2=force))
        asked = [seen for seen in server.seen if seen.target.startswith("/token")]
    assert [seen.method for seen in asked] == ([] if method is None else [method])
    assert all(has in seen.body.decode() for seen in asked)


@pytest.mark.parametrize(
    ("credential", "header"),
    [(ADA, BASIC), (None, None), (Credential("ada"), "Basic " + base64.b64encode(b"ada:").decode())],
)
def test_auth_15_a_token_by_get(credential, header):
    with scripted(Bearer()) as server:
        tags(server, client_of(credential))
        token = next(seen for seen in server.seen if seen.target.startswith("/token"))
    assert token.target == "/token?service=registry&scope=repository%3Asome%2Fapp%3Apull"
    assert token.headers["Authorization"] == header


@pytest.mark.parametrize("keys", [["access_token"], ["token"], ["token", "access_token"]])
def test_auth_15_either_name_of_the_token(keys):
    registry_ = Bearer()

    def respond(seen):
        if seen.target.startswith("/token"):
            registry_.live["right"] = ""
            return json_answer({key: "right" if key == keys[-1] else "wrong" for key in keys})
        return registry_(seen)

    with scripted(respond) as server:
        assert tags(server, client_of()) == [[]]


def test_auth_15_t26_a_token_answer_has_a_limit():
    registry_ = Bearer()

    def respond(seen):
        return Answer(body=b" " * 200_000) if seen.target.startswith("/token") else registry_(seen)

    with scripted(respond) as server, pytest.raises(errors.SizeExceedsLimitError):
        tags(server, client_of())


@pytest.mark.parametrize("status", [404, 405])
def test_auth_16_a_server_that_knows_only_get_is_asked_by_get(status):
    registry_ = Bearer()

    def respond(seen):
        return Answer(status) if seen.method == "POST" else registry_(seen)

    with scripted(respond) as server:
        assert tags(server, client_of(force_attempt_oauth2=True)) == [[]]
        assert [seen.method for seen in server.seen] == ["GET", "POST", "GET", "GET"]


def test_auth_16_a_password_grant_needs_both_parts():
    with scripted(Bearer()) as server, pytest.raises(errors.CredentialNotFoundError):
        tags(server, client_of(Credential("ada"), force_attempt_oauth2=True))
    assert len(server.seen) == 1


def test_auth_17_tokens_are_renewed_before_they_end(monkeypatch):
    from regexplore.remote.auth import token_cache

    now = [1000.0]
    monkeypatch.setattr(token_cache.time, "monotonic", lambda: now[0])
    with scripted(Bearer(expires_in=300)) as server:
        client = client_of()
        for later in (0, 290, 6):
            now[0] += later
            tags(server, client)
        asked = ["token" if seen.target.startswith("/token") else "tags" for seen in server.seen]
        # Asked, refused, told; then with the token; then, shortly before its end, with the next one.
        assert asked == ["tags", "token", "tags", "tags", "tags", "token", "tags"]


def test_auth_19_each_step_has_its_own_retries():
    registry_ = Bearer()
    broken = {"/token": 1, "/v2/": 1}

    def respond(seen):
        for part, left in broken.items():
            if seen.target.startswith(part) and left:
                broken[part] -= 1
                return Answer(503)
        return registry_(seen)

    with scripted(respond) as server:
        assert tags(server, AuthClient(Transport(retries=1), credentials=lambda host: ADA)) == [[]]
    assert len(server.seen) == 5


def test_cache_3_a_registry_that_ignores_scopes():
    with scripted(Bearer()) as server:
        client = client_of(cache=TokenCache(single_context=True))
        tags(server, client)
        rx.Repository(f"{server.host}/some/app", client=client).exists(BLOB)
        tags(server, client, "other/app")
        assert [seen.target.partition("?")[0] for seen in server.seen].count("/token") == 1


def test_cache_4_without_a_cache_every_call_asks():
    with scripted(Bearer()) as server:
        client = client_of(cache=None)
        for _ in range(3):
            tags(server, client)
        assert len(server.seen) == 9


def test_t16_no_secret_in_what_is_shown_of_a_client():
    options = options_for("host.example", ADA)
    for shown in (
        repr(options),
        repr(options.client),
        repr(rx.Repository("host.example/a", options=options)),
        repr(options.client.credentials),
    ):
        assert "canary-secret" not in shown


def test_scope_5_a_placeholder_in_the_challenge_is_not_asked_for():
    with scripted(Bearer(scope="repository:user/image:pull")) as server:
        tags(server, client_of())
        (asked,) = [seen.target for seen in server.seen if seen.target.startswith("/token")]
    assert asked.count("scope=") == 1
    assert "user%2Fimage" not in asked


@pytest.mark.parametrize(
    "lines",
    [
        [("WWW-Authenticate", 'Basic realm="x"'), ("WWW-Authenticate", 'Bearer realm="{}",service="s"')],
        [("WWW-Authenticate", "bearer  realm={},service=s")],
        [("WWW-Authenticate", 'Negotiate, Basic realm="x", BEARER realm="{}" , service="s"')],
    ],
)
def test_auth_7_odd_challenges_on_the_wire(lines):
    def respond(seen):
        if seen.target.startswith("/token"):
            return json_answer({"token": "t"})
        if seen.headers["Authorization"] == "Bearer t":
            return json_answer({"tags": []})
        realm = f"http://{seen.headers['Host']}/token"
        return error_answer(401, "UNAUTHORIZED", headers=[(name, line.format(realm)) for name, line in lines])

    with scripted(respond) as server:
        assert tags(server, client_of()) == [[]]
