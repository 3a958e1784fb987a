"""Every error that regexplore raises, as one page.

::

    RegexploreError                       .hint says what to do next
    ├── InvalidReferenceError             (ValueError)   text that is no reference
    │   └── MissingReferenceError                        a tag or digest is needed here
    ├── InvalidDigestError                (ValueError)   text that is no digest
    ├── InvalidMediaTypeError             (ValueError)   header or field that is no media type
    ├── InvalidDescriptorError            (ValueError)   a descriptor that cannot be right
    ├── DocumentError                     (ValueError)   a manifest, index or config refused, and where
    ├── NotFoundError                     (LookupError)  nothing by that name
    ├── AlreadyExistsError                               it is there already
    ├── UnsupportedError                                 the other side, or this kind of object, cannot do it
    │   └── NotSeekableError              (OSError)      a stream that cannot go back
    ├── StoppedError                                     stopped by the reader before anything arrived
    ├── BudgetExceededError                              a budget of requests, bytes or seconds is used up
    ├── SizeExceedsLimitError                            more bytes than allowed; names limit and option
    ├── ContentError                                     the bytes are not what was asked for
    │   ├── MismatchedDigestError
    │   ├── ShortContentError
    │   └── TrailingDataError
    ├── LayerError                                       a layer that cannot be read, or not to its end
    ├── TransportError                    (OSError)      no usable answer came back
    │   ├── HostNotFoundError
    │   ├── ConnectError
    │   ├── TLSError
    │   ├── ConnectionLostError
    │   ├── DeadlineExceededError         (TimeoutError)
    │   └── RedirectRefusedError
    ├── ListingError                                     a paged listing that cannot be followed
    │   ├── InvalidLinkError
    │   ├── PageLoopError
    │   └── TooManyPagesError
    ├── ResponseError                                    the registry answered, but not with success
    │   ├── UnauthorizedError                            401
    │   ├── DeniedError                                  403
    │   ├── MissingError                  (NotFoundError) 404
    │   ├── RateLimitedError                             429
    │   ├── ServerError                                  5xx
    │   └── UnexpectedContentError                       success, but not what the API promises
    ├── AuthError                                        no way to authenticate
    │   ├── CredentialNotFoundError
    │   ├── RealmRefusedError
    │   └── TokenError
    ├── CredentialError                                  credential stores and helpers
    │   ├── PlaintextPutDisabledError
    │   ├── BadCredentialFormatError
    │   ├── InvalidConfigFormatError
    │   └── HelperError
    ├── PolicyError                       (ValueError)   a policy, a waiver or an audit's rule that is not one
    ├── SnapshotError                                    a file of the tag history that cannot be used
    ├── CacheError                                       a folder that cannot be used as a cache
    ├── CrawlError                                       a crawl that cannot begin, or go on in its folder
    ├── ReferrersError                                   the referrers tag schema could not be kept in order
    ├── ReferrersCapabilityAlreadySetError
    └── MissingExtraError                 (ImportError)  an optional dependency is not installed

Examples
--------
>>> try:
...     repo.get("v9")
... except NotFoundError as error:
...     type(error).__name__, error.status, error.has_code("MANIFEST_UNKNOWN")
('MissingError', 404, True)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from regexplore.visible import spelled_out


class RegexploreError(Exception):
    """Base of every error raised on purpose by regexplore.

    Parameters
    ----------
    message : str
        What went wrong, and where.
    hint : str, optional
        What to do next, in one line. Each class has a default.
    """

    default_hint = ""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        # Registries' own words are in many a message, and whoever catches an error prints it.
        self.message = spelled_out(message)
        super().__init__(self.message)
        self.hint = spelled_out(hint) or self.default_hint

    def __str__(self) -> str:
        return self.message


# ---- names and documents -------------------------------------------------------------------------


class InvalidReferenceError(RegexploreError, ValueError):
    """A text that is not a reference (Go ``errdef.ErrInvalidReference``)."""

    default_hint = "A reference reads registry/repository:tag or registry/repository@sha256:<64 hex digits>."


class MissingReferenceError(InvalidReferenceError):
    """A tag or digest is needed and none was given (Go ``errdef.ErrMissingReference``)."""

    default_hint = "Name a tag or a digest."


class InvalidDigestError(RegexploreError, ValueError):
    """A text that is not a digest (Go ``errdef.ErrInvalidDigest``)."""

    default_hint = "A digest reads sha256:<64 lower-case hex digits> (or sha384, sha512)."


class InvalidMediaTypeError(RegexploreError, ValueError):
    """A ``Content-Type`` or ``mediaType`` that cannot be read as a media type."""

    default_hint = "A media type reads type/subtype, for example application/vnd.oci.image.index.v1+json."


class InvalidDescriptorError(RegexploreError, ValueError):
    """A descriptor whose fields cannot be right, for example a negative size."""

    default_hint = "A descriptor has a media type, a digest and a size of 0 or more."


class DocumentError(RegexploreError, ValueError):
    """A manifest, index or config that was refused.

    Attributes
    ----------
    where : str
        JSON path of the field, such as ``$.layers[1].size``; ``$`` for the whole document.
    """

    default_hint = "The raw bytes are still available; look at them before trusting any reader's view."

    def __init__(self, message: str = "", *, where: str = "$", hint: str = "") -> None:
        super().__init__(f"{message} (at {where})", hint=hint)
        self.where = where


class NotFoundError(RegexploreError, LookupError):
    """Nothing goes by that name (Go ``errdef.ErrNotFound``)."""

    default_hint = "Missing, or not visible with these credentials: registries often do not tell which."


class AlreadyExistsError(RegexploreError):
    """The target exists already (Go ``errdef.ErrAlreadyExists``)."""

    default_hint = "Choose another name, or remove what is there."


class UnsupportedError(RegexploreError):
    """The registry, or this kind of object, cannot do what was asked (Go ``errdef.ErrUnsupported``)."""

    default_hint = "Not possible here; the message says what the registry or the content lacks."


class NotSeekableError(UnsupportedError, OSError):
    """A stream that cannot be moved to another position."""

    default_hint = "The registry does not serve ranges here; read forward, or fetch again from the start."


class StoppedError(RegexploreError):
    """The reader stopped the work before anything of it arrived."""

    default_hint = "Ask again to start over."


class BudgetExceededError(RegexploreError):
    """A `Budget` of requests, bytes or seconds is used up; what arrived before is kept."""

    default_hint = "Give a larger Budget, or ask for less: match=, limit=, depth=."


class SizeExceedsLimitError(RegexploreError):
    """More bytes than the limit allows (Go ``errdef.ErrSizeExceedsLimit``)."""

    default_hint = "Raise the option named in the message if you trust the source."


class LayerError(RegexploreError):
    """A layer that cannot be read: broken packing, a broken archive, or another content than its config says."""

    default_hint = (
        "What was read before stays usable; compare the layer's digest and diff_id, or ask the publisher."
    )


# ---- content -------------------------------------------------------------------------------------


class ContentError(RegexploreError):
    """The bytes are not those that the descriptor promises."""

    default_hint = "Do not use these bytes: fetch again, and distrust the source if it happens again."


class MismatchedDigestError(ContentError):
    """The digest of the bytes is not the one asked for (Go ``content.ErrMismatchedDigest``)."""


class ShortContentError(ContentError):
    """The bytes ended before the promised size (Go ``io.ErrUnexpectedEOF``)."""


class TrailingDataError(ContentError):
    """There were more bytes than promised (Go ``content.ErrTrailingData``)."""


# ---- transport -----------------------------------------------------------------------------------


class TransportError(RegexploreError, OSError):
    """No usable HTTP answer came back."""

    default_hint = "Check the host name, the port, and whether a proxy is needed."

    # OSError formats itself from errno and strerror; ours is always the one sentence.
    def __str__(self) -> str:
        return self.message


class HostNotFoundError(TransportError):
    """The host name does not resolve."""

    default_hint = "Check the spelling of the registry's host name and the network."


class ConnectError(TransportError):
    """Nothing listens there, or the connection was refused."""

    default_hint = "Check the port, and that the registry is running."


class TLSError(TransportError):
    """TLS could not be established or the certificate was not accepted."""

    default_hint = "Give the registry's CA with ca_file=..., or plain_http=True where plain HTTP is fine."


class ConnectionLostError(TransportError):
    """The connection broke before the answer was complete."""

    default_hint = "Try again; what was read so far was discarded."


class DeadlineExceededError(TransportError, TimeoutError):
    """The total time allowed for the request is used up."""

    default_hint = "Raise the deadline option, or try again when the registry is less busy."


class RedirectRefusedError(TransportError):
    """A redirect that is not followed: downgrade to http, too many hops, or a bad target."""

    default_hint = "The registry sends clients to a place that is not safe to follow."


# ---- listings ------------------------------------------------------------------------------------


class ListingError(RegexploreError):
    """A paged listing could not be followed to its end."""

    default_hint = "What arrived before is still yours: use the page iterator, or the partial frame."


class InvalidLinkError(ListingError):
    """A ``Link`` header that cannot be followed, or that leaves the registry's origin."""


