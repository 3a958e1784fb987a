"""Upload locations: where the registry wants the bytes.

Taken in every form; its query is kept byte for byte, for it may be signed. Not taken to another host, from https to
http, or with user information: the request carries credentials.

Source: distribution-spec v1.1 "Pushing blobs"; Go ``blobStore.completePushAfterInitialPost``.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import requests

from regexplore.errors import RedirectRefusedError, UnexpectedContentError
from regexplore.oci import Digest
from regexplore.remote import redact
from regexplore.remote.origin import Origin, joined


def upload_location(response: requests.Response) -> str:
    """Return the absolute URL that an answer names for the upload.

    Raises
    ------
    UnexpectedContentError
        It names none.
    RedirectRefusedError
        It is not safe to send credentials there.
    """
    asked = response.url or ""
    text = redact.Address(response.headers.get("Location", ""))
    if not text:
        raise UnexpectedContentError(
            response.request.method or "",
            redact.url(asked),
            response.status_code,
            message="the registry did not say where to upload (no Location)",
        )
    url = redact.Address(_with_lost_port(joined(asked, text), asked))
    if Origin.of(url) != Origin.of(asked):
        raise RedirectRefusedError(
            f"the registry wants the upload at {redact.url(url)}, which is not where it was asked"
        )
    return redact.Address(urlsplit(url)._replace(fragment="").geturl())


def with_digest(location: str, digest: Digest) -> str:
    """Return the location with ``digest`` in its query; one that is there already is replaced.

    Examples
    --------
    >>> with_digest("http://r/u/1?_state=a%2Fb", Digest.of(b""))[:38]
    'http://r/u/1?_state=a%2Fb&digest=sha25'
    """
    parts = urlsplit(location)
    pairs = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] != "digest"]
    return redact.Address(urlunsplit(parts._replace(query="&".join([*pairs, f"digest={digest}"]))))


def _with_lost_port(url: str, asked: str) -> str:
    """Put ``:443`` back where the registry was asked with it and answered without."""
    before, after = urlsplit(asked), urlsplit(url)
    if (
        before.port == 443
        and after.port is None
        and after.hostname == before.hostname
        and before.scheme == "http"
    ):
        return urlunsplit(after._replace(netloc=f"{after.netloc}:443"))
    return url
