"""Referrers of a manifest, and what registries without them say.

Source: distribution-spec end-12a and end-12b.
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from regexplore.oci import Digest, media_types
from regexplore.sandbox.app.call import Answer, Call, Header, text
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.refusal import Refusal
from regexplore.sandbox.subject import Referrer

_SIGN_IN = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in to continue</body></html>"
_HTML: Header = (b"content-type", b"text/html; charset=utf-8")


async def list_referrers(context: Context, call: Call) -> Answer:
    """Answer GET of the referrers of a digest."""
    other = _other_api(context, call)
    if other is not None:
        return other
    digest = context.digest(call.reference)
    _check_subject(context, call, digest)
    found = context.store.referrers(call.repository, digest)
    headers: list[Header] = [(b"content-type", media_types.OCI_INDEX.encode())]
    wanted = [value for name, value in call.query() if name == "artifactType" and value]
    if wanted and context.profile.referrers.filtered:
        found = [referrer for referrer in found if referrer.artifact_type in wanted]
        headers.append((b"oci-filters-applied", b"artifactType"))
    shown = _page(context, call, list(found), headers)
    index = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [referrer.descriptor for referrer in shown],
    }
    return Answer(200, headers, msgspec.json.encode(index))


def _page(context: Context, call: Call, found: list[Referrer], headers: list[Header]) -> list[Referrer]:
    """Cut a page out of the referrers; it begins after the one named by `last`."""
    last = call.parameter("last")
    digests = [referrer.digest for referrer in found]
    start = digests.index(Digest(last)) + 1 if last in digests else 0
    shown = found[start : start + context.profile.referrers.page]
    if start + len(shown) < len(found):
        query = [(name, value) for name, value in call.query() if name != "last"]
        target = f"{call.path}?{urlencode([*query, ('last', shown[-1].digest)])}"
        headers.append((b"link", text(f'<{target}>; rel="next"')))
    return shown


def _check_subject(context: Context, call: Call, digest: Digest) -> None:
    status = context.profile.referrers.unknown_subject
    if status != 200 and not context.store.has_manifest(call.repository, digest):
        raise Refusal(status, "MANIFEST_INVALID" if status == 400 else "MANIFEST_UNKNOWN")


def _other_api(context: Context, call: Call) -> Answer | None:
    api = context.profile.referrers.api
    if api == "absent":
        return Answer(404, [(b"content-type", b"text/plain; charset=utf-8")], b"404 page not found\n")
    if api == "sign-in page":
        return Answer(200, [_HTML], _SIGN_IN)
    if api == "redirect":
        location = f"{context.blob_origin}/-/v2/packages/{call.repository}"
        return Answer(303, [(b"location", text(location)), _HTML], _SIGN_IN)
    return None
