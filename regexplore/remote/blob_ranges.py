"""Ranges of one blob: how they are asked for, and whether several are asked for at once."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import requests

from regexplore.errors import NotSeekableError, ResponseError
from regexplore.oci import Descriptor
from regexplore.remote import clock
from regexplore.remote.content_range import NO_RANGES, check_range
from regexplore.remote.parallel_ranges import PARALLEL_FROM, WINDOW, Answer, ParallelRanges


class BlobRanges:
    """Asks for a blob, or a part of it.

    Parameters
    ----------
    target : Descriptor
    ask : callable
        Given the first and last byte, sends the request and returns an answer of status 200 or 206.
    ask_whole : callable
        Sends the request for everything and returns its answer.
    check_whole : callable
        Closes and refuses an answer with everything whose headers say that it is something else.
    connections : int
        Ranges under way at once, for large blobs.
    """

    def __init__(
        self,
        target: Descriptor,
        ask: Callable[[int, int], requests.Response],
        ask_whole: Callable[[], requests.Response],
        check_whole: Callable[[requests.Response, Descriptor], None],
        connections: int,
    ) -> None:
        self._target = target
        self._ask = ask
        self._connections = connections
        self._ask_whole = ask_whole
        self._check_whole = check_whole

    def open(self, deadline: clock.Deadline, offset: int = 0) -> Answer:
        """Return the body from an offset on; a large one in several ranges, if the first one is served as asked.

        Raises
        ------
        NotSeekableError
            No ranges are served here, and the offset is not 0.
        """
        if self._connections <= 1 or self._target.size - offset < PARALLEL_FROM:
            return self.window(offset, self._target.size - 1) if offset else self.whole()
        try:
            first = self._asked(offset, offset + WINDOW - 1)
            if first.status_code == HTTPStatus.OK and not offset:
                # No ranges here; but this is what was wanted.
                return self._checked(first)
            self._require_range(first, offset, offset + WINDOW - 1)
        except NotSeekableError:
            if offset:
                raise
            return self.whole()
        return ParallelRanges(first, self._target, offset, self, self._connections, deadline)

    def window(self, first: int, last: int) -> requests.Response:
        """Return the answer with the bytes from ``first`` to ``last``, unread.

        Raises
        ------
        NotSeekableError
            No ranges are served here, or others than were asked for.
        """
        response = self._asked(first, last)
        self._require_range(response, first, last)
        return response

    def whole(self) -> requests.Response:
        """Return the answer with all bytes, unread."""
        return self._checked(self._ask_whole())

    def _asked(self, first: int, last: int) -> requests.Response:
        try:
            return self._ask(first, last)
        except ResponseError as error:
            if error.status in NO_RANGES:
                raise self._none(error.status) from None
            raise

    def _require_range(self, response: requests.Response, first: int, last: int) -> None:
        if response.status_code in NO_RANGES:
            response.close()
            raise self._none(response.status_code)
        check_range(response, self._target, first, last)

    def _checked(self, response: requests.Response) -> requests.Response:
        self._check_whole(response, self._target)
        return response

    def _none(self, status: int) -> NotSeekableError:
        return NotSeekableError(f"{self._target.digest}: the registry answered a range request with {status}")
