"""Deleting manifests by digest, and tags by name.

Source: distribution-spec v1.1 "Content Management"; Go ``manifestStore.Delete``.
"""

from __future__ import annotations

from collections.abc import Sequence

from regexplore.errors import InvalidReferenceError, NotFoundError, ResponseError, UnsupportedError
from regexplore.oci import Digest, Reference
from regexplore.remote.auth.scope import ACTION_DELETE, ACTION_PULL, scope_repository
from regexplore.remote.exchange import Exchange

DELETED = (200, 202, 204)


def delete_scopes(exchange: Exchange, *, reading: bool) -> Sequence[str]:
    """Return the scopes of a delete, with pull where something is read first."""
    actions = (ACTION_DELETE, ACTION_PULL) if reading else (ACTION_DELETE,)
    return (scope_repository(exchange.reference.repository, *actions),)


def delete_manifest(exchange: Exchange, digest: Digest, *, scopes: Sequence[str]) -> None:
    """Delete a manifest by its digest; its tags go with it.

    Raises
    ------
    NotFoundError, ResponseError, TransportError, AuthError
    """
    exchange.request(
        "DELETE",
        exchange.urls.manifest(digest),
        scopes=scopes,
        expect=DELETED,
        what=str(exchange.reference.with_reference(digest)),
    ).close()


def untag(exchange: Exchange, reference: Reference) -> None:
    """Delete a tag and nothing else.

    Raises
    ------
    InvalidReferenceError
        The reference is a digest: that would delete the manifest.
    UnsupportedError
        The registry cannot delete tags.
    NotFoundError, ResponseError, TransportError, AuthError
    """
    if reference.tag is None:
        raise InvalidReferenceError(f"{reference} is no tag; use delete to delete a manifest by its digest")
    try:
        exchange.request(
            "DELETE",
            exchange.urls.manifest(reference.tag),
            scopes=delete_scopes(exchange, reading=False),
            expect=DELETED,
            what=str(reference),
        ).close()
    except NotFoundError:
        raise
    except ResponseError as error:
        if error.status in (400, 405, 501):
            raise UnsupportedError(
                f"this registry cannot delete tags: {error}",
                hint="Delete the manifest by its digest; all its tags go with it.",
            ) from None
        raise
