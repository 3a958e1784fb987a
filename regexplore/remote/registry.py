"""A remote registry: what is asked of the host, not of one repository.

Source: Go ``remote.Registry``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from regexplore.errors import InvalidReferenceError
from regexplore.oci import Reference
from regexplore.oci.excerpt import excerpt_of_name
from regexplore.remote.auth.scope import REGISTRY_CATALOG
from regexplore.remote.exchange import Exchange
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.pagination import pages
from regexplore.remote.repository import RemoteRepository


class RemoteRegistry:
    """Client of a registry.

    Parameters
    ----------
    name : str
        ``host[:port]``.
    options : RepositoryOptions, optional
        Handed on to its repositories.
    repository_list_page_size : int, optional
        How many repositories to ask for at once; 0 leaves it to the registry.
    **changes
        Single options, by name, on top of ``options``.

    Raises
    ------
    InvalidReferenceError
        Not ``host[:port]``.

    Examples
    --------
    >>> RemoteRegistry("localhost:5000").repository("demo/app").reference.repository
    'demo/app'
    """

    def __init__(
        self,
        name: str,
        *,
        options: RepositoryOptions | None = None,
        repository_list_page_size: int | None = None,
        **changes: Any,
    ) -> None:
        if "/" in name:
            raise InvalidReferenceError(
                f"{excerpt_of_name(name)} names a repository; a registry is host[:port]"
            )
        if repository_list_page_size is not None:
            changes["repository_list_page_size"] = repository_list_page_size
        self.reference = Reference(name)
        self.options = replace(options or RepositoryOptions(), **changes)
        self._exchange = Exchange(self.reference, self.options)

    def ping(self) -> None:
        """Check that the host speaks the distribution API (Go ``Ping``).

        Raises
        ------
        NotFoundError
            It does not.
        ResponseError, TransportError, AuthError
        """
        self._exchange.request(
            "GET", self._exchange.urls.base, what=f"the distribution API at {self.reference}"
        ).close()

    def repository_pages(self, last: str = "") -> Iterator[list[str]]:
        """Yield the names of repositories, page by page (Go ``Repositories``).

        Parameters
        ----------
        last : str
            Begin after this name.

        Raises
        ------
        NotFoundError
            The registry has no catalog.
        ListingError, ResponseError, TransportError, AuthError
        """
        listing = pages(
            self._exchange,
            self._exchange.urls.catalog(n=self.options.repository_list_page_size, last=last),
            scopes=(REGISTRY_CATALOG,),
            max_pages=self.options.repository_list_max_pages,
            what=f"the catalog of {self.reference}",
        )
        return (page.names("repositories") for page in listing)

    def repository(self, name: str) -> RemoteRepository:
        """Return a repository with this registry's options (Go ``Repository``); costs no request.

        Raises
        ------
        InvalidReferenceError
        """
        return RemoteRepository(self.reference.with_repository(name), options=self.options)

    @property
    def requests_sent(self) -> int:
        """Requests that this object itself has sent so far, retries not counted."""
        return self._exchange.sent

    def __getstate__(self) -> dict[str, Any]:
        return {"reference": self.reference, "options": self.options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._exchange = Exchange(self.reference, self.options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.reference}>"
