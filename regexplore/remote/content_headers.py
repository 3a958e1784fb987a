"""Headers of content, as ``fetch_head`` gives them.

Source: ``FetcherHead.FetchHead``; distribution-spec v1.1 "Checking if content exists in the registry".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from requests.structures import CaseInsensitiveDict

from regexplore.oci.digest import Digest, is_digest


class ContentHeaders(Mapping[str, str]):
    """Response headers, found in any case, with the ones about content by name.

    Examples
    --------
    >>> headers = ContentHeaders({"Content-Length": "12", "Accept-Ranges": "bytes"})
    >>> headers.size, headers.accepts_ranges, headers["content-length"]
    (12, True, '12')
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(headers)

    @property
    def size(self) -> int | None:
        """The declared size in bytes; None when it is not told."""
        text = self._headers.get("Content-Length") or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None

    @property
    def digest(self) -> Digest | None:
        """The digest that the registry names; None when it names none."""
        text = self._headers.get("Docker-Content-Digest") or ""
        return Digest(text) if is_digest(text) else None

    @property
    def media_type(self) -> str:
        """The declared content type, as it stands."""
        return self._headers.get("Content-Type") or ""

    @property
    def accepts_ranges(self) -> bool:
        """Whether the registry says that it serves ranges; many do without saying so."""
        return (self._headers.get("Accept-Ranges") or "").strip().lower() == "bytes"

    @property
    def etag(self) -> str:
        """The entity tag; "" when there is none."""
        return self._headers.get("ETag") or ""

    @property
    def last_modified(self) -> str:
        """When the registry says that it changed; "" when it does not."""
        return self._headers.get("Last-Modified") or ""

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)
