"""Names at the door: nothing that breaks the grammar gets to a store.

Source: distribution-spec, "Pulling manifests".
"""

from __future__ import annotations

from functools import lru_cache

from regexplore.errors import InvalidReferenceError
from regexplore.oci.reference import check_repository, is_tag
from regexplore.sandbox.app.refusal import Refusal

# A server remembers the names that it was asked for last, so that checking them costs little.
_REMEMBERED = 4096


def check_name(repository: str) -> None:
    """Refuse a repository name outside the grammar with 400 NAME_INVALID."""
    if not is_name(repository):
        raise Refusal(400, "NAME_INVALID", detail={"name": repository[:255]})


def check_tag(tag: str) -> None:
    """Refuse a tag outside the grammar with 400 MANIFEST_INVALID."""
    if not is_tag(tag):
        raise Refusal(400, "MANIFEST_INVALID", "invalid tag", detail={"tag": tag[:128]})


@lru_cache(_REMEMBERED)
def is_name(repository: str) -> bool:
    """Whether a repository can be called so."""
    try:
        check_repository(repository)
    except InvalidReferenceError:
        return False
    return True
