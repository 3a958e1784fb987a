"""The manifests of a repository: everything under ``/manifests/``, indexes too.

Manifests are small, so each is read whole, within a limit, and hashed before anybody gets a byte of it.

Source: distribution-spec v1.1 "Pulling manifests"; Go ``manifestStore``.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

import requests

from regexplore.errors import NotFoundError
from regexplore.oci import Descriptor, Digest, Reference
from regexplore.oci.document import hashed_part
from regexplore.remote.auth.scope import ACTION_PULL, scope_repository
from regexplore.remote.content_headers import ContentHeaders
from regexplore.remote.exchange import Exchange
from regexplore.remote.limits import content_length
from regexplore.remote.verify import check_bytes, header_digest, manifest_media_type


class VerifiedBytes(io.BytesIO):
    """Content that was read and verified before it was handed out."""

    verified = True


class RemoteManifests:
    """Manifests only (Go ``Repository.Manifests``)."""

    def __init__(self, exchange: Exchange, parse_reference: Callable[[str], Reference]) -> None:
        self._exchange = exchange
        self._parse = parse_reference
        self._pull = (scope_repository(exchange.reference.repository, ACTION_PULL),)
        self._name = str(exchange.reference.with_reference(""))

    def resolve(self, reference: str, /) -> Descriptor:
        """Return the descriptor that a tag or digest names.

        One HEAD; one GET more where the registry does not tell digest or size on HEAD.

        Raises
        ------
        InvalidReferenceError, NotFoundError, ResponseError, TransportError
        MismatchedDigestError
            The registry names another digest than was asked for.
        """
        text, asked = self._reference(reference)
        with self._request("HEAD", text, self._exchange.options.accept) as response:
            digest = header_digest(response, asked) or asked
            length = content_length(response)
            if digest is not None and length is not None:
                return Descriptor(manifest_media_type(response), digest, length)
        return self.fetch_reference(reference)[0]

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        """Open a manifest, read whole and verified.

        Raises
        ------
        MismatchedDigestError
            The registry served other bytes.
        SizeExceedsLimitError
            It is larger than ``max_metadata_bytes``.
        NotFoundError, ResponseError, TransportError
        """
        with self._exchange.within_deadline():
            response = self._request("GET", target.digest, target.media_type)
            said = self._said(response, target.digest)
            content = self._exchange.read(response)
        check_bytes(hashed_part(content, target.media_type), asked=target.digest, said=said)
        return VerifiedBytes(content)

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, BinaryIO]:
        """Resolve and open a manifest in one GET.

        Raises
        ------
        InvalidReferenceError, NotFoundError, ResponseError, TransportError
        MismatchedDigestError, SizeExceedsLimitError
            As in `fetch`.
        """
        text, asked = self._reference(reference)
        with self._exchange.within_deadline():
            response = self._request("GET", text, self._exchange.options.accept)
            said = self._said(response, asked)
            media_type = self._media_type(response)
            content = self._exchange.read(response)
        digest = check_bytes(hashed_part(content, media_type), asked=asked, said=said)
        return Descriptor(media_type, digest, len(content)), VerifiedBytes(content)

    def fetch_head(self, target: Descriptor, /) -> ContentHeaders:
        """Return the headers of a manifest; ``target`` is not changed.

        Raises
        ------
        MismatchedDigestError
            They name another digest.
        NotFoundError, ResponseError, TransportError
        """
        with self._request("HEAD", target.digest, target.media_type) as response:
            header_digest(response, target.digest)
            return ContentHeaders(response.headers)

    def exists(self, target: Descriptor, /) -> bool:
        """Whether the manifest is there."""
        try:
            self.resolve(target.digest)
        except NotFoundError:
            return False
        return True

    def _reference(self, reference: str) -> tuple[str, Digest | None]:
        parsed = self._parse(reference)
        return parsed.reference, parsed.digest

    def _request(self, method: str, reference: str, accept: str) -> requests.Response:
        return self._exchange.request(
            method,
            self._exchange.urls.manifest(reference),
            headers={"Accept": accept},
            scopes=self._pull,
            what=f"{self._name}{'@' if ':' in reference else ':'}{reference}",
        )

    def _said(self, response: requests.Response, asked: Digest | None) -> Digest | None:
        try:
            return header_digest(response, asked)
        except BaseException:
            response.close()
            raise

    def _media_type(self, response: requests.Response) -> str:
        try:
            return manifest_media_type(response)
        except BaseException:
            response.close()
            raise
