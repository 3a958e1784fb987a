"""Referrers: what points back at a manifest by its ``subject``.

Asked is the referrers API; where the registry has none, the index under the referrers tag. What a registry can do
is learnt once for each repository object, unless it was told.

Source: distribution-spec v1.1 "Listing Referrers", "Referrers Tag Schema"; Go ``Repository.Referrers``.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from threading import Lock

import requests

from regexplore.errors import (
    DocumentError,
    InvalidMediaTypeError,
    NotFoundError,
    ReferrersCapabilityAlreadySetError,
    ResponseError,
    UnsupportedError,
)
from regexplore.oci import Descriptor, Digest, Document, Index, media_types, referrers_tag, wire
from regexplore.remote import redact
from regexplore.remote.auth.scope import ACTION_PULL, scope_repository
from regexplore.remote.exchange import Exchange
from regexplore.remote.manifests import RemoteManifests
from regexplore.remote.pagination import Page, pages, unexpected

FILTERS_HEADER = "OCI-Filters-Applied"
# The name that release candidates of the specification used, in the index itself.
FILTERS_ANNOTATION = "org.opencontainers.referrers.filtersApplied"
ZERO_DIGEST = Digest("sha256:" + "0" * 64)


class Capability(Enum):
    """Whether a registry has the referrers API, as far as is known."""

    UNKNOWN = "unknown"
    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


class ReferrersState:
    """The capability of one repository: set once, by its user or by what was seen."""

    def __init__(self) -> None:
        self._capability = Capability.UNKNOWN
        self._lock = Lock()
        self.probing = Lock()
        # Whether a filter by artifact type was applied, as far as one was asked for.
        self.filtered: bool | None = None

    @property
    def capability(self) -> Capability:
        """What is known."""
        return self._capability

    def set(self, capability: Capability) -> None:
        """Set the capability; the same again is fine.

        Raises
        ------
        ReferrersCapabilityAlreadySetError
            The opposite is known already.
        """
        with self._lock:
            if self._capability not in (Capability.UNKNOWN, capability):
                raise ReferrersCapabilityAlreadySetError(
                    f"the referrers API is known to be {self._capability.value}; "
                    f"it cannot be set to {capability.value}"
                )
            self._capability = capability

    def learn(self, capability: Capability) -> None:
        """Keep what was seen, unless something is known already."""
        with self._lock:
            if self._capability is Capability.UNKNOWN:
                self._capability = capability


class Referrers:
    """Lists referrers, by API or by tag."""

    def __init__(self, exchange: Exchange, manifests: RemoteManifests) -> None:
        self._exchange = exchange
        self._manifests = manifests
        self._pull = (scope_repository(exchange.reference.repository, ACTION_PULL),)
        self.state = ReferrersState()

    def pages(self, target: Descriptor, artifact_type: str = "") -> Iterator[list[Descriptor]]:
        """Yield the referrers of a manifest, page by page; pages without any are left out.

        Raises
        ------
        ResponseError, TransportError, ListingError
            They could not be listed.
        UnsupportedError
            The API was said to be supported, and is not.
        """
        listing = self._by_either(target, artifact_type)
        first = None
        if self.state.capability is Capability.UNKNOWN:
            # One finds out, and whoever asks at the same time waits for what it found.
            with self.state.probing:
                if self.state.capability is Capability.UNKNOWN:
                    first = next(listing, None)
        if first is not None:
            yield first
        yield from listing

    def _by_either(self, target: Descriptor, artifact_type: str) -> Iterator[list[Descriptor]]:
        if self.state.capability is Capability.UNSUPPORTED:
            yield from self._by_tag(target, artifact_type)
            return
        try:
            yield from self._by_api(target, artifact_type)
        except _NoApiError as error:
            if self.state.capability is Capability.SUPPORTED:
                raise UnsupportedError(str(error)) from None
            self.state.learn(Capability.UNSUPPORTED)
            yield from self._by_tag(target, artifact_type)

    def probe(self) -> Capability:
        """Find out whether the registry has the API, with one request, whoever asks at the same time.

        Raises
        ------
        ResponseError, TransportError
            The registry did not tell.
        """
        with self.state.probing:
            if self.state.capability is Capability.UNKNOWN:
                try:
                    for _ in self._by_api(Descriptor(media_types.OCTET_STREAM, ZERO_DIGEST, 0), ""):
                        break
                    self.state.learn(Capability.SUPPORTED)
                except _NoApiError:
                    self.state.learn(Capability.UNSUPPORTED)
        return self.state.capability

    def index_of(self, subject: Descriptor) -> tuple[Descriptor, Index] | None:
        """Return the index under the referrers tag of a subject; None when there is none.

        Raises
        ------
        UnsupportedError
            Something else is under that tag.
        ResponseError, TransportError, ContentError
        """
        tag = referrers_tag(subject.digest)
        try:
            found, stream = self._manifests.fetch_reference(tag)
        except NotFoundError:
            return None
        with stream:
            raw = stream.read()
        if found.digest == subject.digest:
            # Some registries read the tag as the digest that it spells.
            return None
        document = Document.examine(raw, found)
        if not isinstance(document, Index) or document.media_type == media_types.DOCKER_LIST:
            raise UnsupportedError(f"the tag {tag} exists, but it is no referrers index: {document.kind}")
        return found, document

    def _by_tag(self, target: Descriptor, artifact_type: str) -> Iterator[list[Descriptor]]:
        found = self.index_of(target)
        kept = _filtered(list(found[1].manifests), artifact_type) if found else []
        if kept:
            yield kept

    def _by_api(self, target: Descriptor, artifact_type: str) -> Iterator[list[Descriptor]]:
        url = self._exchange.urls.referrers(
            target.digest, artifact_type=artifact_type, n=self._exchange.options.referrer_list_page_size
        )
        listing = pages(
            self._exchange,
            url,
            scopes=self._pull,
            max_pages=self._exchange.options.referrer_list_max_pages,
            what=f"referrers of {target.digest}",
            headers={"Accept": media_types.OCI_INDEX},
            check=_require_index,
        )
        try:
            for page in listing:
                self.state.learn(Capability.SUPPORTED)
                if artifact_type:
                    self.state.filtered = _says_filtered(page)
                kept = _filtered(_descriptors(page), artifact_type)
                if kept:
                    yield kept
        except ResponseError as error:
            if _means_no_api(error):
                raise _NoApiError(f"the registry has no referrers API: {error}") from None
            raise


class _NoApiError(Exception):
    """The answer of a registry without the referrers API."""


def _require_index(response: requests.Response) -> None:
    """A success that is not an index is not an answer of the referrers API: a sign-in page, for one."""
    try:
        media_type = media_types.parse(response.headers.get("Content-Type", ""))
    except InvalidMediaTypeError:
        media_type = "no readable Content-Type"
    if media_type != media_types.OCI_INDEX:
        response.close()
        raise _NoApiError(
            f"{redact.url(response.url or '')} answered {response.status_code} with {media_type}, not with an index"
        )


def _means_no_api(error: ResponseError) -> bool:
    if "/referrers/" not in error.url:
        # A redirect led to a page for people; whatever that answers, it is not the API.
        return True
    if error.status == 404:
        # A repository that does not exist is no statement about the API.
        return not error.has_code("NAME_UNKNOWN")
    if error.status == 400:
        return error.has_code("UNSUPPORTED")
    return error.status in (405, 406, 501) or 300 <= error.status < 400


def _says_filtered(page: Page) -> bool:
    """Whether the answer says that the filter by artifact type was applied."""
    annotations = page.content.get("annotations")
    said = [page.response.headers.get(FILTERS_HEADER, "")]
    if isinstance(annotations, dict):
        said.append(str(annotations.get(FILTERS_ANNOTATION, "")))
    return any("artifactType" in one for one in said)


def _descriptors(page: Page) -> list[Descriptor]:
    found = []
    for n, entry in enumerate(page.list("manifests")):
        try:
            found.append(wire.descriptor(wire.read(entry, wire.WireDescriptor), f"$.manifests[{n}]"))
        except DocumentError as error:
            raise unexpected(page.response, str(error)) from None
    return found


def _filtered(found: list[Descriptor], artifact_type: str) -> list[Descriptor]:
    """Keep one artifact type; filtering again what the registry filtered already does no harm."""
    return [entry for entry in found if entry.artifact_type == artifact_type] if artifact_type else found
