"""One request and its answer: the door that everything a repository does goes through.

It knows the options, puts the deadline around a request, tells warnings, and turns what is no success into
a typed error. Bodies are closed on every way out but the successful one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import requests

from regexplore.errors import RegexploreError
from regexplore.oci import Reference
from regexplore.remote import clock, limits
from regexplore.remote.auth.scope import scope_hints
from regexplore.remote.messages import prepared
from regexplore.remote.options import Client, RepositoryOptions
from regexplore.remote.response_error import response_error
from regexplore.remote.transport_errors import FOREIGN, transport_error
from regexplore.remote.urls import Urls
from regexplore.remote.warning import RegistryWarning, emit, parse_warnings

Body = bytes | BinaryIO | Iterator[bytes]

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0


class Exchange:
    """Sends the requests of one registry or repository.

    Attributes
    ----------
    reference : Reference
    options : RepositoryOptions
    urls : Urls
    sent : int
        Requests so far, retries not counted.
    """

    def __init__(self, reference: Reference, options: RepositoryOptions) -> None:
        self.reference = reference
        self.options = options
        self.urls = Urls(options.scheme(reference.registry), reference)
        self.sent = 0
        self._host = reference.host

    @property
    def client(self) -> Client:
        """The client of the options, or the shared default."""
        if self.options.client is not None:
            return self.options.client
        from regexplore.remote.auth.default import default_client

        return default_client()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        scopes: Sequence[str] = (),
        expect: Sequence[int] = (200,),
        what: str = "",
        transfer: bool = False,
    ) -> requests.Response:
        """Send a request.

        Parameters
        ----------
        method, url : str
        headers : mapping, optional
        body : bytes, binary file or iterator of bytes, optional
        scopes : sequence of str
            What a token for it must allow.
        expect : sequence of int
            The statuses that are success.
        what : str
            What was asked for, for messages.
        transfer : bool
            Whether this is a blob, which may take longer.

        Returns
        -------
        requests.Response
            With its body unread. The caller closes it.

        Raises
        ------
        ResponseError
            The status is another one.
        TransportError
            Nothing came back.
        AuthError
            There is no way to authenticate.
        """
        request = self._prepare(method, url, headers, body)
        self.sent += 1
        with self.within_deadline(transfer=transfer), scope_hints(self._host, *scopes):
            response = self._send(request)
            try:
                self._tell_warnings(response)
                if response.status_code not in expect:
                    raise response_error(response, what=what)
            except BaseException:
                response.close()
                raise
        return response

    def read(
        self, response: requests.Response, limit: int | None = None, option: str = "max_metadata_bytes"
    ) -> bytes:
        """Read a whole body of metadata, within the limit and the deadline; closes the response.

        Raises
        ------
        SizeExceedsLimitError, DeadlineExceededError, ConnectionLostError, UnexpectedContentError
        """
        with self.within_deadline():
            return limits.read_body(
                response, self.options.metadata_limit if limit is None else limit, option=option
            )

    def within_deadline(self, *, transfer: bool = False) -> clock.Until:
        """Make the options' deadline known below; one that runs already stays."""
        seconds = self.options.transfer_deadline if transfer else self.options.deadline
        return clock.until(clock.enclosing() or clock.Deadline.after(seconds))

    def _prepare(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: Body | None
    ) -> requests.PreparedRequest:
        # Identity: what is hashed must be what was sent.
        return prepared(method, url, {"Accept-Encoding": "identity", **(headers or {})}, body)

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        method, url = prepared.method or "", prepared.url or ""
        try:
            return self.client.send(
                prepared, stream=True, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), allow_redirects=True
            )
        except RegexploreError:
            raise
        except FOREIGN as error:
            # A client that is not ours raises the errors of requests, which hold the request: no context of ours.
            broken = transport_error(error, method, url)
        raise broken

    def _tell_warnings(self, response: requests.Response) -> None:
        if "Warning" not in response.headers:
            return
        handle = self.options.handle_warning or emit
        for value in parse_warnings(header_lines(response, "Warning")):
            handle(RegistryWarning(value, self.reference))


def header_lines(response: requests.Response, name: str) -> list[str]:
    """Return every line of a header that may be repeated; requests joins them, urllib3 does not."""
    raw_headers = getattr(response.raw, "headers", None)
    if raw_headers is not None and hasattr(raw_headers, "getlist"):
        return list(raw_headers.getlist(name))
    joined = response.headers.get(name)
    return [] if joined is None else [joined]
