"""Refusals: every answer that is an error, with the body that the specification gives it.

Source: distribution-spec 1.1, "Error Codes".
"""

from __future__ import annotations

from typing import Any

import msgspec

from regexplore.sandbox.app.call import Answer, Header

CODES = {
    "BLOB_UNKNOWN": "blob unknown to registry",
    "BLOB_UPLOAD_INVALID": "blob upload invalid",
    "BLOB_UPLOAD_UNKNOWN": "blob upload unknown to registry",
    "DIGEST_INVALID": "provided digest did not match uploaded content",
    "MANIFEST_BLOB_UNKNOWN": "manifest references a manifest or blob unknown to registry",
    "MANIFEST_INVALID": "manifest invalid",
    "MANIFEST_UNKNOWN": "manifest unknown to registry",
    "NAME_INVALID": "invalid repository name",
    "NAME_UNKNOWN": "repository name not known to registry",
    "SIZE_INVALID": "provided length did not match content length",
    "UNAUTHORIZED": "authentication required",
    "DENIED": "requested access to the resource is denied",
    "UNSUPPORTED": "the operation is unsupported",
    "TOOMANYREQUESTS": "too many requests",
}


class Refusal(Exception):
    """An answer that says no.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        One of `CODES`, or a code that some server uses beyond them.
    message : str
        What is wrong; the code's own words by default.
    detail
        What exactly was wrong, as JSON.
    headers
        Further response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        detail: Any = None,
        headers: tuple[Header, ...] = (),
    ) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.message = message or CODES.get(code, "")
        self.detail = detail
        self.headers = headers

    def answer(self) -> Answer:
        """Return the response with the error list as its body."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail is not None:
            error["detail"] = self.detail
        body = msgspec.json.encode({"errors": [error]})
        return Answer(self.status, [(b"content-type", b"application/json"), *self.headers], body)


def missing(status: int, code: str, detail: Any = None) -> Refusal:
    """Refuse for want of something; registries that do not tell say 401 or 403 instead of 404."""
    said = {401: "UNAUTHORIZED", 403: "DENIED"}.get(status, code)
    return Refusal(status, said, detail=detail)
