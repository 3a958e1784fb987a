"""Bodies read with a limit and a deadline.

The bytes are those on the wire: nothing is decompressed, so what is hashed is what was sent, and a small answer
cannot become a large one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import requests

from regexplore.errors import SizeExceedsLimitError, UnexpectedContentError
from regexplore.remote import clock, redact
from regexplore.remote.transport_errors import FOREIGN, transport_error

ERROR_BODY = 8 << 10
TOKEN_BODY = 128 << 10
METADATA = 4 << 20
CHUNK = 64 << 10


def read_body(response: requests.Response, limit: int, *, option: str = "") -> bytes:
    """Read a whole body and close the response.

    Parameters
    ----------
    response : requests.Response
    limit : int
        Bytes.
    option : str
        Name of the option that raises the limit, for the message.

    Raises
    ------
    SizeExceedsLimitError
        The body is larger; nothing is returned.
    UnexpectedContentError
        The body is compressed although that was not asked for.
    DeadlineExceededError, ConnectionLostError
        It did not arrive whole, or not in time.
    """
    with response:
        refuse_encoding(response)
        declared = content_length(response)
        if declared is not None and declared > limit:
            raise _too_large(response, limit, option)
        whole = _came_whole(response)
        if whole is not None:
            if len(whole) > limit:
                raise _too_large(response, limit, option)
            return whole
        parts, size = [], 0
        for part in chunks(response, CHUNK):
            size += len(part)
            if size > limit:
                raise _too_large(response, limit, option)
            parts.append(part)
            if size == declared:
                break
        return b"".join(parts)


def read_start(response: requests.Response, limit: int) -> bytes:
    """Read at most ``limit`` bytes of a body and close the response; for error bodies, which may break."""
    from regexplore.errors import RegexploreError

    parts, size = [], 0
    with response:
        try:
            for part in chunks(response, min(CHUNK, limit)):
                parts.append(part)
                size += len(part)
                if size >= limit:
                    break
        except RegexploreError:
            # The status is what counts; the words that came with it are a courtesy.
            pass
    return b"".join(parts)[:limit]


def chunks(response: requests.Response, size: int) -> Iterator[bytes]:
    """Yield the bytes of a body as they are on the wire, watching the deadline.

    Raises
    ------
    DeadlineExceededError, ConnectionLostError
    """
    method, url = response.request.method or "", response.url or ""
    deadline = clock.current()
    try:
        while True:
            # read1 gives what has arrived: a body that drips cannot hold one read beyond the deadline.
            part = response.raw.read1(size, decode_content=False)
            if not part:
                return
            yield part
            if deadline is not None and not deadline.remaining:
                deadline.check(f'{method} "{redact.url(url)}"')
    except FOREIGN as error:
        broken = transport_error(error, method, url)
    raise broken


def _came_whole(response: requests.Response) -> bytes | None:
    """Return a body that came along with its head; None for any other, and for answers of other clients."""
    read_whole: Callable[[], bytes | None] | None = getattr(response.raw, "read_whole", None)
    return None if read_whole is None else read_whole()


def content_length(response: requests.Response) -> int | None:
    """Return the declared length of a body; None when it is not told."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def refuse_encoding(response: requests.Response) -> None:
    """Refuse a compressed body: identity was asked for.

    Raises
    ------
    UnexpectedContentError
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnexpectedContentError(
            response.request.method or "",
            redact.url(response.url or ""),
            response.status_code,
            message=f"the body is encoded as {encoding[:40]!a}, which was not asked for",
        )


def _too_large(response: requests.Response, limit: int, option: str) -> SizeExceedsLimitError:
    what = f'{response.request.method} "{redact.url(response.url or "")}"'
    raised_by = f" (option {option})" if option else ""
    return SizeExceedsLimitError(f"{what}: the answer is larger than {limit} bytes{raised_by}")
