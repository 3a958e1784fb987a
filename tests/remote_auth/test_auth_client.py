"""The client that authenticates: what it sends, to whom, and how often."""

import base64
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from support.clients import options_for, registry, repository
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.auth.default import default_client
from regexplore.remote.auth.token_cache import Key, Token, TokenCache
from regexplore.remote.credentials import Credential, DefaultStore, MemoryStore
from regexplore.remote.options import RepositoryOptions
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


def test_auth_6_a_401_of_a_redirect_target_is_not_answered():
    def storage(seen):
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", 'Basic realm="give"')])

    with scripted(storage) as elsewhere:
        with scripted(
            lambda seen: Answer(307, headers=[("Location", f"http://{elsewhere.host}/x")])
        ) as server:
            with pytest.raises(errors.UnauthorizedError):
                rx.Repository(f"{server.host}/some/app", client=client_of()).fetch(BLOB)
        assert sent_authorization(elsewhere) == [None]


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
        assert [seen.target.startswith("/token") for seen in server.seen] == [
            False,
            True,
            False,
            False,
            True,
            False,
        ] or [seen.target.startswith("/token") for seen in server.seen].count(True) == 2
        assert [seen.target.startswith("/token") for seen in server.seen].count(True) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_auth_18_t12_authorization_is_dropped_for_good(status):
    """registry -> another port -> the same other port -> back: no hop after the first carries it."""
    with scripted({}) as other:

        def respond(seen):
            if (
                seen.target.startswith("/v2/some/app/blobs/")
                and seen.headers["Authorization"] is None
                and not hops
            ):
                return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", "Basic")])
            hops.append(seen)
            if seen.target == "/back":
                return Answer(body=CONTENT)
            return Answer(status, headers=[("Location", f"http://{other.host}/one"), ("Set-Cookie", "a=b")])

        hops = []
        with scripted(respond) as server:
            script = {"/one": "/two", "/two": f"http://{server.host}/back"}
            with scripted(lambda seen: Answer(status, headers=[("Location", script[seen.target])])) as third:
                other.host, kept = third.host, other.host
                with rx.Repository(
                    f"{server.host}/some/app", client=client_of(headers={"X-Secret": "canary"})
                ).fetch(BLOB) as stream:
                    assert stream.read() == CONTENT
                other.host = kept
                assert [seen.headers["Authorization"] for seen in third.seen] == [None, None]
                assert [seen.headers["X-Secret"] for seen in third.seen] == [None, None]
                assert {seen.headers["Cookie"] for seen in third.seen} == {None}
            assert hops[-1].headers["Authorization"] is None


