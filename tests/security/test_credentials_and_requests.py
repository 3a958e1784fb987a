"""T12 to T18: to whom secrets go. The client's own tests hold each rule; here they are held together."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from support.clients import options_for
from support.scripted_server import Answer, Seen, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential
from regexplore.remote.transport import Transport

SECRET = "canary-secret"
ADA = Credential("ada", SECRET)
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, b"content")
CREDENTIALS = {
    "password": ADA,
    "access token": Credential(access_token=SECRET),
    "refresh token": Credential(refresh_token=SECRET),
}
NAMES = ("Authorization", "Cookie", "X-Token", "X-Registry-Auth", "Proxy-Authorization", "Private-Token")


def confidential(seen: Seen) -> set[str]:
    return {name for name in NAMES if seen.headers[name] is not None}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["port", "name", "port and back"])
@pytest.mark.parametrize("kind", CREDENTIALS)
def test_t12_no_redirect_carries_a_secret_to_another_origin(status: int, to: str, kind: str) -> None:
    """Password, token, cookie, headers of one's own: none goes to another port or name, and none comes back."""
    with scripted(lambda seen: stored(seen)) as storage:
        home: list[str] = []

        def stored(seen: Seen) -> Answer:
            if to == "port and back" and not seen.target.endswith("back"):
                return Answer(status, headers=[("Location", f"http://{home[0]}/back")])
            return Answer(body=b"content")

        def respond(seen: Seen) -> Answer:
            if seen.target.startswith("/token"):
                return Answer(200, b'{"token": "given"}', [("Content-Type", "application/json")])
            if seen.target.startswith("/back"):
                return Answer(body=b"content")
            if seen.headers["Authorization"] is None:
                challenge = (
                    "Basic realm=r"
                    if kind == "password"
                    else f'Bearer realm="http://{home[0]}/token",service="s"'
                )
                return Answer(401, headers=[("WWW-Authenticate", challenge)])
            host = storage.host if "port" in to else server.host.replace("127.0.0.1", "localhost")
            return Answer(
                status,
                headers=[
                    ("Location", f"http://{host}{seen.target}"),
                    ("Set-Cookie", f"session={SECRET}; Path=/"),
                ],
            )

        with scripted(respond) as server:
            home.append(server.host)
            client = AuthClient(
                Transport(retries=0),
                credentials=lambda host: CREDENTIALS[kind],
                headers={"X-Token": SECRET, "Private-Token": SECRET},
            )
            try:
                rx.Repository(f"{server.host}/a", client=client).fetch_all(BLOB)
            except errors.RegexploreError:
                assert to == "name"  # it answers by itself, in a circle
            if to == "name":
                elsewhere = [
                    seen for seen in server.seen if (seen.headers["Host"] or "").startswith("localhost")
                ]
            else:
                elsewhere = [*storage.seen, *(seen for seen in server.seen if seen.target == "/back")]
            assert elsewhere
            assert [confidential(seen) for seen in elsewhere] == [set()] * len(elsewhere)
            assert SECRET not in "".join(f"{seen.target}{seen.headers}{seen.body!r}" for seen in elsewhere)


