"""Scopes: what a token must allow.

Each request knows what it needs; the hint travels in a context variable to the client that gets tokens, so that
one token request asks for all of it.

Source: distribution's token scope grammar; Go ``auth.CleanScopes``, ``auth.WithScopes`` and their kin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType

from regexplore.remote.setting import Setting

ACTION_PULL = "pull"
"""Reading, as scopes call it."""

ACTION_PUSH = "push"
"""Writing, as scopes call it."""

ACTION_DELETE = "delete"
"""Deleting, as scopes call it."""

REGISTRY_CATALOG = "registry:catalog:*"
"""The scope of listing repositories."""

# Hints for every host are kept under the empty name.
ALL_HOSTS = ""

_hints: ContextVar[Mapping[str, tuple[str, ...]]] = ContextVar(
    "regexplore_scopes", default=MappingProxyType({})
)


def scope_repository(repository: str, *actions: str) -> str:
    """Return the scope of actions on a repository (Go ``ScopeRepository``).

    Examples
    --------
    >>> scope_repository("demo/app", "push", "pull", "pull")
    'repository:demo/app:pull,push'
    >>> scope_repository("demo/app")
    ''
    """
    cleaned = clean_actions(actions)
    return f"repository:{repository}:{','.join(cleaned)}" if repository and cleaned else ""


def clean_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Group scopes by resource, merge their actions, and sort them (Go ``CleanScopes``).

    Examples
    --------
    >>> clean_scopes(["repository:b:push", "repository:a:pull", "repository:b:pull", "odd", "repository:c:"])
    ('odd', 'repository:a:pull', 'repository:b:pull,push')
    """
    return _clean(tuple(scopes))


@lru_cache(maxsize=1024)
def _clean(scopes: tuple[str, ...]) -> tuple[str, ...]:
    # The same few come with every request.
    actions: dict[str, list[str]] = defaultdict(list)
    odd: set[str] = set()
    for scope in scopes:
        resource, colon, listed = scope.rpartition(":")
        if colon and ":" in resource:
            actions[resource].extend(listed.split(","))
        elif scope:
            odd.add(scope)
    merged = {resource: clean_actions(listed) for resource, listed in actions.items()}
    return tuple(
        sorted(odd | {f"{resource}:{','.join(listed)}" for resource, listed in merged.items() if listed})
    )


def clean_actions(actions: Iterable[str]) -> tuple[str, ...]:
    """Sort actions without doubles; ``*`` stands for all of them."""
    kept = {action for action in actions if action}
    return ("*",) if "*" in kept else tuple(sorted(kept))


def scope_hints(host: str = ALL_HOSTS, *scopes: str) -> Setting[Mapping[str, tuple[str, ...]]]:
    """Add hints for requests to a host, or to all hosts, inside the block (Go ``AppendScopesForHost``).

    Examples
    --------
    >>> with scope_hints("r.example", "repository:a:pull"):
    ...     scopes_for("r.example")
    ('repository:a:pull',)
    """
    known = _hints.get()
    return Setting(_hints, {**known, host: clean_scopes((*known.get(host, ()), *scopes))})


def only_scopes(host: str = ALL_HOSTS, *scopes: str) -> Setting[Mapping[str, tuple[str, ...]]]:
    """Replace the hints for a host inside the block (Go ``WithScopesForHost``); none clears them.

    Examples
    --------
    >>> with scope_hints("r.example", "repository:a:pull"), only_scopes("r.example"):
    ...     scopes_for("r.example")
    ()
    """
    return Setting(_hints, {**_hints.get(), host: clean_scopes(scopes)})


def scopes_for(host: str) -> tuple[str, ...]:
    """Return all hints that apply to a host (Go ``GetAllScopesForHost``).

    Examples
    --------
    >>> scopes_for("r.example")
    ()
    """
    known = _hints.get()
    return clean_scopes((*known.get(host, ()), *known.get(ALL_HOSTS, ())))
