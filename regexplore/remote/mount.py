"""Mounting: a blob of another repository of the same registry, without sending it.

Source: distribution-spec v1.1 "Mounting a blob from another repository"; Go ``blobStore.Mount``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from regexplore.oci import Descriptor
from regexplore.oci.reference import check_repository
from regexplore.remote.auth.scope import ACTION_PULL, scope_hints, scope_repository
from regexplore.remote.exchange import Exchange
from regexplore.remote.upload import finish_upload, start_upload
from regexplore.remote.verify import header_digest


def mount_blob(
    exchange: Exchange,
    target: Descriptor,
    from_repository: str,
    get_content: Callable[[], BinaryIO],
) -> None:
    """Mount a blob, or push it in the session that the registry opens instead.

    ``get_content`` is called only where the registry did not mount.

    Raises
    ------
    InvalidReferenceError
        ``from_repository`` is not a name.
    Exception
        Whatever ``get_content`` raises.
    ContentError, ResponseError, TransportError, AuthError
    """
    check_repository(from_repository)
    source = scope_repository(from_repository, ACTION_PULL)
    with exchange.within_deadline(transfer=True), scope_hints(exchange.reference.host, source):
        response = start_upload(
            exchange, exchange.urls.mount(target.digest, from_repository), expect=(201, 202)
        )
        if response.status_code == 201:
            header_digest(response, target.digest)
            return
        with get_content() as content:
            finish_upload(exchange, response, target, content)
