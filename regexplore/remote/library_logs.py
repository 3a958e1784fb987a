"""What urllib3 logs about our requests, with nothing secret in it.

It logs every URL whole, at level WARNING too when a connection breaks; and the URL of a redirect may be a credential
by itself. Only records about our own requests are changed: those of other users of urllib3 stay as they are.
"""

from __future__ import annotations

import logging
from typing import Any

from regexplore.remote import redact
from regexplore.remote.retry import listening
from regexplore.visible import spelled_out

LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


def _redact(record: logging.LogRecord) -> bool:
    if listening() and isinstance(record.args, tuple):
        record.args = tuple(map(_shown, record.args))
        # A traceback of the library's holds the URL again, and the bytes that it could not read.
        record.exc_info = None
    return True


def _shown(argument: Any) -> Any:
    if isinstance(argument, BaseException):
        return type(argument).__name__
    if not isinstance(argument, str):
        return argument
    return spelled_out(redact.url(argument) if "/" in argument else argument)


def install() -> None:
    """Redact from now on; doing it twice changes nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_redact)
