"""Token servers that a registry may name, and who sees the credentials."""

import io
import socket

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from support.scripted_server import error_answer, json_answer, scripted
from urllib3 import HTTPResponse

import regexplore as rx
from regexplore import errors
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.auth.realm import check_realm, may_see_credentials
from regexplore.remote.credentials import Credential, MemoryStore
from regexplore.remote.login import login
from regexplore.remote.origin import Origin, is_private
from regexplore.remote.transport import Transport

ADA = Credential("ada", "canary-secret")
REGISTRY = Origin.of("https://registry.example.com/v2/")


@pytest.mark.parametrize(
    ("realm", "registry", "allowed"),
    [
        ("", "https://registry.example.com", False),
        ("https://registry.example.com/token", "https://registry.example.com", True),
        ("https://auth.example.com/token", "https://registry.example.com", True),
        ("http://auth.example.com/token", "http://registry.example.com", True),
        ("http://auth.example.com/token", "https://registry.example.com", False),
        ("file:///etc/passwd", "https://registry.example.com", False),
        ("ftp://auth.example.com/token", "https://registry.example.com", False),
        ("http://169.254.169.254/latest/meta-data", "http://registry.example.com", False),
        ("https://127.0.0.1/token", "https://registry.example.com", False),
        ("https://[::1]/token", "https://registry.example.com", False),
        ("https://10.0.0.7/token", "https://registry.example.com", False),
        ("http://10.0.0.7/token", "http://127.0.0.1:5000", False),
        ("http://169.254.169.254/token", "http://localhost:5000", False),
        ("http://127.0.0.1:5001/token", "http://localhost:5000", True),
        ("https://0.0.0.0/token", "https://registry.example.com", False),
        ("https://auth.example.com:port/token", "https://registry.example.com", False),
        ("http://127.0.0.1:5001/token", "http://127.0.0.1:5000", True),
        ("https://10.0.0.7:5001/token", "https://10.0.0.7:5000", True),
        ("https://10.0.0.8:5001/token", "https://10.0.0.7:5000", False),
    ],
)
def test_auth_12_t14_what_may_be_asked(realm, registry, allowed):
    if allowed:
        assert check_realm(realm, Origin.of(registry)) == Origin.of(realm)
    else:
        with pytest.raises(errors.RealmRefusedError):
            check_realm(realm, Origin.of(registry))


# What one reader of URLs takes for a name below example.com, and another for evil.test or this machine.
TWO_READINGS = [
    "https://evil.test\\.example.com/t",
    "https://evil.test%2e.example.com/t",
    "https://evil.test%2f.example.com/t",
    "https://evil.test;.example.com/t",
    "https://evil.test\t.example.com/t",
    "https://evil.test .example.com/t",
    "https://evil.test,.example.com/t",
    "https://evil.test\N{FULLWIDTH SOLIDUS}.example.com/t",
    "https://\N{CIRCLED LATIN SMALL LETTER E}xample.com/t",
    "https://127\N{IDEOGRAPHIC FULL STOP}0\N{IDEOGRAPHIC FULL STOP}0\N{IDEOGRAPHIC FULL STOP}1/t",
    "https://registry.example.com\\@evil.test/t",
    "https://registry.example.com@evil.test/t",
    "https://registry.example.com:0/t",
    " https://auth.example.com/t",
    "https://[fe80::1%25eth0]/t",
    "https://[v1.evil]/t",
    "https:///t",
    "https://auth..example.com/t",
    "https://.example.com/t",
    "https://" + "a" * 64 + ".example.com/t",
    "https://" + "a." * 130 + "example.com/t",
    "https:\\\\auth.example.com/t",
]


@pytest.mark.parametrize("realm", TWO_READINGS)
def test_auth_12_t14_t18_urls_with_two_readings_are_refused(realm):
    with pytest.raises(errors.RealmRefusedError):
        check_realm(realm, REGISTRY)


