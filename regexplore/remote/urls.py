"""Endpoints of the distribution API.

Names are checked when a `Reference` or `Digest` is made, so they go into paths as they are; what goes into a query
is escaped.

Source: distribution-spec v1.1 "Endpoints".
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from regexplore.oci import Digest, Reference


@dataclass(frozen=True, slots=True)
class Urls:
    """URLs of one registry, and of one repository in it.

    Examples
    --------
    >>> urls = Urls("http", Reference("localhost:5000", "demo/app"))
    >>> urls.manifest("v1")
    'http://localhost:5000/v2/demo/app/manifests/v1'
    """

    scheme: str
    reference: Reference

    @property
    def base(self) -> str:
        """The API's root."""
        return f"{self.scheme}://{self.reference.host}/v2/"

    @property
    def repository(self) -> str:
        """The repository's root."""
        return f"{self.base}{self.reference.repository}"

    def catalog(self, *, n: int = 0, last: str = "") -> str:
        """First page of repositories."""
        return f"{self.base}_catalog{_query(n=n, last=last)}"

    def tags(self, *, n: int = 0, last: str = "") -> str:
        """First page of tags."""
        return f"{self.repository}/tags/list{_query(n=n, last=last)}"

    def manifest(self, reference: str) -> str:
        """A manifest by tag or digest."""
        return f"{self.repository}/manifests/{reference}"

    def blob(self, digest: Digest) -> str:
        """A blob."""
        return f"{self.repository}/blobs/{digest}"

    def uploads(self) -> str:
        """Where uploads begin."""
        return f"{self.repository}/blobs/uploads/"

    def mount(self, digest: Digest, source: str) -> str:
        """Where a blob is mounted from another repository."""
        return f"{self.uploads()}?mount={digest}&from={quote(source, safe='/')}"

    def referrers(self, digest: Digest, *, artifact_type: str = "", n: int = 0) -> str:
        """First page of referrers."""
        return f"{self.repository}/referrers/{digest}{_query(artifactType=artifact_type, n=n)}"


def _query(**values: str | int) -> str:
    pairs = [f"{key}={quote(str(value), safe='')}" for key, value in sorted(values.items()) if value]
    return f"?{'&'.join(pairs)}" if pairs else ""
