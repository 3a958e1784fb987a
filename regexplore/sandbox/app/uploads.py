"""Blob uploads: in one request, in two, in chunks, by mount; status and cancellation.

Source: distribution-spec end-4a, 4b, 4c, 5, 6, 11, 13 and 14.
"""

from __future__ import annotations

import hmac
import re

from regexplore.errors import MismatchedDigestError
from regexplore.oci import Digest
from regexplore.oci.digest import ALGORITHMS
from regexplore.sandbox.app.call import Answer, Call, Disconnected, Header, text
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.names import check_name
from regexplore.sandbox.app.refusal import Refusal
from regexplore.sandbox.app.sessions import Session
from regexplore.sandbox.stores import check_spool

_CONTENT_RANGE = re.compile(r"(?:bytes )?(\d{1,18})-(\d{1,18})(?:/(?:\d{1,18}|\*))?", re.ASCII)


async def start(context: Context, call: Call) -> Answer:
    """Answer POST to the uploads: mount, whole blob, or a new session (end-4a, 4b, 4c, 11)."""
    context.pushable_repository(call)
    mount = call.parameter("mount")
    if mount is not None and await _mount(context, call, context.digest(mount)):
        return _stored(context, call, Digest(mount))
    said = call.parameter("digest")
    digest = context.digest(said) if said is not None else None
    algorithm = digest.algorithm if digest is not None else _algorithm(call)
    session = context.sessions.open(call.repository, context.store.new_spool(algorithm))
    if digest is None:
        return _accepted(context, call, session, 202)
    return await _finish(context, call, session, digest)


async def status(context: Context, call: Call) -> Answer:
    """Answer GET of a session: how far it is (end-13)."""
    return _accepted(context, call, _session(context, call), 204)


async def chunk(context: Context, call: Call) -> Answer:
    """Answer PATCH: take in the next chunk (end-5)."""
    session = _session(context, call)
    _check_patch_limit(context, call)
    await _receive(context, call, session)
    return _accepted(context, call, session, context.profile.uploads.patch_status)


async def finish(context: Context, call: Call) -> Answer:
    """Answer PUT: take in what is left, check the digest, keep the blob (end-6)."""
    session = _session(context, call)
    said = call.parameter("digest")
    if said is None:
        raise Refusal(400, "DIGEST_INVALID", "the query has no digest")
    return await _finish(context, call, session, context.digest(said))


async def cancel(context: Context, call: Call) -> Answer:
    """Answer DELETE of a session: forget it (end-14)."""
    session = _session(context, call)
    _close(context, session)
    return Answer(204)


async def _finish(context: Context, call: Call, session: Session, digest: Digest) -> Answer:
    await _receive(context, call, session)
    session.busy = True
    try:
        await context.write(check_spool, session.spool, digest)
        await context.write(context.store.commit, call.repository, digest, session.spool)
    except MismatchedDigestError as error:
        session.spool.discard()
        raise Refusal(400, "DIGEST_INVALID", error.message) from None
    except BaseException:
        session.spool.discard()
        raise
    finally:
        context.sessions.close(session)
    return _stored(context, call, digest)


async def _receive(context: Context, call: Call, session: Session) -> None:
    """Append a body to a session; what came before a broken connection is kept, for the client to resume."""
    if session.busy:
        raise Refusal(400, "BLOB_UPLOAD_INVALID", "another request is writing to this upload")
    expected = _check_position(context, call, session)
    before = session.spool.size
    session.busy = True
    try:
        async for part in call.body():
            session.spool.write(part)
    except Disconnected:
        raise Refusal(400, "BLOB_UPLOAD_INVALID", "the connection ended before the body") from None
    finally:
        session.busy = False
    if expected is not None and session.spool.size - before != expected:
        _close(context, session)
        raise Refusal(400, "SIZE_INVALID", "Content-Range and body differ in length")


def _check_position(context: Context, call: Call, session: Session) -> int | None:
    """Refuse a chunk that does not begin where the last one ended; return the length it announces."""
    said = call.header(b"content-range")
    if said is None:
        return None
    match = _CONTENT_RANGE.fullmatch(said)
    if match is None:
        raise Refusal(400, "BLOB_UPLOAD_INVALID", "Content-Range is not <start>-<end>")
    first, last = int(match[1]), int(match[2])
    if first != session.spool.size or last < first:
        headers = _session_headers(context, call, session)
        raise Refusal(416, "BLOB_UPLOAD_INVALID", "the chunk is out of order", headers=tuple(headers))
    return last - first + 1


def _check_patch_limit(context: Context, call: Call) -> None:
    limit = context.profile.uploads.patch_limit
    if limit is not None and (call.content_length or 0) > limit:
        raise Refusal(416, "REQUESTED_RANGE_NOT_SATISFIABLE", f"a chunk has at most {limit} bytes")


async def _mount(context: Context, call: Call, digest: Digest) -> bool:
    """Mount a blob where that is possible and allowed; else the client gets an upload session."""
    uploads = context.profile.uploads
    source = call.parameter("from")
    if source is not None:
        check_name(source)
    if source is None and not uploads.mount_anonymous:
        return False
    if call.grants is not None and (source is None or "pull" not in call.grants.get(source, ())):
        return False
    return await context.write(context.store.mount, call.repository, digest, source)


def _session(context: Context, call: Call) -> Session:
    session = context.sessions.find(call.repository, call.reference)
    if context.profile.uploads.state:
        state = session.state if session is not None else ""
        said = call.parameter("_state") or ""
        if not state or not hmac.compare_digest(said.encode(), state.encode()):
            raise Refusal(404, "BLOB_UPLOAD_INVALID", "the location was changed: its query is missing")
    if session is None:
        raise Refusal(404, "BLOB_UPLOAD_UNKNOWN")
    return session


def _algorithm(call: Call) -> str:
    said = call.parameter("digest-algorithm")
    if said is None:
        return "sha256"
    if said not in ALGORITHMS:
        raise Refusal(400, "DIGEST_INVALID", "unsupported digest algorithm", detail={"algorithm": said})
    return said


def _close(context: Context, session: Session) -> None:
    context.sessions.close(session)
    session.spool.discard()


def _accepted(context: Context, call: Call, session: Session, status: int) -> Answer:
    return Answer(status, _session_headers(context, call, session))


def _session_headers(context: Context, call: Call, session: Session) -> list[Header]:
    location = f"{_base(context, call)}/v2/{call.repository}/blobs/uploads/{session.identity}"
    if context.profile.uploads.state:
        location += f"?_state={session.state}"
    return [
        (b"location", text(location)),
        (b"range", session.range),
        (b"docker-upload-uuid", text(session.identity)),
    ]


def _stored(context: Context, call: Call, digest: Digest) -> Answer:
    headers: list[Header] = [
        (b"location", text(f"{_base(context, call)}/v2/{call.repository}/blobs/{digest}"))
    ]
    if context.profile.digest_header:
        headers.append((b"docker-content-digest", text(digest)))
    return Answer(201, headers)


def _base(context: Context, call: Call) -> str:
    return call.origin if context.profile.uploads.location == "absolute" else ""