@pytest.mark.parametrize(
    "host",
    [
        "localhost.", "a.localhost", "127.0.0.1.", "127.1", "0177.0.0.1", "2130706433", "0x7f.1", "::1", "::", "fc00::1",
        "fe80::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "100.64.0.1", "192.168.0.1",
    ],
)  # fmt: skip
def test_auth_12_13_t14_private_addresses_in_every_form(host):
    assert is_private(host)
    netloc = f"[{host}]" if ":" in host else host
    with pytest.raises(errors.RealmRefusedError):
        check_realm(f"https://{netloc}/t", REGISTRY)


@given(st.text(alphabet="aA.:/\\@?#[]%;1 \t\N{FULLWIDTH FULL STOP}", max_size=12))
def test_auth_12_t18_the_host_that_is_judged_is_the_host_that_is_asked(middle):
    """Whatever passes is read the same by who sends the request."""
    realm = f"https://a{middle}.example.com/t"
    try:
        origin = check_realm(realm, REGISTRY)
    except errors.RealmRefusedError:
        return
    assert Origin.of(requests.Request("GET", realm).prepare().url) == origin


@pytest.mark.parametrize(
    ("realm", "registry"),
    [
        ("https://evil.s3.amazonaws.com", "https://1.dkr.ecr.eu-west-1.amazonaws.com"),
        ("https://evil.github.io", "https://me.github.io"),
        ("https://evil.azurecr.io", "https://mine.azurecr.io"),
        ("https://evil.or.jp", "https://registry.or.jp"),
        ("https://evil.com.au", "https://registry.com.au"),
        ("https://8.8.8.8", "https://9.8.8.8"),
        ("https://example.com.evil.test", "https://registry.example.com"),
        ("https://notexample.com", "https://registry.example.com"),
        ("https://auth.docker.io.evil.test", "https://registry-1.docker.io"),
        ("https://auth.docker.io", "https://registry.example.com"),
    ],
)
def test_auth_12_13_t14_no_kin(realm, registry):
    assert not may_see_credentials(Origin.of(realm), Origin.of(registry))


@pytest.mark.parametrize(
    ("realm", "registry", "kin"),
    [
        ("http://localhost:5001", "http://127.0.0.1:5000", True),
        ("http://127.0.0.2:5001", "http://localhost:5000", True),
        ("http://[::1]:5001", "http://127.0.0.1:5000", True),
        ("http://10.0.0.2", "http://127.0.0.1:5000", False),
        ("http://127.0.0.1:5001", "http://10.0.0.2", False),
    ],
)
def test_auth_12_13_t14_this_machine_by_any_name_is_one(realm, registry, kin):
    assert may_see_credentials(Origin.of(realm), Origin.of(registry)) is kin


class Wire:
    """A client of a made-up internet: hosts by name, each answering by a function; notes who was sent what."""

    def __init__(self, **hosts):
        self.hosts = {name.replace("_", "."): answer for name, answer in hosts.items()}
        self.sent = []

    def send(self, request, **_):
        origin = Origin.of(request.url)
        authorization = request.headers.get("Authorization")
        self.sent.append((origin.host, authorization, request.body))
        status, body, headers = self.hosts[origin.host](authorization)
        response = requests.Response()
        response.url, response.request, response.status_code = request.url, request, status
        response.headers.update(headers)
        response.raw = HTTPResponse(
            body=io.BytesIO(body), headers=headers, status=status, preload_content=False
        )
        return response


def registry_that_names(realm):
    def answer(authorization):
        if authorization:
            return 200, b'{"tags": []}', {"Content-Type": "application/json"}
        return 401, b"", {"WWW-Authenticate": f'Bearer realm="{realm}",service="s"'}

    return answer


def token_for_all(_):
    return 200, b'{"token": "for-anybody"}', {}


def token_for_known(authorization):
    return (200, b'{"token": "t"}', {}) if authorization else (401, b"", {})


