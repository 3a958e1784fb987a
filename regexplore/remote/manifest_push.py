"""Pushing a manifest: read whole and verified here, then sent in one PUT.

Source: distribution-spec v1.1 "Pushing Manifests"; Go ``manifestStore.push``.
"""

from __future__ import annotations

from typing import BinaryIO

from regexplore.errors import (
    ContentError,
    InvalidReferenceError,
    MismatchedDigestError,
    SizeExceedsLimitError,
)
from regexplore.oci import Descriptor, Reference
from regexplore.oci.digest import is_digest
from regexplore.remote.exchange import Exchange
from regexplore.remote.sending import SendingFile, known_length
from regexplore.remote.upload import push_scopes
from regexplore.remote.verify import header_digest

SUBJECT_HEADER = "OCI-Subject"


def read_manifest(exchange: Exchange, expected: Descriptor, content: bytes | BinaryIO) -> bytes:
    """Read a manifest that is to be pushed, and hold it against its descriptor.

    Raises
    ------
    SizeExceedsLimitError
        It is larger than ``max_metadata_bytes``.
    ContentError
        It is not what the descriptor says.
    """
    limit = exchange.options.metadata_limit
    if expected.size > limit:
        raise SizeExceedsLimitError(
            f"manifest {expected.digest} has {expected.size} bytes, the limit is {limit} (option max_metadata_bytes)"
        )
    length = known_length(content)
    if length is not None and length != expected.size:
        raise ContentError(f"content has {length} bytes, the descriptor says {expected.size}")
    body = SendingFile(content, expected)
    body.check_empty()
    parts = []
    while part := body.read():
        parts.append(part)
    return b"".join(parts)


def put_manifest(exchange: Exchange, expected: Descriptor, content: bytes, reference: Reference) -> str:
    """Send a manifest; returns what the registry says in ``OCI-Subject``, "" when it says nothing.

    Raises
    ------
    InvalidReferenceError
        The reference is a digest, and not the manifest's.
    MismatchedDigestError
        The registry stored something else.
    ResponseError, TransportError, AuthError
    """
    if is_digest(reference.reference) and reference.reference != expected.digest:
        raise InvalidReferenceError(
            f"invalid reference: a manifest with digest {expected.digest} cannot be pushed as {reference.reference}"
        )
    response = exchange.request(
        "PUT",
        exchange.urls.manifest(reference.reference),
        headers={"Content-Type": expected.media_type},
        body=content,
        scopes=push_scopes(exchange),
        expect=(201,),
        what=str(reference),
    )
    with response:
        found = header_digest(response, None)
        if found is not None and found.algorithm == expected.digest.algorithm and found != expected.digest:
            raise MismatchedDigestError(f"pushed {expected.digest}, the registry says it stored {found}")
        return response.headers.get(SUBJECT_HEADER, "").strip()
