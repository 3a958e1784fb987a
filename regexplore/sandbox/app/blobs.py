"""Blobs: get, head, parts of them, delete.

Source: distribution-spec end-2 and end-10; RFC 9110 sections 13 (conditions) and 14 (ranges).
"""

from __future__ import annotations

import re

from regexplore.oci import Digest
from regexplore.sandbox.app.call import Answer, Call, Header, text
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.refusal import Refusal
from regexplore.sandbox.spool import Blob

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)


async def get_blob(context: Context, call: Call) -> Answer:
    """Answer GET and HEAD of a blob (end-2)."""
    digest = context.digest(call.reference)
    blob = context.store.blob(call.repository, digest)
    if blob is None:
        raise _unknown(context, call)
    if context.profile.blob_redirect is not None and context.blob_origin and call.method == "GET":
        blob.close()
        return _elsewhere(context, call)
    return blob_answer(blob, digest, call, context)


async def delete_blob(context: Context, call: Call) -> Answer:
    """Answer DELETE of a blob (end-10)."""
    digest = context.digest(call.reference)
    if context.profile.delete_blobs != 202:
        raise Refusal(context.profile.delete_blobs, "UNSUPPORTED")
    if not await context.write(context.store.delete_blob, call.repository, digest):
        raise _unknown(context, call)
    return Answer(202)


def blob_answer(blob: Blob, digest: Digest, call: Call, context: Context) -> Answer:
    """Return the whole of a blob, the part asked for, or word that the client has it already."""
    headers: list[Header] = [(b"content-type", b"application/octet-stream")]
    if context.profile.digest_header:
        headers.append((b"docker-content-digest", text(digest)))
    headers.append((b"etag", b'"%s"' % text(digest)))
    if is_known(call.header(b"if-none-match"), digest):
        blob.close()
        return Answer(304, headers)
    headers.append((b"accept-ranges", b"bytes"))
    try:
        part = _part(call, digest, blob.size)
    except Refusal:
        blob.close()
        raise
    if part is None:
        return Answer(200, headers, blob=blob, length=blob.size)
    start, end = part
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end, blob.size)))
    return Answer(206, headers, blob=blob, start=start, length=end - start + 1)


def is_known(condition: str | None, digest: Digest) -> bool:
    """Whether If-None-Match names the content (RFC 9110 section 13.1.2, weak comparison)."""
    if condition is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return "*" in tags or f'"{digest}"' in tags


def _part(call: Call, digest: Digest, size: int) -> tuple[int, int] | None:
    """Return first and last byte asked for; None for the whole (no range, several, or not understood)."""
    said = call.header(b"range")
    match = _RANGE.fullmatch(said) if said is not None else None
    condition = call.header(b"if-range")
    if match is None or call.method != "GET" or (condition is not None and condition != f'"{digest}"'):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start > end:
        raise Refusal(
            416,
            "SIZE_INVALID",
            "the range lies outside the blob",
            headers=((b"content-range", b"bytes */%d" % size),),
        )
    return start, end


def _elsewhere(context: Context, call: Call) -> Answer:
    status = context.profile.blob_redirect or 307
    location = f"{context.blob_origin}/{call.repository}/{call.reference}?X-Amz-Signature={context.signature}"
    return Answer(status, [(b"location", text(location))])


def _unknown(context: Context, call: Call) -> Refusal:
    """Refuse plainly: asking for a blob is how every push begins, also one to a new repository."""
    if not context.store.has_repository(call.repository):
        return Refusal(404, "NAME_UNKNOWN", detail={"name": call.repository})
    return Refusal(404, "BLOB_UNKNOWN", detail={"digest": call.reference})
