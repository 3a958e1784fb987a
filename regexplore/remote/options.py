"""Options of a registry and its repositories.

Source: Go ``remote.RepositoryOptions``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Protocol

import requests

from regexplore.oci.media_types import DEFAULT_MANIFEST_TYPES
from regexplore.remote.limits import METADATA
from regexplore.remote.origin import is_loopback, split_host
from regexplore.remote.warning import HandleWarning

DEADLINE = 60.0
TRANSFER_DEADLINE = 3600.0


class Client(Protocol):
    """Anything that sends a prepared request; a `requests.Session` fits (Go ``remote.Client``).

    Examples
    --------
    >>> import requests
    >>> client: Client = requests.Session()
    >>> rx.Repository(str(repo.reference), client=client).tags()["tag"].tolist()[0]
    'latest'
    """

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request and return its answer."""


@dataclass(frozen=True, kw_only=True)
class RepositoryOptions:
    """What a repository is accessed with; a registry hands its own on to its repositories.

    Attributes
    ----------
    client : Client or None
        None for the shared default: credentials of docker and podman, token cache, retry.
    plain_http : bool or None
        None for HTTP on loopback hosts and HTTPS everywhere else.
    manifest_media_types : sequence of str
        What manifests are accepted as, in this order; empty for the default five.
    tag_list_page_size, referrer_list_page_size, repository_list_page_size : int
        How many entries to ask for at once; 0 leaves it to the registry.
    tag_list_max_pages, referrer_list_max_pages, repository_list_max_pages : int
        How many pages to follow; 0 for no limit.
    max_metadata_bytes : int
        The most that is read of one manifest or one page of a listing.
    upload_chunk_size : int
        Blobs larger than so many bytes go up in chunks of this size, each its own request, and a chunk that is
        lost is sent again; 0 for one request whatever the size.
    skip_referrers_gc : bool
        Keep old indexes of the referrers tag schema.
    handle_warning : callable or None
        Called with each `RegistryWarning`; None for Python's own warnings, once each.
    deadline : float
        Seconds for one request of metadata, with its answer and its retries.
    transfer_deadline : float
        Seconds for one blob.
    pull_connections : int
        How many ranges of one large blob are fetched side by side, where the registry serves ranges; 1 for one
        stream whatever the size.
    cache_dir : path or None
        Where `regexplore.Registry` and `regexplore.Repository` keep what they fetched, for the next session; None
        for memory alone. The plain client of this package asks each time.
    cache_bytes : int
        The most that the cache takes: on disk if there is a ``cache_dir``, else in memory; 0 for 1 GiB on disk
        and 256 MiB in memory.
    cache_layers : bool
        Whether layers that are read whole are kept in ``cache_dir``, too.

    Examples
    --------
    >>> options = RepositoryOptions(tag_list_page_size=100, deadline=20.0)
    >>> options.plain_http is None
    True
    """

    client: Client | None = None
    plain_http: bool | None = None
    manifest_media_types: Sequence[str] = ()
    tag_list_page_size: int = 0
    referrer_list_page_size: int = 0
    repository_list_page_size: int = 0
    tag_list_max_pages: int = 0
    referrer_list_max_pages: int = 0
    repository_list_max_pages: int = 0
    max_metadata_bytes: int = METADATA
    upload_chunk_size: int = 0
    skip_referrers_gc: bool = False
    handle_warning: HandleWarning | None = None
    deadline: float = DEADLINE
    transfer_deadline: float = TRANSFER_DEADLINE
    pull_connections: int = 4
    cache_dir: str | PathLike[str] | None = None
    cache_bytes: int = 0
    cache_layers: bool = False

    def scheme(self, registry: str) -> str:
        """Return ``http`` or ``https`` for a registry."""
        plain = is_loopback(split_host(registry)) if self.plain_http is None else self.plain_http
        return "http" if plain else "https"

    @property
    def accept(self) -> str:
        """The ``Accept`` header for manifests."""
        return ", ".join(self.manifest_media_types or DEFAULT_MANIFEST_TYPES)

    @property
    def metadata_limit(self) -> int:
        """`max_metadata_bytes`, or the default where it is 0 or less."""
        return self.max_metadata_bytes if self.max_metadata_bytes > 0 else METADATA
