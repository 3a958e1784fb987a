"""Errors of requests and urllib3, as errors of regexplore.

The originals hold the request with its headers, so none of them is kept as a cause.
"""

from __future__ import annotations

import inspect
import socket
from collections.abc import Iterator
from types import FrameType

import requests
import urllib3.exceptions as u

from regexplore.errors import (
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    HostNotFoundError,
    RegexploreError,
    TLSError,
    TransportError,
)
from regexplore.remote import redact

_TIMEOUTS = (requests.exceptions.Timeout, u.TimeoutError, TimeoutError)
_TLS = (requests.exceptions.SSLError, u.SSLError)
_REFUSED = (u.NewConnectionError, ConnectionRefusedError, requests.exceptions.ProxyError, u.ProxyError)
_LOST = (
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    u.ProtocolError,
    u.DecodeError,
    ConnectionResetError,
    BrokenPipeError,
)
FOREIGN = (requests.exceptions.RequestException, u.HTTPError, OSError)


def transport_error(error: BaseException, method: str, url: str) -> RegexploreError:
    """Return the error of regexplore that tells what an error of the libraries below means."""
    chain = list(_chain(error, _callers(error)))
    for found in chain:
        if isinstance(found, RegexploreError):
            # Without the library's frames, whose variables are the request's.
            return found.with_traceback(None)
    what = f'{method} "{redact.url(url)}"'
    if any(isinstance(found, u.NameResolutionError | socket.gaierror) for found in chain):
        return HostNotFoundError(f"{what}: the host name does not resolve")
    if any(isinstance(found, _TLS) for found in chain):
        return TLSError(f"{what}: {_tls_reason(chain)}")
    # Before timeouts: urllib3 counts a refused connection among those.
    if any(isinstance(found, _REFUSED) for found in chain):
        return ConnectError(f"{what}: the connection was refused")
    if any(isinstance(found, _TIMEOUTS) for found in chain):
        return DeadlineExceededError(f"{what}: no answer in time")
    if any(isinstance(found, _LOST) for found in chain):
        return ConnectionLostError(f"{what}: the connection broke before the answer was complete")
    return TransportError(f"{what}: {type(error).__name__}")


def _chain(error: BaseException, callers: set[FrameType]) -> Iterator[BaseException]:
    """Yield an error and everything wrapped in it: by cause, by context, and as an argument.

    What a caller was handling when it sent the request is context as well, and says nothing about the request.
    """
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen or _caught_in(found, callers):
            continue
        seen.add(id(found))
        yield found
        inner = [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]
        waiting.extend(item for item in inner if isinstance(item, BaseException))


def _callers(error: BaseException) -> set[FrameType]:
    """Return the frames above the one that caught the error."""
    found, frames = inspect.currentframe(), list[FrameType]()
    while found is not None:
        frames.append(found)
        found = found.f_back
    caught = error.__traceback__.tb_frame if error.__traceback__ is not None else None
    return set(frames[frames.index(caught) + 1 :] if caught in frames else frames)


def _caught_in(error: BaseException, frames: set[FrameType]) -> bool:
    # A traceback begins where the error was caught.
    return error.__traceback__ is not None and error.__traceback__.tb_frame in frames


def _tls_reason(chain: list[BaseException]) -> str:
    import ssl

    for found in chain:
        # What OpenSSL did not raise itself has none of these fields.
        if isinstance(found, ssl.SSLCertVerificationError):
            return f"the certificate was not accepted: {getattr(found, 'verify_message', '') or 'no reason given'}"
        reason = getattr(found, "reason", None)
        if isinstance(found, ssl.SSLError) and isinstance(reason, str):
            return f"TLS failed: {reason.replace('_', ' ').lower()}"
    return "TLS failed"
