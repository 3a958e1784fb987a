"""Pushing a blob: POST, then one PUT; in chunks where that is asked for.

Source: distribution-spec v1.1 "Pushing blobs"; Go ``blobStore.Push``.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import requests

from regexplore.errors import ContentError, RegexploreError, ResponseError
from regexplore.oci import Descriptor
from regexplore.remote.auth.scope import ACTION_PULL, ACTION_PUSH, scope_repository
from regexplore.remote.exchange import Exchange
from regexplore.remote.sending import SendingFile, known_length
from regexplore.remote.upload_location import upload_location, with_digest
from regexplore.remote.verify import header_digest

CHUNK = 8 << 20
MAX_RESUMES = 5
OCTETS = {"Content-Type": "application/octet-stream"}

_RANGE = re.compile(r"(?:bytes=)?0-([0-9]{1,19})", re.ASCII)


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
    _refuse_other_length(expected, content)
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
        _cancel(exchange, location)
        raise
    with response:
        header_digest(response, expected.digest)


def push_blob_chunked(
    exchange: Exchange, expected: Descriptor, content: BinaryIO, *, chunk_size: int = CHUNK
) -> None:
    """Upload a blob in chunks; a chunk that got lost is sent again from where the registry is.

    For content too large for one request, or for lines that break. Costs one request for each chunk.

    Parameters
    ----------
    exchange : Exchange
    expected : Descriptor
    content : binary file
    chunk_size : int
        Bytes; raised to what the registry asks for at least.

    Raises
    ------
    ContentError, RedirectRefusedError, UnexpectedContentError, ResponseError, TransportError, AuthError
    """
    _refuse_other_length(expected, content)
    with exchange.within_deadline(transfer=True):
        opened = start_upload(exchange, exchange.urls.uploads())
        session = _ChunkedSession(exchange, opened, chunk_size)
        body = SendingFile(content, expected)
        try:
            body.check_empty()
            while chunk := _read_fully(body, session.chunk_size):
                session.send(chunk)
            session.close(expected)
        except RegexploreError:
            _cancel(exchange, session.location)
            raise


class _ChunkedSession:
    """An upload session that takes chunks in order."""

    def __init__(self, exchange: Exchange, opened: requests.Response, chunk_size: int) -> None:
        self._exchange = exchange
        self.location = upload_location(opened)
        self.offset = 0
        minimum = opened.headers.get("OCI-Chunk-Min-Length", "")
        self.chunk_size = max(chunk_size, int(minimum) if minimum.isascii() and minimum.isdigit() else 0)

    def send(self, chunk: bytes) -> None:
        """Send a chunk; after a failure ask the registry how far it got, and send the rest."""
        start = self.offset
        for attempt in range(MAX_RESUMES + 1):
            rest = chunk[self.offset - start :]
            if not rest:
                return
            try:
                self._patch(rest)
            except RegexploreError as error:
                if attempt == MAX_RESUMES or not _may_resume(error):
                    raise
                self._ask_how_far(start, start + len(chunk))

    def close(self, expected: Descriptor) -> None:
        """Say that the content is complete."""
        response = self._exchange.request(
            "PUT",
            with_digest(self.location, expected.digest),
            headers={"Content-Length": "0"},
            body=b"",
            scopes=push_scopes(self._exchange),
            expect=(201,),
            what=f"blob {expected.digest}",
        )
        with response:
            header_digest(response, expected.digest)

    def _patch(self, chunk: bytes) -> None:
        headers = {**OCTETS, "Content-Range": f"{self.offset}-{self.offset + len(chunk) - 1}"}
        # Amazon's registry answers 201.
        with self._exchange.request(
            "PATCH",
            self.location,
            headers=headers,
            body=chunk,
            scopes=push_scopes(self._exchange),
            expect=(202, 201),
            what="upload",
            transfer=True,
        ) as response:
            self.location = upload_location(response)
        self.offset += len(chunk)

    def _ask_how_far(self, start: int, end: int) -> None:
        with self._exchange.request(
            "GET", self.location, scopes=push_scopes(self._exchange), expect=(204, 202), what="upload"
        ) as response:
            found = _RANGE.fullmatch(response.headers.get("Range", "").strip())
            if "Location" in response.headers:
                self.location = upload_location(response)
        # "0-0" means one byte to some registries and none to others: at the start of an upload, none.
        reached = int(found.group(1)) + 1 if found else 0
        self.offset = 0 if reached == 1 and start == 0 else reached
        if not start <= self.offset <= end:
            raise ContentError(
                f"the registry is at byte {self.offset} of the upload, outside of what was sent last"
            )


def push_scopes(exchange: Exchange) -> tuple[str, ...]:
    """Return the scopes of a push to this repository."""
    return (scope_repository(exchange.reference.repository, ACTION_PULL, ACTION_PUSH),)


def _refuse_other_length(expected: Descriptor, content: bytes | BinaryIO) -> None:
    length = known_length(content)
    if length is not None and length != expected.size:
        raise ContentError(f"content has {length} bytes, the descriptor says {expected.size}")


def _authorization(opened: requests.Response) -> dict[str, str]:
    """Return the authorization that opened the session: the content need not be sent twice for a challenge."""
    value = opened.request.headers.get("Authorization")
    return {"Authorization": value} if value else {}


def _cancel(exchange: Exchange, location: str) -> None:
    """Give the session up; it matters to nobody when that fails."""
    try:
        exchange.request("DELETE", location, scopes=push_scopes(exchange), expect=(204, 202, 200)).close()
    except RegexploreError:
        return


def _may_resume(error: RegexploreError) -> bool:
    return error.status in (416, 500, 502, 503, 504) if isinstance(error, ResponseError) else True


def _read_fully(body: SendingFile, size: int) -> bytes:
    parts = []
    while size > 0 and (part := body.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
