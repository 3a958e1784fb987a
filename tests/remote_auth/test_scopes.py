"""Scopes: written, cleaned, and kept as hints."""

import pytest

from regexplore.remote.auth import only_scopes, scope_hints, scopes_for
from regexplore.remote.auth.scope import clean_actions, clean_scopes, scope_repository

A_PULL, A_PUSH, B_PULL = "repository:a:pull", "repository:a:push", "repository:b:pull"


@pytest.mark.parametrize(
    ("repository", "actions", "scope"),
    [
        ("", ["pull"], ""),
        ("a", [], ""),
        ("a", [""], ""),
        ("a", ["", ""], ""),
        ("", [], ""),
        ("a", ["pull"], "repository:a:pull"),
        ("a", ["pull", "push", "delete"], "repository:a:delete,pull,push"),
        ("a", ["push", "", "pull"], "repository:a:pull,push"),
        ("a", ["push", "pull", "push"], "repository:a:pull,push"),
    ],
)
def test_scope_1_of_a_repository(repository, actions, scope):
    assert scope_repository(repository, *actions) == scope


@pytest.mark.parametrize(
    ("actions", "cleaned"),
    [
        ([], ()),
        (["pull"], ("pull",)),
        ([""], ()),
        (["pull", "push"], ("pull", "push")),
        (["", "push", "pull"], ("pull", "push")),
        (["", "", ""], ()),
        (["push", "delete", "pull"], ("delete", "pull", "push")),
        (["pull", "pull"], ("pull",)),
        (["*"], ("*",)),
        (["*", "pull"], ("*",)),
        (["pull", "*", "push"], ("*",)),
        (["pull", "push", "*"], ("*",)),
    ],
)
def test_scope_3_actions(actions, cleaned):
    assert clean_actions(actions) == cleaned


@pytest.mark.parametrize(
    ("scopes", "cleaned"),
    [
        ([], ()),
        ([""], ()),
        ([A_PULL], (A_PULL,)),
        (["repository:a:push,pull,delete"], ("repository:a:delete,pull,push",)),
        (["repository:a:push,pull,pull,,push"], ("repository:a:pull,push",)),
        (["repository:a:push,*,pull"], ("repository:a:*",)),
        (["repository:a:,,"], ()),
        ([A_PULL, B_PULL], (A_PULL, B_PULL)),
        ([B_PULL, "registry:catalog:*", A_PULL], ("registry:catalog:*", A_PULL, B_PULL)),
        ([A_PULL, A_PUSH, A_PULL, B_PULL], ("repository:a:pull,push", B_PULL)),
        (["repository:a:", "repository:b:,"], ()),
        (["unknown"], ("unknown",)),
        (["zeta", A_PULL, "alpha:beta", "zeta"], ("alpha:beta", A_PULL, "zeta")),
        (
            ["repository:host:5000/a:push", "repository:host:5000/a:pull"],
            ("repository:host:5000/a:pull,push",),
        ),
    ],
)
def test_scope_3_scopes(scopes, cleaned):
    assert clean_scopes(scopes) == cleaned


def test_scope_2_hints_are_added():
    with scope_hints("h", A_PULL):
        assert scopes_for("h") == (A_PULL,)
        with scope_hints("h", A_PULL, A_PULL):
            assert scopes_for("h") == (A_PULL,)
        with scope_hints("h"):
            assert scopes_for("h") == (A_PULL,)
        with scope_hints("h", A_PUSH, B_PULL):
            assert scopes_for("h") == ("repository:a:pull,push", B_PULL)
        assert scopes_for("h") == (A_PULL,)


@pytest.mark.parametrize("host", ["", "h"])
def test_scope_2_hints_are_replaced(host):
    with only_scopes(host, A_PULL):
        assert scopes_for("h") == (A_PULL,)
        with only_scopes(host, B_PULL, B_PULL):
            assert scopes_for("h") == (B_PULL,)
        with only_scopes(host):
            assert scopes_for("h") == ()
        assert scopes_for("h") == (A_PULL,)


def test_scope_2_auth_4_hints_of_one_host_are_no_other_hosts():
    with scope_hints("h", A_PULL), scope_hints("g", B_PULL), only_scopes("f", A_PUSH):
        assert [scopes_for(host) for host in "hgfe"] == [(A_PULL,), (B_PULL,), (A_PUSH,), ()]
        with only_scopes("h"):
            assert [scopes_for(host) for host in "hg"] == [(), (B_PULL,)]


def test_scope_2_hints_for_all_hosts_are_merged():
    with scope_hints("", A_PULL):
        assert scopes_for("h") == (A_PULL,)
        with scope_hints("h", A_PUSH):
            assert scopes_for("h") == ("repository:a:pull,push",)
            assert scopes_for("g") == (A_PULL,)
    with scope_hints("h", A_PUSH):
        assert scopes_for("h") == (A_PUSH,)
        assert scopes_for("g") == ()
