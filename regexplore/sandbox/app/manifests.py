"""Manifests: get, head, put, delete.

Source: distribution-spec end-3, end-7a, end-7b and end-9.
"""

from __future__ import annotations

from regexplore.errors import MismatchedDigestError
from regexplore.oci import Digest
from regexplore.oci.digest import is_digest
from regexplore.sandbox.app.blobs import is_known
from regexplore.sandbox.app.call import Answer, Call, Disconnected, Header, text
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.examine import examine
from regexplore.sandbox.app.names import check_tag
from regexplore.sandbox.app.refusal import Refusal, missing
from regexplore.sandbox.stores import StoredManifest
from regexplore.sandbox.subject import subject_digest

MOST_TAG_PARAMETERS = 64


async def get_manifest(context: Context, call: Call) -> Answer:
    """Answer GET and HEAD of a manifest (end-3)."""
    manifest = context.store.manifest(call.repository, _reference(context, call))
    if manifest is None or not _is_accepted(context, call, manifest):
        raise _unknown(context, call)
    headers: list[Header] = [(b"content-type", text(manifest.media_type))]
    if context.profile.digest_header:
        headers.append((b"docker-content-digest", text(manifest.digest)))
    headers.append((b"etag", b'"%s"' % text(manifest.digest)))
    if is_known(call.header(b"if-none-match"), manifest.digest):
        return Answer(304, headers)
    return Answer(200, headers, manifest.content)


async def put_manifest(context: Context, call: Call) -> Answer:
    """Answer PUT of a manifest (end-7a, end-7b)."""
    context.pushable_repository(call)
    digest = context.digest(call.reference) if ":" in call.reference else None
    parameters = _tag_parameters(context, call) if digest is not None else []
    tags = parameters if digest is not None else [_checked_tag(call.reference)]
    content = await _content(context, call)
    if digest is not None and not digest.matches(content):
        raise Refusal(400, "DIGEST_INVALID", detail={"digest": call.reference})
    media_type, tree = examine(context, call, content)
    stored = await _store(context, call.repository, media_type, content, tags, digest)
    headers = _put_headers(context, call, stored)
    subject = subject_digest(tree)
    if subject is not None and context.profile.referrers.subject_header:
        headers.append((b"oci-subject", text(subject)))
    if parameters:
        headers.append((b"oci-tag", text(", ".join(parameters))))
    return Answer(201, headers)


async def delete_manifest(context: Context, call: Call) -> Answer:
    """Answer DELETE of a manifest or a tag (end-9)."""
    by_digest = ":" in call.reference
    reference = _reference(context, call)
    allowed = context.profile.delete_manifests if by_digest else context.profile.delete_tags
    if allowed != 202:
        raise Refusal(allowed, "DIGEST_INVALID" if allowed == 400 else "UNSUPPORTED")
    if by_digest:
        found = await context.write(context.store.delete_manifest, call.repository, Digest(reference))
    else:
        found = await context.write(context.store.delete_tag, call.repository, reference)
    if not found:
        raise _unknown(context, call)
    return Answer(202)


async def _store(
    context: Context, repository: str, media_type: str, content: bytes, tags: list[str], digest: Digest | None
) -> Digest:
    try:
        return await context.write(
            context.store.put_manifest, repository, media_type, content, tags=tags, digest=digest
        )
    except MismatchedDigestError as error:  # pragma: no cover - the endpoint has checked already
        raise Refusal(400, "DIGEST_INVALID", error.message) from None


async def _content(context: Context, call: Call) -> bytes:
    limit = context.profile.manifest_limit
    too_large = Refusal(
        context.profile.manifest_limit_status,
        "MANIFEST_INVALID" if context.profile.manifest_limit_status == 400 else "SIZE_INVALID",
        f"a manifest has at most {limit} bytes",
    )
    if (call.content_length or 0) > limit:
        raise too_large
    parts = bytearray()
    try:
        async for part in call.body():
            parts += part
            if len(parts) > limit:
                raise too_large
    except Disconnected:
        raise Refusal(400, "MANIFEST_INVALID", "the connection ended before the body") from None
    return bytes(parts)


def _reference(context: Context, call: Call) -> str:
    """Return the tag or digest asked for, checked, as the profile understands it."""
    if ":" in call.reference:
        return context.digest(call.reference)
    check_tag(call.reference)
    as_digest = call.reference.replace("-", ":", 1)
    if context.profile.digest_tags and is_digest(as_digest):
        return as_digest
    return call.reference


def _checked_tag(tag: str) -> str:
    check_tag(tag)
    return tag


def _tag_parameters(context: Context, call: Call) -> list[str]:
    if not context.profile.tag_parameters:
        return []
    tags = list(dict.fromkeys(value for name, value in call.query() if name == "tag"))
    if len(tags) > MOST_TAG_PARAMETERS:
        raise Refusal(414, "UNSUPPORTED", f"at most {MOST_TAG_PARAMETERS} tags in one push")
    for tag in tags:
        check_tag(tag)
    return tags


def _is_accepted(context: Context, call: Call, manifest: StoredManifest) -> bool:
    if not context.profile.accept_needed:
        return True
    accepted = call.header(b"accept") or ""
    types = {part.partition(";")[0].strip() for part in accepted.split(",")}
    return manifest.media_type in types


def _put_headers(context: Context, call: Call, digest: Digest) -> list[Header]:
    base = call.origin if context.profile.uploads.location == "absolute" else ""
    headers: list[Header] = [(b"location", text(f"{base}/v2/{call.repository}/manifests/{digest}"))]
    if context.profile.digest_header:
        headers.append((b"docker-content-digest", text(digest)))
    return headers


def _unknown(context: Context, call: Call) -> Refusal:
    if not context.store.has_repository(call.repository):
        return context.missing_repository(call)
    status = 404 if call.may_push else context.profile.missing_manifest
    return missing(status, context.profile.missing_manifest_code, {"reference": call.reference})
