"""The blobs of a repository: configs, layers, anything that is not a manifest.

Source: distribution-spec v1.1 "Pulling blobs"; Go ``blobStore``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import BinaryIO

import requests

from regexplore.errors import (
    ConnectionLostError,
    ContentError,
    InvalidReferenceError,
    NotFoundError,
    ShortContentError,
    SizeExceedsLimitError,
    UnexpectedContentError,
)
from regexplore.oci import Descriptor, Digest, Reference, media_types
from regexplore.remote import clock, redact
from regexplore.remote.auth.scope import ACTION_DELETE, ACTION_PULL, scope_repository
from regexplore.remote.blob_ranges import BlobRanges
from regexplore.remote.blob_reader import BlobReader
from regexplore.remote.content_headers import ContentHeaders
from regexplore.remote.exchange import Exchange
from regexplore.remote.limits import content_length, read_body, refuse_encoding
from regexplore.remote.mount import mount_blob
from regexplore.remote.parallel_ranges import Answer
from regexplore.remote.upload import push_blob
from regexplore.remote.upload_chunked import push_blob_chunked, push_blob_stream
from regexplore.remote.verify import blob_media_type, check_bytes, header_digest


class RemoteBlobs:
    """Blobs only (Go ``Repository.Blobs``); tags are refused without a request.

    Examples
    --------
    >>> config = repo.get("v1.2")["linux/amd64"].document.config
    >>> repo.blobs.exists(config), len(repo.blobs.fetch(config).read()) == config.size
    (True, True)
    """

    def __init__(self, exchange: Exchange, parse_reference: Callable[[str], Reference]) -> None:
        self._exchange = exchange
        self._parse = parse_reference
        self._pull = (scope_repository(exchange.reference.repository, ACTION_PULL),)

    def resolve(self, reference: str, /) -> Descriptor:
        """Return the descriptor of a blob, by HEAD.

        Raises
        ------
        InvalidReferenceError
            Not a digest.
        NotFoundError, ResponseError, TransportError
        """
        digest = self._digest(reference)
        with self._request("HEAD", digest) as response:
            return self._described(response, digest)

    def fetch(self, target: Descriptor, /) -> BlobReader:
        """Open a blob; reading it to the end verifies it.

        Raises
        ------
        ContentError
            The headers already say that it is another content.
        NotFoundError, ResponseError, TransportError
        """
        deadline = clock.Deadline.after(self._exchange.options.transfer_deadline)
        with clock.until(deadline):
            body = self._ranges(target).open(deadline)
        return self._reader(body, target, deadline)

    def fetch_whole(self, target: Descriptor, limit: int, /) -> bytes:
        """Return a small blob, read whole and verified.

        Raises
        ------
        SizeExceedsLimitError
            Its descriptor promises more than ``limit`` bytes; nothing is read.
        ContentError
            The content is not what the descriptor says.
        NotFoundError, ResponseError, TransportError
        """
        if target.size > limit:
            raise SizeExceedsLimitError(f"{target.digest} has {target.size} bytes, more than {limit}")
        try:
            with self._exchange.within_deadline(transfer=True):
                response = self._request("GET", target.digest)
                self._check_head(response, target)
                content = read_body(response, target.size)
        except (ConnectionLostError, SizeExceedsLimitError):
            # The reader goes on after a cut, and says what is wrong with content that does not end.
            with self.fetch(target) as stream:
                return stream.read()
        if len(content) < target.size:
            raise ShortContentError(f"content ended after {len(content)} of {target.size} bytes")
        check_bytes(content, asked=target.digest, said=None)
        return content

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, BlobReader]:
        """Open a blob whose size is not known before: one GET.

        Raises
        ------
        InvalidReferenceError
            Not a digest.
        NotFoundError, ResponseError, TransportError
        """
        digest = self._digest(reference)
        deadline = clock.Deadline.after(self._exchange.options.transfer_deadline)
        with clock.until(deadline):
            response = self._request("GET", digest)
        try:
            refuse_encoding(response)
            target = self._described(response, digest)
        except BaseException:
            response.close()
            raise
        return target, self._reader(response, target, deadline)

    def read_range(self, target: Descriptor, start: int, end: int, /) -> bytes:
        """Return the bytes from ``start`` up to ``end`` of a blob, with one request; nothing can be verified of them.

        Raises
        ------
        NotSeekableError
            The registry does not serve ranges here.
        ValueError
            The range is not inside the blob.
        NotFoundError, ResponseError, TransportError
        """
        if not 0 <= start <= end <= target.size:
            raise ValueError(f"{start} to {end} is not inside {target.size} bytes")
        if start == end:
            return b""
        with self._exchange.within_deadline(transfer=True):
            response = self._ranges(target).window(start, end - 1)
            content = self._exchange.read(response, end - start)
        if len(content) != end - start:
            raise ShortContentError(
                f"{target.digest}: the range ended after {len(content)} of {end - start} bytes"
            )
        return content

    def fetch_head(self, target: Descriptor, /) -> ContentHeaders:
        """Return the headers of a blob; ``target`` is not changed.

        Raises
        ------
        MismatchedDigestError
            They name another digest.
        NotFoundError, ResponseError, TransportError
        """
        with self._request("HEAD", target.digest) as response:
            header_digest(response, target.digest)
            return ContentHeaders(response.headers)

    def exists(self, target: Descriptor, /) -> bool:
        """Whether the blob is there."""
        try:
            self.resolve(target.digest)
        except NotFoundError:
            return False
        return True

    def push(self, expected: Descriptor, content: bytes | BinaryIO, /) -> None:
        """Upload a blob: with one PUT, or in chunks where ``upload_chunk_size`` says so.

        Raises
        ------
        ContentError
            The content is not what the descriptor says; the registry did not get it whole.
        RedirectRefusedError, UnexpectedContentError, ResponseError, TransportError, AuthError
        """
        chunk_size = self._exchange.options.upload_chunk_size
        if 0 < chunk_size < expected.size:
            push_blob_chunked(self._exchange, expected, content, chunk_size=chunk_size)
        else:
            push_blob(self._exchange, expected, content)

    def push_stream(
        self, content: BinaryIO, media_type: str = media_types.OCTET_STREAM, *, algorithm: str = "sha256"
    ) -> Descriptor:
        """Upload a stream whose size and digest are not known before; returns its descriptor.

        Sent in chunks of ``upload_chunk_size``, one of them held in memory.

        Raises
        ------
        RedirectRefusedError, UnexpectedContentError, ResponseError, TransportError, AuthError
        """
        chunk_size = self._exchange.options.upload_chunk_size
        return push_blob_stream(
            self._exchange, content, media_type, algorithm=algorithm, chunk_size=chunk_size
        )

    def mount(
        self, target: Descriptor, from_repository: str, get_content: Callable[[], BinaryIO] | None = None, /
    ) -> None:
        """Make a blob of another repository available here; see `regexplore.remote.mount`."""
        mount_blob(
            self._exchange, target, from_repository, get_content or self._from(target, from_repository)
        )

    def delete(self, target: Descriptor, /) -> None:
        """Delete a blob.

        Raises
        ------
        NotFoundError, ResponseError, TransportError
        """
        self._exchange.request(
            "DELETE",
            self._exchange.urls.blob(target.digest),
            scopes=(scope_repository(self._exchange.reference.repository, ACTION_DELETE),),
            expect=(200, 202, 204),
            what=f"blob {target.digest}",
        ).close()

    def _from(self, target: Descriptor, repository: str) -> Callable[[], BinaryIO]:
        """Return what pulls a blob from another repository of this registry."""
        sibling = Exchange(self._exchange.reference.with_repository(repository), self._exchange.options)
        return lambda: RemoteBlobs(sibling, self._parse).fetch(target)

    def _digest(self, reference: str) -> Digest:
        digest = self._parse(reference).digest
        if digest is None:
            raise InvalidReferenceError(
                f"invalid reference: blobs have no tags, a digest is needed, not {reference!a}"
            )
        return digest

    def _request(self, method: str, digest: Digest) -> requests.Response:
        return self._exchange.request(
            method, self._exchange.urls.blob(digest), scopes=self._pull, what=f"blob {digest}", transfer=True
        )

    def _check_head(self, response: requests.Response, target: Descriptor) -> None:
        """Refuse an answer whose head says already that it is another content, and close it."""
        try:
            refuse_encoding(response)
            header_digest(response, target.digest)
            length = content_length(response)
            if length is not None and length != target.size:
                raise ContentError(
                    f"{target.digest} should have {target.size} bytes, Content-Length says {length}"
                )
        except BaseException:
            response.close()
            raise

    def _ranges(self, target: Descriptor, etag: str = "") -> BlobRanges:
        return BlobRanges(
            target,
            partial(self._range, target, etag),
            partial(self._request, "GET", target.digest),
            self._check_head,
            self._exchange.options.pull_connections,
        )

    def _reader(self, body: Answer, target: Descriptor, deadline: clock.Deadline) -> BlobReader:
        def rest(offset: int, etag: str) -> Answer:
            return self._ranges(target, etag).open(deadline, offset)

        return BlobReader(body, target, rest, deadline)

    def _range(self, target: Descriptor, etag: str, first: int, last: int) -> requests.Response:
        headers = {"Range": f"bytes={first}-{last}"}
        if etag and not etag.startswith("W/"):
            headers["If-Range"] = etag
        return self._exchange.request(
            "GET",
            self._exchange.urls.blob(target.digest),
            headers=headers,
            scopes=self._pull,
            expect=(200, 206),
            what=f"blob {target.digest}",
            transfer=True,
        )

    def _described(self, response: requests.Response, digest: Digest) -> Descriptor:
        header_digest(response, digest)
        length = content_length(response)
        if length is None:
            raise UnexpectedContentError(
                response.request.method or "",
                redact.url(response.url or ""),
                response.status_code,
                message="the registry did not say how large the blob is (no Content-Length)",
            )
        return Descriptor(blob_media_type(response), digest, length)
