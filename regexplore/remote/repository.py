"""A remote repository: the faithful client.

Source: Go ``remote.Repository``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from regexplore.errors import InvalidReferenceError, MissingReferenceError
from regexplore.oci import Descriptor, Reference
from regexplore.oci.media_types import DEFAULT_MANIFEST_TYPES, is_manifest
from regexplore.oci.reference import check_digest_reference
from regexplore.remote import manifest_delete
from regexplore.remote.auth.scope import ACTION_PULL, scope_repository
from regexplore.remote.blobs import RemoteBlobs
from regexplore.remote.content_headers import ContentHeaders
from regexplore.remote.download import download
from regexplore.remote.exchange import Exchange
from regexplore.remote.manifest_store import RemoteManifestStore
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.pagination import pages
from regexplore.remote.referrers import Capability


class RemoteRepository:
    """Client of one repository; may be used from many threads at once.

    Parameters
    ----------
    reference : str or Reference
        ``registry/repository``; a tag or digest behind it is kept and not used.
    options : RepositoryOptions, optional
    **changes
        Single options, by name, on top of ``options``.

    Raises
    ------
    InvalidReferenceError
        Not the name of a repository.

    Examples
    --------
    >>> RemoteRepository("localhost:5000/demo/app", tag_list_page_size=100).options.tag_list_page_size
    100
    """

    def __init__(
        self, reference: str | Reference, *, options: RepositoryOptions | None = None, **changes: Any
    ) -> None:
        self.reference = reference if isinstance(reference, Reference) else Reference.parse(reference)
        if not self.reference.repository:
            raise InvalidReferenceError(f"{self.reference} names no repository")
        self.options = replace(options or RepositoryOptions(), **changes)
        self._open()

    def _open(self) -> None:
        self._exchange = Exchange(self.reference.with_reference(""), self.options)
        self._blobs = RemoteBlobs(self._exchange, self.parse_reference)
        self._manifests = RemoteManifestStore(self._exchange, self.parse_reference)
        self._referrers = self._manifests.referrers

    # ---- stores ----------------------------------------------------------------------------------

    @property
    def blobs(self) -> RemoteBlobs:
        """Blobs only (Go ``Repository.Blobs``)."""
        return self._blobs

    @property
    def manifests(self) -> RemoteManifestStore:
        """Manifests only (Go ``Repository.Manifests``)."""
        return self._manifests

    def _store(self, target: Descriptor) -> RemoteBlobs | RemoteManifestStore:
        listed = self.options.manifest_media_types or DEFAULT_MANIFEST_TYPES
        return (
            self._manifests if is_manifest(target.media_type) or target.media_type in listed else self._blobs
        )

    # ---- references ------------------------------------------------------------------------------

    def parse_reference(self, reference: str) -> Reference:
        """Read a tag, a digest or a full reference as one of this repository (Go ``ParseReference``).

        Raises
        ------
        InvalidReferenceError
            It is none of these, or of another repository.
        MissingReferenceError
            It names neither a tag nor a digest.
        """
        found = self._full(reference) if "/" in reference else self._local(reference)
        if not found.reference:
            raise MissingReferenceError(f"{reference!a} names neither a tag nor a digest")
        return found

    def _full(self, reference: str) -> Reference:
        found = Reference.parse(reference)
        if (found.registry, found.repository) != (self.reference.registry, self.reference.repository):
            raise InvalidReferenceError(
                f"invalid reference: {found} is not of {self.reference.registry}/{self.reference.repository}"
            )
        return found

    def _local(self, reference: str) -> Reference:
        _, at, digest = reference.partition("@")
        if at:
            check_digest_reference(digest)
        return self.reference.with_reference(digest if at else reference)

    # ---- reading ---------------------------------------------------------------------------------

    def resolve(self, reference: str, /) -> Descriptor:
        """Return the descriptor that a tag or digest names (Go ``Resolve``).

        Raises
        ------
        InvalidReferenceError, NotFoundError, ContentError, ResponseError, TransportError, AuthError
        """
        return self._manifests.resolve(reference)

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        """Open content, from the manifests or the blobs by its media type (Go ``Fetch``).

        Reading a blob to its end verifies it; a manifest is verified before it is handed out. The file has an
        attribute ``verified``. Close it.

        Raises
        ------
        NotFoundError, ContentError, SizeExceedsLimitError, ResponseError, TransportError, AuthError
        """
        return self._store(target).fetch(target)

    def read_range(self, target: Descriptor, start: int, end: int, /) -> bytes:
        """Return a part of a blob with one request; nothing can be verified of it.

        Raises
        ------
        NotSeekableError
            The registry does not serve ranges here.
        ValueError, NotFoundError, ResponseError, TransportError, AuthError
        """
        return self._blobs.read_range(target, start, end)

    def fetch_all(self, target: Descriptor, /) -> bytes:
        """Fetch content whole, verified (Go ``content.FetchAll``).

        Raises
        ------
        NotFoundError, ContentError, SizeExceedsLimitError, ResponseError, TransportError, AuthError
        """
        with self.fetch(target) as stream:
            return stream.read()

    def fetch_whole(self, target: Descriptor, limit: int, /) -> bytes:
        """Fetch small content whole, verified: less is made for it than for a file that may be large.

        Raises
        ------
        SizeExceedsLimitError
            It has more than ``limit`` bytes.
        NotFoundError, ContentError, ResponseError, TransportError, AuthError
        """
        if self._store(target) is self._blobs:
            return self._blobs.fetch_whole(target, limit)
        with self._manifests.fetch(target) as stream:
            return stream.read()

    def fetch_head(self, target: Descriptor, /) -> ContentHeaders:
        """Return the headers of content, blobs and manifests alike (``FetchHead``).

        Raises
        ------
        NotFoundError, ContentError, ResponseError, TransportError, AuthError
        """
        return self._store(target).fetch_head(target)

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, BinaryIO]:
        """Resolve and open a manifest in one request (Go ``FetchReference``).

        Raises
        ------
        InvalidReferenceError, NotFoundError, ContentError, ResponseError, TransportError, AuthError
        """
        return self._manifests.fetch_reference(reference)

    def download(self, target: Descriptor, path: str | PathLike[str]) -> Path:
        """Write content to a file, verified; a transfer that broke goes on where it ended.

        Returns
        -------
        pathlib.Path
            The file. A file that holds the content already costs no request.

        Raises
        ------
        AlreadyExistsError
            There is a file of that name, with other content.
        NotFoundError, ContentError, ResponseError, TransportError, AuthError
        """
        return download(self._store(target), target, path)

    def exists(self, target: Descriptor, /) -> bool:
        """Whether content is there (Go ``Exists``)."""
        return self._store(target).exists(target)

    # ---- writing ---------------------------------------------------------------------------------

    def push(self, expected: Descriptor, content: bytes | BinaryIO, /) -> None:
        """Upload content that has the descriptor (Go ``Push``).

        Raises
        ------
        ContentError
            The content is not what the descriptor says.
        ReferrersError
            The manifest is in place, but its subject's referrers index is not in order.
        ResponseError, TransportError, AuthError
        """
        self._store(expected).push(expected, content)

    def push_reference(self, expected: Descriptor, content: bytes | BinaryIO, reference: str, /) -> None:
        """Upload a manifest under a tag (Go ``PushReference``).

        Raises
        ------
        InvalidReferenceError, ContentError, ReferrersError, ResponseError, TransportError, AuthError
        """
        self._manifests.push_reference(expected, content, reference)

    def tag(self, target: Descriptor, reference: str, /) -> None:
        """Give a manifest a tag (Go ``Tag``).

        Raises
        ------
        InvalidReferenceError, NotFoundError, ContentError, ResponseError, TransportError, AuthError
        """
        self._manifests.tag(target, reference)

    def untag(self, reference: str, /) -> None:
        """Delete a tag, and leave the manifest.

        Raises
        ------
        InvalidReferenceError
            Not a tag.
        UnsupportedError
            The registry cannot delete tags.
        NotFoundError, ResponseError, TransportError, AuthError
        """
        manifest_delete.untag(self._exchange, self.parse_reference(reference))

    def mount(
        self, target: Descriptor, from_repository: str, get_content: Callable[[], BinaryIO] | None = None
    ) -> None:
        """Make a blob of another repository available here (Go ``Mount``).

        Parameters
        ----------
        target : Descriptor
        from_repository : str
            Name of a repository of the same registry.
        get_content : callable, optional
            Gives the content where the registry cannot mount; without it the blob is pulled from there.

        Raises
        ------
        InvalidReferenceError, NotFoundError, ContentError, ResponseError, TransportError, AuthError
        """
        self._blobs.mount(target, from_repository, get_content)

    def delete(self, target: Descriptor, /) -> None:
        """Delete content by its digest (Go ``Delete``); tags of a manifest go with it.

        Raises
        ------
        NotFoundError, ReferrersError, ResponseError, TransportError, AuthError
        """
        self._store(target).delete(target)

    # ---- listing ---------------------------------------------------------------------------------

    def tag_pages(self, last: str = "") -> Iterator[list[str]]:
        """Yield the tags, page by page, in the registry's order (Go ``Tags``).

        Parameters
        ----------
        last : str
            Begin after this tag.

        Raises
        ------
        NotFoundError, ListingError, ResponseError, TransportError, AuthError
        """
        listing = pages(
            self._exchange,
            self._exchange.urls.tags(n=self.options.tag_list_page_size, last=last),
            scopes=(scope_repository(self.reference.repository, ACTION_PULL),),
            max_pages=self.options.tag_list_max_pages,
            what=f"repository {self.reference.with_reference('')}",
        )
        return (page.names("tags") for page in listing)

    def referrer_pages(self, target: Descriptor, artifact_type: str = "") -> Iterator[list[Descriptor]]:
        """Yield what refers to a manifest, page by page (Go ``Referrers``).

        Parameters
        ----------
        target : Descriptor
        artifact_type : str
            Only this type.

        Raises
        ------
        ListingError, ResponseError, TransportError, AuthError
        """
        return self._referrers.pages(target, artifact_type)

    def predecessors(self, target: Descriptor, /) -> list[Descriptor]:
        """Return everything that refers to a manifest (Go ``Predecessors``).

        Raises
        ------
        ListingError, ResponseError, TransportError, AuthError
        """
        return [found for page in self.referrer_pages(target) for found in page]

    @property
    def referrers_capability(self) -> str:
        """``supported``, ``unsupported`` or ``unknown``: what is known of the referrers API so far."""
        return self._referrers.state.capability.value

    @property
    def referrers_filtered(self) -> bool | None:
        """Whether the registry says that it filters referrers by artifact type; None while it was not asked to."""
        return self._referrers.state.filtered

    def set_referrers_capability(self, capable: bool) -> None:
        """Say whether the registry has the referrers API (Go ``SetReferrersCapability``).

        Raises
        ------
        ReferrersCapabilityAlreadySetError
            The opposite is known already.
        """
        self._referrers.state.set(Capability.SUPPORTED if capable else Capability.UNSUPPORTED)

    # ---- life ------------------------------------------------------------------------------------

    @property
    def requests_sent(self) -> int:
        """Requests that this object has sent so far, retries not counted."""
        return self._exchange.sent

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def __getstate__(self) -> dict[str, Any]:
        # Locks and connections stay here; what the registry can do is learnt again there.
        return {"reference": self.reference, "options": self.options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.reference.with_reference('')}>"