class PageLoopError(ListingError):
    """A page that links to one already seen."""


class TooManyPagesError(ListingError):
    """More pages than the option allows (Go ``errdef.ErrTooManyPages``)."""

    default_hint = "Raise the max-pages option, or go on from the last name that arrived."


# ---- responses -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One entry of a registry's error list (Go ``errcode.Error``).

    The text form is the code in lower case with blanks, then message, then detail, as Go prints them; a detail that
    is more than text is shown as the JSON that it came as.
    """

    code: str
    message: str = ""
    detail: Any = None

    def __str__(self) -> str:
        text = self.code.lower().replace("_", " ")
        if not self.message:
            return spelled_out(text)
        text = f"{text}: {self.message}"
        if self.detail in (None, "", {}, []):
            return spelled_out(text)
        detail = (
            self.detail
            if isinstance(self.detail, str)
            else json.dumps(self.detail, ensure_ascii=False, default=str)
        )
        return spelled_out(f"{text}: {detail}")


class ResponseError(RegexploreError):
    """The registry answered with something other than success (Go ``errcode.ErrorResponse``).

    Attributes
    ----------
    method, url : str
        The request; the URL without query values and user information.
    status : int
        HTTP status code.
    errors : tuple of ErrorDetail
        The registry's own error list; empty when the body was not in that form.
    headers : mapping of str to str
        Selected response headers, keys in lower case (``retry-after``, ``ratelimit-*``, request ids).
    excerpt : str
        The first characters of a body that was not in the error format.
    attempts : int
        How many times the request was sent.
    """

    default_hint = "The registry refused the request; its own words are in .errors."

    def __init__(
        self,
        method: str,
        url: str,
        status: int,
        errors: tuple[ErrorDetail, ...] = (),
        *,
        message: str = "",
        headers: Mapping[str, str] | None = None,
        excerpt: str = "",
        attempts: int = 1,
        hint: str = "",
    ) -> None:
        self.method = method
        self.url = url
        self.status = status
        self.errors = errors
        self.headers = dict(headers or {})
        self.excerpt = excerpt
        self.attempts = attempts
        said = "; ".join(str(error) for error in errors) or message or _phrase(status)
        super().__init__(f'{method} "{url}": response status code {status}: {said}', hint=hint)

    def has_code(self, code: str) -> bool:
        """Whether any of the registry's errors carries the code (Go ``errutil.IsErrorCode``)."""
        return any(error.code == code for error in self.errors)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.__dict__.copy()))