def test_auth_18_t13_netrc_is_not_read(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login eve password netrc-secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with scripted(lambda seen: json_answer({"tags": []})) as server:
        tags(server, client_of(None))
        assert sent_authorization(server) == [None]


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


OPERATIONS = {
    "tags": (lambda repo: list(repo.tag_pages()), "repository:some/app:pull"),
    "resolve": (lambda repo: repo.resolve("v1"), "repository:some/app:pull"),
    "fetch": (lambda repo: repo.fetch(BLOB), "repository:some/app:pull"),
    "exists": (lambda repo: repo.exists(BLOB), "repository:some/app:pull"),
    "referrers": (lambda repo: list(repo.referrer_pages(BLOB)), "repository:some/app:pull"),
    "push": (lambda repo: repo.push(BLOB, CONTENT), "repository:some/app:pull,push"),
    "tag": (
        lambda repo: repo.tag(Descriptor(media_types.OCI_MANIFEST, Digest.of(b""), 0), "v1"),
        "repository:some/app:pull,push",
    ),
    "mount": (
        lambda repo: repo.mount(BLOB, "base/image"),
        "repository:base/image:pull repository:some/app:pull,push",
    ),
    "delete blob": (lambda repo: repo.delete(BLOB), "repository:some/app:delete"),
    "delete manifest": (
        lambda repo: repo.delete(Descriptor(media_types.OCI_MANIFEST, Digest.of(b""), 0)),
        "repository:some/app:delete,pull",
    ),
    "catalog": (
        lambda repo: list(rx.Registry(repo.reference.registry, options=repo.options).repository_pages()),
        "registry:catalog:*",
    ),
    "ping": (lambda repo: rx.Registry(repo.reference.registry, options=repo.options).ping(), ""),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_scope_4_5_what_each_operation_asks_for(operation):
    """Reading never asks for more than pull."""
    from urllib.parse import parse_qs, urlsplit

    call, wanted = OPERATIONS[operation]
    with scripted(Bearer()) as server:
        with __import__("contextlib").suppress(errors.RegexploreError):
            call(rx.Repository(f"{server.host}/some/app", client=client_of()))
        asked = [
            parse_qs(urlsplit(seen.target).query).get("scope", [])
            for seen in server.seen
            if seen.target.startswith("/token")
        ]
    assert " ".join(asked[0]) == wanted


def test_scope_5_reading_works_for_a_user_who_may_not_push():
    with SandboxServer(auth="token", users={"ada": "lovelace"}, anonymous_pull=True) as server:
        server.store.put_blob("some/app", BLOB.digest, CONTENT)
        assert repository(server.host).fetch_all(BLOB) == CONTENT
        with pytest.raises(errors.RegexploreError):
            repository(server.host).push(BLOB, CONTENT)


def test_cache_1_by_host_and_key():
    cache = TokenCache()
    key = Key("host", "bearer", ("a",))
    assert cache.scheme("host") == ""
    assert cache.get(key) is None
    cache.fetch(key, lambda: Token.living("one"))
    assert cache.scheme("host") == "bearer"
    assert cache.get(key).value == "one"
    assert cache.get(Key("host", "bearer", ("b",))) is None
    assert cache.get(Key("other", "bearer", ("a",))) is None
    cache.fetch(Key("host", "basic"), lambda: Token.living("two"))
    assert cache.get(key) is None


def test_cache_2_one_flight_for_all_who_want_the_same():
    cache, calls, start = TokenCache(), [], threading.Barrier(16, timeout=20)
    release = threading.Event()

    def get():
        calls.append(1)
        release.wait(5)
        return Token.living("one")

    def want(_):
        start.wait()
        threading.Timer(0.05, release.set).start()
        return cache.fetch(Key("host", "bearer"), get).value

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(want, range(16))) == {"one"}
    assert len(calls) == 1


def test_cache_2_an_error_reaches_everybody_and_is_not_kept():
    cache = TokenCache()

    def fail():
        raise errors.TokenError("no")

    for _ in range(2):
        with pytest.raises(errors.TokenError):
            cache.fetch(Key("host", "bearer"), fail)
    assert cache.fetch(Key("host", "bearer"), lambda: Token.living("one")).value == "one"


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


def test_opt_1_a_credential_and_certificates_by_name(docker_registry_htpasswd, docker_registry_tls):
    ada = rx.Credential("ada", "lovelace")
    registry_ = rx.Registry(docker_registry_htpasswd, credential=ada)
    registry_.ping()
    registry_.repository("some/app").push(BLOB, CONTENT)
    assert rx.Repository(f"{docker_registry_htpasswd}/some/app", credential=ada).fetch_all(BLOB) == CONTENT
    assert "lovelace" not in repr(registry_.options)
    host, ca_file = docker_registry_tls
    rx.Registry(host, ca_file=ca_file, plain_http=False).ping()
    with pytest.raises(errors.TLSError):
        rx.Registry(host, plain_http=False).ping()
    with pytest.raises(ValueError, match="handed in already"):
        rx.Registry(host, ca_file=ca_file, client=Transport())


def test_conc_1_docker_registry_behind_a_token_server(docker_registry_tokens):
    host, server = docker_registry_tokens
    before = len(server.log)
    options = RepositoryOptions(
        client=AuthClient(Transport(), credentials=MemoryStore({host: Credential("ada", "lovelace")}))
    )
    blobs = {
        Descriptor.from_bytes(media_types.OCTET_STREAM, body): body for body in (b"%d" % n for n in range(64))
    }
    repo = rx.Repository(f"{host}/some/app", options=options)
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda item: repo.push(*item), blobs.items()))
        assert list(pool.map(repo.fetch_all, blobs)) == list(blobs.values())
    scopes = [record.query for record in server.log[before:]]
    assert len(scopes) == len(set(scopes)) == 2


def test_auth_9_docker_registry_refuses_who_is_not_known(docker_registry_tokens):
    host, _ = docker_registry_tokens
    with pytest.raises((errors.AuthError, errors.UnauthorizedError)):
        registry(host, Credential("ada", "wrong")).ping()
    registry(host, Credential("ada", "lovelace")).ping()


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
