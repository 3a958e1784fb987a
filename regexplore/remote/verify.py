"""What the headers of an answer say about content, held against what was asked for.

====================  ==============  =========================  ==========================
asked by              header digest   HEAD                       GET
====================  ==============  =========================  ==========================
tag                   none            a bounded GET follows      digest of the bytes
tag                   given           taken on trust             bytes are held against it
digest                none            the asked digest           bytes are held against it
digest                the same        fine                       bytes are held against it
digest                another         MismatchedDigestError      MismatchedDigestError
====================  ==============  =========================  ==========================

A header digest of another algorithm than the asked one cannot be compared and does not count.

Source: distribution-spec v1.1 "Pulling manifests"; Go ``manifestStore.generateDescriptor``.
"""

from __future__ import annotations

import requests

from regexplore.errors import InvalidMediaTypeError, MismatchedDigestError, UnexpectedContentError
from regexplore.oci import Digest, media_types
from regexplore.oci.excerpt import excerpt
from regexplore.remote import redact

DIGEST_HEADER = "Docker-Content-Digest"


def header_digest(response: requests.Response, asked: Digest | None) -> Digest | None:
    """Return the digest that the headers name; None when there is none that can be compared.

    Raises
    ------
    InvalidDigestError
        The header is not a digest.
    MismatchedDigestError
        It is another one than was asked for.
    """
    text = response.headers.get(DIGEST_HEADER, "").strip()
    if not text:
        return None
    found = Digest(text)
    if asked is None:
        return found
    if found.algorithm != asked.algorithm:
        return None
    if found != asked:
        raise MismatchedDigestError(f"asked for {asked}, {DIGEST_HEADER} says {found}")
    return found


def manifest_media_type(response: requests.Response) -> str:
    """Return the media type of a manifest's answer.

    Raises
    ------
    InvalidMediaTypeError
        There is no readable ``Content-Type``.
    UnexpectedContentError
        It is a page for people, such as one to sign in.
    """
    text = response.headers.get("Content-Type", "")
    if not text:
        raise InvalidMediaTypeError(
            "the registry did not say what kind of manifest this is (no Content-Type)"
        )
    media_type = media_types.parse(text)
    if media_type == "text/html":
        raise UnexpectedContentError(
            response.request.method or "",
            redact.url(response.url or ""),
            response.status_code,
            message="an HTML page, not a manifest",
        )
    return media_type


def blob_media_type(response: requests.Response) -> str:
    """Return the media type of a blob's answer; octet-stream when it is not readable."""
    try:
        return media_types.parse(response.headers.get("Content-Type", ""))
    except InvalidMediaTypeError:
        return media_types.OCTET_STREAM


def check_bytes(content: bytes, *, asked: Digest | None, said: Digest | None) -> Digest:
    """Hash bytes and hold them against the digest asked for, else against the header's.

    Returns
    -------
    Digest
        Of the bytes.

    Raises
    ------
    MismatchedDigestError
    """
    expected = asked or said
    if expected is None:
        return Digest.of(content)
    if not expected.matches(content):
        actual = Digest.of(content, expected.algorithm)
        who = "asked for" if asked is not None else f"{DIGEST_HEADER} says"
        raise MismatchedDigestError(f"the bytes have digest {excerpt(actual)}, {who} {expected}")
    return expected