class UnauthorizedError(ResponseError):
    """401: credentials are needed, or were not accepted."""

    default_hint = "Log in (regexplore login HOST), or check that the stored credentials are still valid."


class DeniedError(ResponseError):
    """403: the credentials do not allow this, or the thing does not exist."""

    default_hint = "Missing, or not allowed to know: many registries answer 403 for what does not exist."


class MissingError(ResponseError, NotFoundError):
    """404: nothing by that name, with the registry's own words."""

    default_hint = NotFoundError.default_hint


class RateLimitedError(ResponseError):
    """429: too many requests; see ``headers['retry-after']``."""

    default_hint = "Wait as long as Retry-After says, log in for a higher limit, or lower the concurrency."


class ServerError(ResponseError):
    """5xx: the registry itself failed."""

    default_hint = "The registry failed, not the request; try again later."


class UnexpectedContentError(ResponseError):
    """A success status whose body is not what the API promises, such as an HTML sign-in page."""

    default_hint = "Is this really a registry? A proxy or sign-in page may be in between."


# ---- authentication and credentials --------------------------------------------------------------


class AuthError(RegexploreError):
    """There is no way to authenticate the request."""

    default_hint = "Check the credentials of this registry (regexplore login HOST)."


class CredentialNotFoundError(AuthError):
    """The registry asks for credentials and none are known (Go ``auth.ErrBasicCredentialNotFound``)."""

    default_hint = "Log in with regexplore login HOST, or hand credentials to the client."


