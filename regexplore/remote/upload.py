"""Pushing a blob: POST, then one PUT.

Source: distribution-spec v1.1 "Pushing blobs"; Go ``blobStore.Push``.
"""

from __future__ import annotations

from typing import BinaryIO

import requests

from regexplore.errors import ContentError, RegexploreError
from regexplore.oci import Descriptor
from regexplore.remote.auth.scope import ACTION_PULL, ACTION_PUSH, scope_repository
from regexplore.remote.exchange import Exchange
from regexplore.remote.sending import SendingFile, known_length
from regexplore.remote.upload_location import upload_location, with_digest
from regexplore.remote.verify import header_digest

OCTETS = {"Content-Type": "application/octet-stream"}


def push_blob(exchange: Exchange, expected: Descriptor, content: bytes | BinaryIO) -> None:
    """Upload a blob with two requests, streamed and hashed on the way.

    Raises
    ------
    ContentError
        The content is not what the descriptor says; the registry did not get it whole.
    RedirectRefusedError, UnexpectedContentError
        The upload location cannot be used.
    ResponseError, TransportError, AuthError
    """
    refuse_other_length(expected, content)
    with exchange.within_deadline(transfer=True):
        opened = start_upload(exchange, exchange.urls.uploads())
        finish_upload(exchange, opened, expected, content)


def start_upload(exchange: Exchange, url: str, expect: tuple[int, ...] = (202,)) -> requests.Response:
    """Open an upload session, or mount; returns the answer, its body closed."""
    response = exchange.request(
        "POST",
        url,
        headers={"Content-Length": "0"},
        scopes=push_scopes(exchange),
        expect=expect,
        what="uploads",
    )
    response.close()
    return response


def finish_upload(
    exchange: Exchange, opened: requests.Response, expected: Descriptor, content: bytes | BinaryIO
) -> None:
    """Send the whole content to the session that an answer opened; the session is cancelled when that fails."""
    location = upload_location(opened)
    body = SendingFile(content, expected)
    body.check_empty()
    try:
        response = exchange.request(
            "PUT",
            with_digest(location, expected.digest),
            headers={**OCTETS, **_authorization(opened), "Content-Length": str(expected.size)},
            body=body if expected.size else b"",
            scopes=push_scopes(exchange),
            expect=(201,),
            what=f"blob {expected.digest}",
            transfer=True,
        )
    except RegexploreError:
        cancel_upload(exchange, location)
        raise
    with response:
        header_digest(response, expected.digest)


def push_scopes(exchange: Exchange) -> tuple[str, ...]:
    """Return the scopes of a push to this repository."""
    return (scope_repository(exchange.reference.repository, ACTION_PULL, ACTION_PUSH),)


def refuse_other_length(expected: Descriptor, content: bytes | BinaryIO) -> None:
    """Refuse content that is known to have another size before anything of it is sent."""
    length = known_length(content)
    if length is not None and length != expected.size:
        raise ContentError(f"content has {length} bytes, the descriptor says {expected.size}")


def _authorization(opened: requests.Response) -> dict[str, str]:
    """Return the authorization that opened the session: the content need not be sent twice for a challenge."""
    value = opened.request.headers.get("Authorization")
    return {"Authorization": value} if value else {}


def cancel_upload(exchange: Exchange, location: str) -> None:
    """Give the session up; it matters to nobody when that fails."""
    try:
        exchange.request("DELETE", location, scopes=push_scopes(exchange), expect=(204, 202, 200)).close()
    except RegexploreError:
        return