def test_t13_netrc_and_the_environment_give_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither to the registry, nor to a redirect target, nor to a token server."""
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login eve password {SECRET}\ndefault login eve password {SECRET}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://eve:{SECRET}@127.0.0.1:1")
    with scripted(lambda seen: Answer(body=b"content")) as storage:

        def respond(seen: Seen) -> Answer:
            if seen.target.startswith("/token"):
                return Answer(200, b'{"token": "given"}', [("Content-Type", "application/json")])
            if seen.headers["Authorization"] is None:
                return Answer(
                    401,
                    headers=[
                        (
                            "WWW-Authenticate",
                            f'Bearer realm="http://{seen.headers["Host"]}/token",service="s"',
                        )
                    ],
                )
            return Answer(307, headers=[("Location", f"http://{storage.host}/x")])

        with scripted(respond) as server:
            repository = rx.Repository(f"{server.host}/a", options=options_for(server.host))
            assert repository.fetch_all(BLOB) == b"content"
        everything = [*server.seen, *storage.seen]
    assert [seen.headers["Authorization"] for seen in everything] == [None, None, "Bearer given", None]
    assert base64.b64encode(f"eve:{SECRET}".encode()).decode() not in "".join(
        str(seen.headers) for seen in everything
    )


REALMS = [
    "file:///etc/passwd", "//127.0.0.1/token", "ftp://127.0.0.1/", "http://ada:x@127.0.0.1/token", "gopher://127.0.0.1/",
    "javascript:alert(1)", "http://", "", "http://0/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://[::]/",
    "http://169.254.169.254/latest/meta-data", "https://127.0.0.1\\.evil.test/", "http://evil.test#@127.0.0.1/", "http://127.0.0.1:0/",
]  # fmt: skip


@pytest.mark.parametrize("realm", REALMS)
def test_t14_a_token_server_of_the_registrys_choice_gets_no_password(
    realm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    asked: list[Any] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        asked.append(address[:2])
        if address[1] != port:
            raise ConnectionRefusedError
        connect(self, address)

    with scripted(
        lambda seen: Answer(401, headers=[("WWW-Authenticate", f'Bearer realm="{realm}",service="s"')])
    ) as server:
        port = int(server.host.rpartition(":")[2])
        monkeypatch.setattr(socket.socket, "connect", watched)
        client = AuthClient(Transport(retries=0), credentials=lambda host: ADA)
        with pytest.raises(errors.RegexploreError):
            rx.Repository(f"{server.host}/a", client=client).tags()
    sent = "".join(f"{seen.target}{seen.headers}{seen.body!r}" for seen in server.seen)
    assert base64.b64encode(f"ada:{SECRET}".encode()).decode() not in sent
    assert SECRET not in sent


DIGESTS = [
    "sha256:../../x", "sha256:ABC", "sha256:%2e%2e", "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:" + "a" * 10_000,
    "sha256:" + "a" * 63 + "/", "sha256:" + "A" * 64, "../sha256:" + "a" * 64, "sha256:" + "a" * 64 + "\n", "sha256:" + "a" * 64 + "?x=1",
]  # fmt: skip


@pytest.mark.parametrize("digest", DIGESTS)
def test_t15_a_digest_outside_the_grammar_becomes_no_request(digest: str) -> None:
    """CVE-2024-3727: neither from the user, nor from a manifest, an index, or a listing of referrers."""
    import json

    tree = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": {"mediaType": "a/b", "digest": digest, "size": 2},
            "layers": [{"mediaType": "a/b", "digest": digest, "size": 2}], "subject": {"mediaType": "a/b", "digest": digest, "size": 2}}  # fmt: skip
    raw = json.dumps(tree).encode()
    with scripted(lambda seen: Answer(200, raw, [("Content-Type", media_types.OCI_MANIFEST)])) as server:
        repository = rx.Repository(f"{server.host}/a", options=options_for(server.host))
        for call in (lambda: repository.get(digest), lambda: repository.blobs.fetch_reference(digest), lambda: repository.referrers(digest),
                     lambda: repository.get("v1").layers(), lambda: repository.graph("v1", progress=False)):  # fmt: skip
            try:
                call()
            except errors.RegexploreError as refused:
                assert refused.hint
    asked = [seen.target.partition("?")[0] for seen in server.seen]
    assert "/v2/a/manifests/v1" in asked
    assert [target for target in asked if not SOUND.fullmatch(target)] == []


SOUND = re.compile(r"/v2/a/(?:tags/list|(?:manifests|blobs|referrers)/(?:v1|sha256[:-][0-9a-f]{64}))")
HOSTS = [
    "reg.io@evil.example/a", "reg.io#/a", "reg.io?x/a", "rég.io/a", "reg.io:0/a", "reg.io:99999/a", "reg.io:/a", "[::1/a", "reg..io\\/a",
    "ｒeg.io/a", "reg.io%2f@evil/a", "reg.io /a", "reg\u200b.io/a", "https://reg.io:443:80/a",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_t18_a_host_with_two_readings_is_refused(host: str) -> None:
    for take in (rx.Repository, rx.Reference.parse, rx.get):
        with pytest.raises(errors.InvalidReferenceError):
            take(host)


def test_t18_a_public_name_is_never_asked_in_the_clear() -> None:
    for name, scheme in (
        ("registry.example", "https"),
        ("127.0.0.1:5000", "http"),
        ("localhost:5000", "http"),
        ("10.0.0.1:5000", "https"),
    ):
        repository = rx.Repository(f"{name}/a")
        assert repository.options.scheme(name) == scheme


def test_t17_a_helper_named_by_a_file_runs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regexplore.remote.credentials import DockerConfigStore

    marker = tmp_path / "ran"
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for suffix in ("../evil", f"/{program}", "x; ./evil", "$(./evil)", "..\\evil", "evil\n", "", " "):
        config = tmp_path / "config.json"
        config.write_text(f'{{"credsStore": {suffix!a}}}'.replace("'", '"'))
        try:
            DockerConfigStore(config).get("registry.example")
        except errors.CredentialError as refused:
            assert refused.hint is not None
    assert not marker.exists()