class RealmRefusedError(AuthError):
    """The registry names a token server that must not see the credentials."""

    default_hint = "If you trust that host, name it in trusted_realm_hosts."


class TokenError(AuthError):
    """The token server did not give a usable token."""


class CredentialError(RegexploreError):
    """A credential store or helper failed."""


class PlaintextPutDisabledError(CredentialError):
    """Saving would write a secret in plain text, which is switched off."""

    default_hint = "Configure a credential helper, or allow plain text explicitly."


class BadCredentialFormatError(CredentialError, ValueError):
    """A credential that the format cannot hold, such as a user name with a colon."""


class InvalidConfigFormatError(CredentialError, ValueError):
    """A credential file that is not in the expected format."""

    default_hint = "Repair the file or move it away; it was not changed."


class HelperError(CredentialError):
    """A docker-credential helper program failed."""


# ---- referrers -----------------------------------------------------------------------------------


class Subject(Protocol):
    """What ReferrersError needs to know of the subject: a descriptor."""

    @property
    def media_type(self) -> str:
        """Media type of the content."""

    @property
    def digest(self) -> str:
        """Digest of the content."""

    @property
    def size(self) -> int:
        """Size of the content in bytes."""


class ReferrersError(RegexploreError):
    """Work on a referrers tag-schema index failed (Go ``remote.ReferrersError``).

    ``__cause__`` holds the error itself.

    Attributes
    ----------
    op : str
        ``"DeleteReferrersIndex"`` or ``"UpdateReferrersIndex"``.
    subject : Descriptor
        The manifest whose referrers were being kept.
    """

    DELETE = "DeleteReferrersIndex"
    UPDATE = "UpdateReferrersIndex"

    def __init__(self, op: str, subject: Subject, message: str = "", *, hint: str = "") -> None:
        super().__init__(f"{op} for {subject.digest}" + (f": {message}" if message else ""), hint=hint)
        self.op = op
        self.subject = subject

    @property
    def is_referrers_index_delete(self) -> bool:
        """Whether only the removal of the old index failed; the content itself is in place then."""
        return self.op == self.DELETE

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.__dict__.copy()))


class ReferrersCapabilityAlreadySetError(RegexploreError):
    """The referrers capability is known already and cannot be changed to the opposite."""

    default_hint = "Make a new Repository object to start with an unknown capability."


class PolicyError(RegexploreError, ValueError):
    """A policy, a waiver or a rule of an audit that is not one; says which field."""

    default_hint = "Compare it with the page on audits in the documentation."


class SnapshotError(RegexploreError):
    """A file of the tag history that cannot be read or written."""

    default_hint = "Move the file out of the folder of snapshots; the others stay usable."


class CacheError(RegexploreError):
    """A folder that cannot be used as a cache: it is not private, or holds something else."""

    default_hint = (
        "Give the cache a folder of its own that only you can write to; it is made where there is none."
    )


class CrawlError(RegexploreError):
    """A crawl that cannot begin: its folder holds another one, or what it needs cannot travel."""

    default_hint = "Give the crawl a folder of its own."


class MissingExtraError(RegexploreError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed",
            hint=f"pip install 'regexplore[{extra}]'",
        )
        self.package = package
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.package, self.extra))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown status"


def _rebuild(kind: type[RegexploreError], state: dict[str, Any]) -> RegexploreError:
    error = kind.__new__(kind, state["message"])
    error.__dict__.update(state)
    return error
