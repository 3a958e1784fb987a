"""The other origin that some registries redirect blobs to, as object stores behave.

It wants its own signature in the query and refuses a request that brings credentials along, as S3 does.
"""

from __future__ import annotations

import hmac

from regexplore.errors import InvalidDigestError
from regexplore.oci import Digest
from regexplore.sandbox.app.blobs import blob_answer
from regexplore.sandbox.app.call import Answer, Call, Receive, Scope, Send, send_answer
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.refusal import Refusal

_XML = [(b"content-type", b"application/xml")]
_TWO_CREDENTIALS = (
    b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; only the X-Amz-Signature "
    b"query string parameter or the Authorization header should be specified</Message></Error>"
)


class BlobOrigin:
    """An ASGI application that serves blobs by signed URL."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        call = Call(scope, receive)
        try:
            answer = self._answer(call)
        except Refusal as refusal:
            answer = refusal.answer()
        await send_answer(answer, call.method, send)

    def _answer(self, call: Call) -> Answer:
        if call.path.startswith("/-/"):
            # Where a registry without the API sends those who ask for referrers.
            return Answer(
                429, [(b"content-type", b"text/html; charset=utf-8")], b"<html>Too many requests</html>"
            )
        if call.header(b"authorization") is not None:
            return Answer(400, list(_XML), _TWO_CREDENTIALS)
        signature = call.parameter("X-Amz-Signature") or ""
        if not hmac.compare_digest(signature.encode(), self._context.signature.encode()):
            return Answer(403, list(_XML), b"<Error><Code>AccessDenied</Code></Error>")
        repository, _, name = call.path.removeprefix("/").rpartition("/")
        try:
            digest = Digest(name)
        except InvalidDigestError:
            return Answer(404, list(_XML), b"<Error><Code>NoSuchKey</Code></Error>")
        blob = self._context.store.blob(repository, digest) if call.method in ("GET", "HEAD") else None
        if blob is None:
            return Answer(404, list(_XML), b"<Error><Code>NoSuchKey</Code></Error>")
        answer = blob_answer(blob, digest, call, self._context)
        answer.headers = [header for header in answer.headers if header[0] != b"docker-content-digest"]
        return answer
