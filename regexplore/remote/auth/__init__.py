"""Authentication against registries (Go package ``registry/remote/auth``)."""

from regexplore.remote.auth.client import AuthClient
from regexplore.remote.auth.default import default_client
from regexplore.remote.auth.scope import (
    ACTION_DELETE,
    ACTION_PULL,
    ACTION_PUSH,
    REGISTRY_CATALOG,
    clean_scopes,
    only_scopes,
    scope_hints,
    scope_repository,
    scopes_for,
)
from regexplore.remote.auth.token_cache import TokenCache

__all__ = [
    "ACTION_DELETE",
    "ACTION_PULL",
    "ACTION_PUSH",
    "REGISTRY_CATALOG",
    "AuthClient",
    "TokenCache",
    "clean_scopes",
    "default_client",
    "only_scopes",
    "scope_hints",
    "scope_repository",
    "scopes_for",
]