@pytest.mark.parametrize("credential", [ADA, Credential(refresh_token="canary-secret")])
@pytest.mark.parametrize("force", [False, True])
def test_auth_13_t14_another_domain_is_asked_without_credentials(credential, force):
    wire = Wire(registry_example_com=registry_that_names("https://evil.test/t"), evil_test=token_for_all)
    client = AuthClient(wire, credentials=lambda host: credential, force_attempt_oauth2=force)
    assert list(rx.Repository("registry.example.com/a", client=client).tag_pages()) == [[]]
    assert [sent for sent in wire.sent if sent[0] == "evil.test"] == [("evil.test", None, None)]


def test_auth_13_t14_and_it_is_said_that_they_were_kept_back():
    wire = Wire(registry_example_com=registry_that_names("https://evil.test/t"), evil_test=token_for_known)
    client = AuthClient(wire, credentials=lambda host: ADA)
    with pytest.raises(errors.RealmRefusedError, match="not sent there") as caught:
        list(rx.Repository("registry.example.com/a", client=client).tag_pages())
    assert "evil.test" in str(caught.value)
    assert "trusted_realm_hosts" in caught.value.hint


@pytest.mark.parametrize("trusted", [["auth.other.test"], ["AUTH.other.test"]])
def test_auth_13_a_trusted_host_sees_them(trusted):
    wire = Wire(
        registry_example_com=registry_that_names("https://auth.other.test/t"), auth_other_test=token_for_known
    )
    client = AuthClient(wire, credentials=lambda host: ADA, trusted_realm_hosts=trusted)
    assert list(rx.Repository("registry.example.com/a", client=client).tag_pages()) == [[]]


@pytest.mark.parametrize(
    "realm", ["http://registry.example.com/t", "/token", "//auth.example.com/t", "https://127.1/t"]
)
def test_auth_12_t14_a_refused_realm_is_never_asked(realm):
    wire = Wire(registry_example_com=registry_that_names(realm))
    client = AuthClient(wire, credentials=lambda host: ADA)
    with pytest.raises(errors.RealmRefusedError) as caught:
        list(rx.Repository("registry.example.com/a", client=client).tag_pages())
    assert len(wire.sent) == 1
    assert "canary" not in str(caught.value)


def test_auth_13_names_are_not_looked_up_to_be_judged(monkeypatch):
    def forbidden(*_):
        raise AssertionError("a look-up")

    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    check_realm("https://auth.example.com/t", REGISTRY)


def test_login_2_a_token_for_anybody_verifies_nothing():
    """The credential was never sent, so nothing can be said about it."""
    wire = Wire(registry_example_com=registry_that_names("https://evil.test/t"), evil_test=token_for_all)
    store = MemoryStore()
    assert login(store, "registry.example.com", ADA, client=wire) is False


@pytest.mark.parametrize(
    "credential", [ADA, Credential(refresh_token="r"), Credential(access_token="for-the-registry")]
)
def test_login_2_each_kind_of_credential_is_seen_to_be_sent(credential):
    wire = Wire(registry_example_com=registry_that_names("https://auth.example.com/t"))
    wire.hosts["auth.example.com"] = token_for_all
    assert login(MemoryStore(), "registry.example.com", credential, client=wire) is True


def test_auth_12_t14_over_the_wire_a_realm_on_another_port_of_this_machine():
    with scripted(lambda seen: json_answer({"token": "t"})) as tokens:

        def respond(seen):
            if seen.headers["Authorization"]:
                return json_answer({"tags": []})
            challenge = f'Bearer realm="http://{tokens.host}/token?own=query",service="s"'
            return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge)])

        with scripted(respond) as server:
            client = AuthClient(Transport(retries=0), credentials=lambda host: ADA)
            assert list(rx.Repository(f"{server.host}/a", client=client).tag_pages()) == [[]]
        assert tokens.lines == ["GET /token?own=query&service=s&scope=repository%3Aa%3Apull"]
