"""What a manifest must be before it is kept: an object of the type it claims, with its parts in place.

Source: distribution-spec, "Pushing Manifests"; image-spec 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from regexplore.oci import Digest, media_types
from regexplore.oci.digest import is_digest
from regexplore.sandbox.app.call import Call
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.refusal import Refusal


def examine(context: Context, call: Call, content: bytes) -> tuple[str, dict[str, Any]]:
    """Return media type and tree of a pushed manifest, or refuse it with 400."""
    tree = _tree(content)
    media_type = _media_type(call, tree)
    if context.profile.subject_refused and tree.get("artifactType") and tree.get("subject"):
        raise Refusal(405, "UNSUPPORTED", "Invalid JSON syntax")
    if not context.profile.sparse:
        _check_parts(context, call.repository, media_type, tree)
    return media_type, tree


def _tree(content: bytes) -> dict[str, Any]:
    try:
        tree = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Refusal(400, "MANIFEST_INVALID", "the body is no JSON") from None
    if not isinstance(tree, dict):
        raise Refusal(400, "MANIFEST_INVALID", "the body is no JSON object")
    return tree


def _media_type(call: Call, tree: dict[str, Any]) -> str:
    header = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    body = tree.get("mediaType", header)
    if header and body != header:
        raise Refusal(400, "MANIFEST_INVALID", "Content-Type and mediaType differ")
    if not isinstance(body, str) or not media_types.is_manifest(body):
        raise Refusal(400, "MANIFEST_INVALID", "not a media type of a manifest")
    return body


def _check_parts(context: Context, repository: str, media_type: str, tree: dict[str, Any]) -> None:
    store = context.store
    is_index = media_types.is_index(media_type)
    for descriptor in _parts(tree, is_index=is_index):
        digest = descriptor.get("digest")
        if not isinstance(digest, str) or not is_digest(digest):
            raise Refusal(400, "MANIFEST_INVALID", "a descriptor has no valid digest")
        here = (
            store.has_manifest(repository, digest)
            if is_index
            else store.has_blob(repository, Digest(digest)) or _is_foreign(descriptor)
        )
        if not here:
            raise Refusal(400, "MANIFEST_BLOB_UNKNOWN", detail={"digest": digest})


def _parts(tree: dict[str, Any], *, is_index: bool) -> Iterator[dict[str, Any]]:
    """Yield the descriptors of what must be there; a subject may be missing."""
    config = tree.get("config")
    if isinstance(config, dict) and not is_index:
        yield config
    for key in ("manifests",) if is_index else ("layers", "blobs"):
        listed = tree.get(key)
        if listed is None:
            continue
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise Refusal(400, "MANIFEST_INVALID", f"{key} is no list of descriptors")
        yield from listed


def _is_foreign(descriptor: dict[str, Any]) -> bool:
    """Whether a layer may live elsewhere: non-distributable ones, and those with addresses of their own."""
    media_type = descriptor.get("mediaType")
    return bool(descriptor.get("urls")) or (
        isinstance(media_type, str) and ("nondistributable" in media_type or "foreign" in media_type)
    )
