"""The switches of the embedded registry: what a profile can say about a kind of registry.

The defaults are the distribution-spec 1.1 with the additions of its next version, nothing odd.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

MANIFEST_LIMIT = 4 << 20


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is cut into pages.

    Attributes
    ----------
    honoured : bool
        False: ``n`` and ``last`` mean nothing, the answer is always everything.
    default, maximum : int or None
        Page size when none is asked for, and the largest one given.
    over_maximum : int or None
        Status that answers a larger `n`; None cuts it silently.
    bad_number : int or None
        Status that answers an `n` that is no number; None ignores it.
    order : str
        "ascii" (byte order), "pushed" (oldest first) or "none" (an order that means nothing).
    cursor : str
        "name" (the last tag), "opaque" (a token of the server; another one is refused with 405) or
        "position" (a number that counts the tags so far).
    link : str
        "relative", "absolute", or "inner path" (a path prefix that only the server itself knows).
    """

    honoured: bool = True
    default: int | None = None
    maximum: int | None = 10_000
    over_maximum: int | None = None
    bad_number: int | None = 400
    order: Literal["ascii", "pushed", "none"] = "ascii"
    cursor: Literal["name", "opaque", "position"] = "name"
    link: Literal["relative", "absolute", "inner path"] = "relative"


@dataclass(frozen=True, slots=True)
class Tokens:
    """How tokens are given out.

    Attributes
    ----------
    path : str
        Where the token server answers.
    fields : tuple of str
        Members of the answer that hold the token.
    expires_in : int or None
        Life of a token in seconds; None leaves it out of the answer (clients then assume 60).
    post : int
        Status of a POST that is otherwise right; anything but 200 means that only GET works.
    ping_scope : str or None
        A scope of no use in the challenge of ``/v2/``.
    challenge_everywhere : bool
        False: only ``/v2/`` says where tokens are; other requests get 401 without a challenge.
    delete_action : str
        The action that allows deletion.
    """

    path: str = "/token"
    fields: tuple[str, ...] = ("token", "access_token")
    expires_in: int | None = 300
    post: int = 200
    ping_scope: str | None = None
    challenge_everywhere: bool = True
    delete_action: str = "delete"


@dataclass(frozen=True, slots=True)
class Referrers:
    """How referrers are listed.

    Attributes
    ----------
    api : str
        "on", "absent" (404 as plain text), "sign-in page" (a page of HTML with status 200) or
        "redirect" (303 to a page of HTML).
    subject_header : bool
        Whether a push with a subject is answered with ``OCI-Subject``. True without the API is a lie that
        some registries have told.
    filtered : bool
        Whether ``artifactType`` is honoured and ``OCI-Filters-Applied`` sent.
    page : int
        Entries a page.
    unknown_subject : int
        Status for a subject that is not there; the specification wants 200.
    """

    api: Literal["on", "absent", "sign-in page", "redirect"] = "on"
    subject_header: bool = True
    filtered: bool = True
    page: int = 1000
    unknown_subject: int = 200


@dataclass(frozen=True, slots=True)
class Uploads:
    """How blobs are taken in.

    Attributes
    ----------
    location : str
        "relative" or "absolute".
    state : bool
        The upload location carries a query without which it is refused.
    patch_status : int
        Status of an accepted chunk; the specification wants 202.
    patch_limit : int or None
        Chunks larger than this are answered with 416.
    mount_anonymous : bool
        Whether a mount without ``from`` looks through all repositories.
    """

    location: Literal["relative", "absolute"] = "relative"
    state: bool = False
    patch_status: int = 202
    patch_limit: int | None = None
    mount_anonymous: bool = True


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A budget of manifest GETs in a window of seconds, told in headers as Docker Hub does."""

    requests: int
    window: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of registry.

    Attributes
    ----------
    name, summary, sources
        What it is called, what is odd about it, and where that is known from.
    tags, catalog : Paging
        How tags and repositories are listed.
    catalog_api : bool
        Whether ``/v2/_catalog`` is there.
    tags_type, tags_empty_null
        Content-Type of the tag list; whether an empty list is ``null``.
    child_maps : bool
        The tag list also holds ``child`` and ``manifest``, as Google's does.
    digest_header : bool
        Whether ``Docker-Content-Digest`` is sent.
    accept_needed : bool
        A manifest whose type is not in ``Accept`` is not found.
    blob_redirect : int or None
        Status of a redirect of blobs to another origin, which refuses requests with ``Authorization``.
    missing_repository, missing_manifest : int
        Status for what is not there, or not for this client to know.
    missing_manifest_code : str
        Error code that goes with it.
    plain_not_found : bool
        Paths and names outside the grammar get 404 with a line of text, as from a bare HTTP router.
    ping_body : bytes
        Body of ``/v2/``.
    manifest_limit, manifest_limit_status : int
        Size of the largest manifest, and the status that answers a larger one.
    sparse : bool
        Whether manifests may name blobs and children that are missing.
    tag_parameters : bool
        Whether ``PUT manifests/<digest>?tag=`` sets tags.
    delete_tags, delete_manifests, delete_blobs : int
        202 where allowed, else the status of the refusal.
    digest_tags : bool
        A tag ``sha256-<hex>`` is resolved as that digest.
    repository_needed : bool
        Pushing does not create a repository.
    subject_refused : bool
        Manifests with both ``artifactType`` and ``subject`` are refused with 405.
    rate_limit : RateLimit or None
        Budget of manifest reads.

    Examples
    --------
    >>> from regexplore.sandbox import profiles
    >>> profiles.find("ghcr").summary
    'Tags oldest first, chunks over 4 MiB refused, referrers redirect to a web page, no deletion.'
    """

    name: str
    summary: str
    sources: tuple[str, ...]
    tags: Paging = field(default_factory=Paging)
    catalog: Paging = field(default_factory=Paging)
    referrers: Referrers = field(default_factory=Referrers)
    uploads: Uploads = field(default_factory=Uploads)
    tokens: Tokens = field(default_factory=Tokens)
    catalog_api: bool = True
    tags_type: str = "application/json"
    tags_empty_null: bool = False
    child_maps: bool = False
    digest_header: bool = True
    accept_needed: bool = False
    blob_redirect: int | None = None
    missing_repository: int = 404
    missing_manifest: int = 404
    missing_manifest_code: str = "MANIFEST_UNKNOWN"
    plain_not_found: bool = False
    ping_body: bytes = b"{}"
    manifest_limit: int = MANIFEST_LIMIT
    manifest_limit_status: int = 413
    sparse: bool = False
    tag_parameters: bool = True
    delete_tags: int = 202
    delete_manifests: int = 202
    delete_blobs: int = 202
    digest_tags: bool = False
    repository_needed: bool = False
    subject_refused: bool = False
    rate_limit: RateLimit | None = None
