"""Pushing a blob in chunks, each a PATCH: for lines that break, small body limits, and streams of unknown size.

Source: distribution-spec v1.1 "Pushing a blob in chunks".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

import requests

from regexplore.errors import ContentError, RegexploreError, ResponseError
from regexplore.oci import Descriptor, Digest
from regexplore.remote.exchange import Exchange
from regexplore.remote.sending import SendingFile
from regexplore.remote.upload import OCTETS, cancel_upload, push_scopes, refuse_other_length, start_upload
from regexplore.remote.upload_location import upload_location, with_digest
from regexplore.remote.verify import header_digest

CHUNK = 8 << 20
MAX_RESUMES = 5

_RANGE = re.compile(r"(?:bytes=)?0-([0-9]{1,19})", re.ASCII)

Read = Callable[[int], bytes]


def push_blob_chunked(
    exchange: Exchange, expected: Descriptor, content: bytes | BinaryIO, *, chunk_size: int = CHUNK
) -> None:
    """Upload a blob in chunks; a chunk that got lost is sent again from where the registry is.

    Costs two requests and one for each chunk. One chunk is held in memory.

    Parameters
    ----------
    exchange : Exchange
    expected : Descriptor
    content : bytes or binary file
    chunk_size : int
        Bytes; raised to what the registry asks for at least.

    Raises
    ------
    ContentError
        The content is not what the descriptor says; the registry did not get it whole.
    RedirectRefusedError, UnexpectedContentError, ResponseError, TransportError, AuthError
    """
    refuse_other_length(expected, content)
    body = SendingFile(content, expected)
    body.check_empty()
    _upload(exchange, body.read, chunk_size, lambda: expected.digest)


def push_blob_stream(
    exchange: Exchange, content: BinaryIO, media_type: str, *, algorithm: str = "sha256", chunk_size: int = 0
) -> Descriptor:
    """Upload a stream whose size and digest are not known before, in chunks; returns its descriptor.

    Raises
    ------
    RedirectRefusedError, UnexpectedContentError, ResponseError, TransportError, AuthError
    """
    hasher, size = Digest.of(b"", algorithm).hasher(), 0

    def read(wanted: int) -> bytes:
        nonlocal size
        part = content.read(wanted)
        hasher.update(part)
        size += len(part)
        return part

    digest = _upload(exchange, read, chunk_size or CHUNK, lambda: Digest.from_hasher(algorithm, hasher))
    return Descriptor(media_type, digest, size)


def _upload(exchange: Exchange, read: Read, chunk_size: int, digest: Callable[[], Digest]) -> Digest:
    with exchange.within_deadline(transfer=True):
        session = _Session(exchange, start_upload(exchange, exchange.urls.uploads()), chunk_size)
        try:
            while chunk := _read_fully(read, session.chunk_size):
                session.send(chunk)
            found = digest()
            session.close(found)
        except BaseException:
            cancel_upload(exchange, session.location)
            raise
    return found


class _Session:
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

    def close(self, digest: Digest) -> None:
        """Say that the content is complete."""
        response = self._exchange.request(
            "PUT",
            with_digest(self.location, digest),
            headers={"Content-Length": "0"},
            body=b"",
            scopes=push_scopes(self._exchange),
            expect=(201,),
            what=f"blob {digest}",
        )
        with response:
            header_digest(response, digest)

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


def _may_resume(error: RegexploreError) -> bool:
    return error.status in (416, 500, 502, 503, 504) if isinstance(error, ResponseError) else True


def _read_fully(read: Read, size: int) -> bytes:
    parts = []
    while size > 0 and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
