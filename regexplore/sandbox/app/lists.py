"""Tags and catalog.

Source: distribution-spec end-8a and end-8b; the catalog is Docker's, beyond the specification.
"""

from __future__ import annotations

from typing import Any

import msgspec

from regexplore.sandbox.app.call import Answer, Call
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.paging import page
from regexplore.sandbox.app.refusal import Refusal


async def list_tags(context: Context, call: Call) -> Answer:
    """Answer GET of the tags of a repository."""
    context.known_repository(call)
    profile = context.profile
    tags, link = page(context.store.tags(call.repository), call, profile.tags)
    shown: dict[str, Any] = {"name": call.repository, "tags": tags}
    if profile.tags_empty_null and not tags:
        shown["tags"] = None
    if profile.child_maps:
        shown |= {"child": [], "manifest": _manifest_map(context, call.repository, tags)}
    headers = [(b"content-type", profile.tags_type.encode()), *link]
    return Answer(200, headers, msgspec.json.encode(shown))


async def list_repositories(context: Context, call: Call) -> Answer:
    """Answer GET of the catalog."""
    if not context.profile.catalog_api:
        raise Refusal(404, "UNSUPPORTED", "there is no catalog")
    names, link = page(context.store.repositories(), call, context.profile.catalog)
    headers = [(b"content-type", b"application/json"), *link]
    return Answer(200, headers, msgspec.json.encode({"repositories": names}))


def _manifest_map(context: Context, repository: str, tags: list[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for tag in tags:
        manifest = context.store.manifest(repository, tag)
        if manifest is not None:
            entry = shown.setdefault(manifest.digest, {"mediaType": manifest.media_type, "tag": []})
            entry["tag"].append(tag)
            entry["imageSizeBytes"] = str(len(manifest.content))
    return shown
