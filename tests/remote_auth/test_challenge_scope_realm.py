"""Challenges, scopes and realms: what is read out of hostile text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.errors import RealmRefusedError
from regexplore.remote.auth.challenge import best_challenge, parse_challenges
from regexplore.remote.auth.realm import check_realm, may_see_credentials
from regexplore.remote.auth.scope import clean_scopes, only_scopes, scope_hints, scope_repository, scopes_for
from regexplore.remote.origin import Origin


@pytest.mark.parametrize(
    ("line", "scheme", "parameters"),
    [
        ("BASIC realm=x", "basic", {"realm": "x"}),
        ("bEaReR", "bearer", {}),
        ('Bearer Realm = "https://a/t" ,\tservice=s', "bearer", {"realm": "https://a/t", "service": "s"}),
        ("bearer realm=https://a/t,service=s", "bearer", {"realm": "https://a/t", "service": "s"}),
    ],
)
def test_chal_1_2_reads_any_case_quoted_or_not(line, scheme, parameters):
    (found,) = parse_challenges([line])
    assert (found.scheme, dict(found.parameters)) == (scheme, parameters)


@pytest.mark.parametrize("tail", ["service=", "service", 'service="open', "=x", '"'])
def test_chal_3_keeps_what_stood_before_a_broken_part(tail):
    assert parse_challenges([f'Bearer realm="r",{tail}'])[0]["realm"] == "r"


def test_chal_4_a_backslash_only_quotes_the_next_character():
    assert parse_challenges([r'Bearer realm="a\"b\n\x41"'])[0]["realm"] == 'a"bnx41'


@given(st.lists(st.text(max_size=200), max_size=20))
def test_chal_3_no_text_raises(lines):
    assert len(parse_challenges(lines)) <= 10


@pytest.mark.parametrize(
    "lines", [["Negotiate", "Basic realm=b, Bearer realm=t"], ["Basic realm=b", "Bearer realm=t"]]
)
def test_auth_7_reads_all_challenges_and_prefers_bearer(lines):
    best = best_challenge(parse_challenges(lines))
    assert best is not None
    assert (best.scheme, best["realm"]) == ("bearer", "t")


def test_scope_1_writes_scopes():
    assert scope_repository("a/b", "push", "pull") == "repository:a/b:pull,push"
    assert scope_repository("", "pull") == scope_repository("a") == ""


def test_scope_2_hints_for_all_hosts_and_for_one():
    with scope_hints("", "repository:a:pull"), scope_hints("h", "repository:a:push"):
        assert scopes_for("h") == ("repository:a:pull,push",)
        assert scopes_for("other") == ("repository:a:pull",)
        with only_scopes("h"):
            assert scopes_for("h") == ("repository:a:pull",)
    assert scopes_for("h") == ()


@pytest.mark.parametrize(
    ("scopes", "cleaned"),
    [
        ([], ()),
        (["repository:a:pull", "repository:a:push,pull"], ("repository:a:pull,push",)),
        (["repository:a:pull,*,push"], ("repository:a:*",)),
        (["repository:a:", "odd"], ("odd",)),
        (["repository:h:5000/a:pull"], ("repository:h:5000/a:pull",)),
    ],
)
def test_scope_3_cleans(scopes, cleaned):
    assert clean_scopes(scopes) == cleaned


@given(st.lists(st.text(alphabet="ab:,*", max_size=9)))
def test_scope_3_cleaning_twice_changes_nothing(scopes):
    assert clean_scopes(clean_scopes(scopes)) == clean_scopes(scopes)


@pytest.mark.parametrize(
    "realm",
    [
        "", "http://auth.example.com/t", "file:///etc/passwd", "//auth.example.com/t", "/token",
        "https://user:pw@auth.example.com/t", "https://[::ffff:127.0.0.1]/t", "https://[::ffff:10.0.0.1]/t",
        "https://2130706433/t", "https://0x7f000001/t", "https://0x7f.1/t", "https://127.1/t",
        "https://169.254.169.254/t", "https://10.0.0.1/t", "https://[::1]/t", "https://0.0.0.0/t",
        "https://localhost/t",
    ],
)  # fmt: skip
def test_auth_12_t14_refuses_realms(realm):
    with pytest.raises(RealmRefusedError):
        check_realm(realm, Origin.of("https://registry.example.com/v2/"))


@pytest.mark.parametrize(
    ("realm", "registry", "trusted", "may"),
    [
        ("https://auth.example.com/t", "https://registry.example.com", (), True),
        ("https://evil.test/t", "https://registry.example.com", (), False),
        ("https://evil.co.uk/t", "https://registry.co.uk", (), False),
        ("https://auth.docker.io/token", "https://registry-1.docker.io", (), True),
        ("https://auth.other.test/t", "https://registry.example.com", ("auth.other.test",), True),
    ],
)
def test_auth_12_t14_credentials_only_to_kin(realm, registry, trusted, may):
    trusted_hosts = frozenset(trusted)
    origin = check_realm(realm, Origin.of(registry), trusted_hosts=trusted_hosts)
    assert may_see_credentials(origin, Origin.of(registry), trusted_hosts=trusted_hosts) is may
