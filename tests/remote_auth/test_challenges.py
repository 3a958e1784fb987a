"""Challenges as registries write them, well and badly."""

import pytest
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.remote.auth.challenge import MAX_BYTES, best_challenge, parse_challenges
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential
from regexplore.remote.transport import Transport


def read(line):
    return [(challenge.scheme, dict(challenge.parameters)) for challenge in parse_challenges([line])]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", []),
        ("Unknown", [("unknown", {})]),
        ('Basic realm="Test"', [("basic", {"realm": "Test"})]),
        ("Basic", [("basic", {})]),
        ("  basic  ", [("basic", {})]),
        ("Bearer", [("bearer", {})]),
        ('Bearer realm="https://a.example/t"', [("bearer", {"realm": "https://a.example/t"})]),
        ('Bearer a="1",b="2",c="3"', [("bearer", {"a": "1", "b": "2", "c": "3"})]),
        ('  Bearer \t a = "1" ,\t b\t=2  ', [("bearer", {"a": "1", "b": "2"})]),
        ('BEARER a="1"', [("bearer", {"a": "1"})]),
        ('bearer a="1"', [("bearer", {"a": "1"})]),
        ('Bearer a="1",b=', [("bearer", {"a": "1"})]),
        ('Bearer a="1",b="open', [("bearer", {"a": "1"})]),
        (r'Bearer a="say \"hi\", \\ you"', [("bearer", {"a": r'say "hi", \ you'})]),
        ('Bearer a="",b=2', [("bearer", {"a": "", "b": "2"})]),
        ('Bearer a="1",a="2"', [("bearer", {"a": "2"})]),
        ('Bearer a="1"/b="2"', [("bearer", {"a": "1"})]),
        (
            "Bearer scope=repository:a:pull,service=s",
            [("bearer", {"scope": "repository:a:pull", "service": "s"})],
        ),
        ('Basic realm="b", Bearer realm="t"', [("basic", {"realm": "b"}), ("bearer", {"realm": "t"})]),
    ],
)
def test_chal_1_2_3_as_written(line, found):
    assert read(line) == found


def test_chal_1_a_challenge_with_a_token_in_place_of_parameters():
    best = best_challenge(parse_challenges(["Negotiate YWJj==, Basic realm=b"]))
    assert best is not None
    assert (best.scheme, best["realm"]) == ("basic", "b")


def test_chal_2_a_name_without_a_value_begins_a_scheme_that_nobody_knows():
    assert read('Bearer a="1",b, c="3"')[0] == ("bearer", {"a": "1"})


def test_chal_3_a_header_without_end_is_cut():
    found = parse_challenges(['Bearer realm="r",' + "x" * (2 * MAX_BYTES) + '="1",service="s"'])[0]
    assert dict(found.parameters) == {"realm": "r"}


@pytest.mark.parametrize(
    "lines",
    [
        ["Negotiate", 'Basic realm="r"'],
        ["Digest realm=d, nonce=n", "basic realm=r"],
        ['Negotiate, NTLM, Basic realm="r"'],
        ['Basic realm="r", charset="UTF-8"'],
    ],
)
def test_auth_7_chal_1_basic_behind_schemes_that_are_not_ours(lines):
    def respond(seen):
        if seen.headers["Authorization"]:
            return json_answer({"tags": []})
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", line) for line in lines])

    with scripted(respond) as server:
        client = AuthClient(Transport(retries=0), credentials=lambda host: Credential("ada", "x"))
        assert list(rx.Repository(f"{server.host}/a", client=client).tag_pages()) == [[]]
        assert [str(seen.headers["Authorization"])[:6] for seen in server.seen] == ["None", "Basic "]


@pytest.mark.parametrize("order", [1, -1])
def test_auth_7_bearer_of_two_lines(order):
    def respond(seen):
        if seen.target.startswith("/token"):
            return json_answer({"token": "t"})
        if seen.headers["Authorization"] == "Bearer t":
            return json_answer({"tags": []})
        lines = ['Basic realm="r"', f'bearer realm="http://{seen.headers["Host"]}/token"'][::order]
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", line) for line in lines])

    with scripted(respond) as server:
        client = AuthClient(Transport(retries=0), credentials=lambda host: Credential("ada", "x"))
        assert list(rx.Repository(f"{server.host}/a", client=client).tag_pages()) == [[]]


@pytest.mark.parametrize("line", ["Negotiate", "Bear realm=x", '"', "=", "\x7f", ","])
def test_auth_7_a_401_that_cannot_be_answered_is_the_answer(line):
    def respond(seen):
        return Answer(401, b"no", [("WWW-Authenticate", line)])

    with scripted(respond) as server:
        client = AuthClient(Transport(retries=0), credentials=lambda host: Credential("ada", "x"))
        with pytest.raises(errors.UnauthorizedError):
            rx.Registry(server.host, client=client).ping()
        assert [seen.headers["Authorization"] for seen in server.seen] == [None]


def test_scope_4_a_placeholder_in_the_challenge_is_not_asked_for():
    """GitHub's registry names a repository that is nobody's."""

    def respond(seen):
        if seen.target.startswith("/token"):
            return json_answer({"token": "t"})
        if seen.headers["Authorization"]:
            return json_answer({"tags": []})
        challenge = f'Bearer realm="http://{seen.headers["Host"]}/token",scope="repository:user/image:pull"'
        return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge)])

    with scripted(respond) as server:
        list(rx.Repository(f"{server.host}/some/app", client=AuthClient(Transport(retries=0))).tag_pages())
        assert server.lines[1] == "GET /token?scope=repository%3Asome%2Fapp%3Apull"
