"""Which endpoint a request is for, with its number in the distribution-spec.

A repository's name may hold any component, so a path is read from its end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from regexplore.sandbox.app import blobs, lists, manifests, referrers, uploads
from regexplore.sandbox.app.call import Answer, Call
from regexplore.sandbox.app.context import Context

Endpoint = Callable[[Context, Call], Awaitable[Answer]]


async def ping(context: Context, _call: Call) -> Answer:
    """Answer GET of ``/v2/`` (end-1)."""
    return Answer(200, [(b"content-type", b"application/json")], context.profile.ping_body)


@dataclass(frozen=True, slots=True)
class Route:
    """The endpoints of one shape of path, by method.

    Attributes
    ----------
    kind : str
        "ping", "catalog", "tags", "manifests", "blobs", "uploads", "upload" or "referrers".
    repository, reference : str
        What the path names; empty where it names none.
    """

    kind: str
    repository: str = ""
    reference: str = ""

    def endpoint(self, method: str) -> Endpoint | None:
        """Return what answers a method; None if nothing does."""
        return ENDPOINTS[self.kind].get(method)

    @property
    def allowed(self) -> str:
        """Methods that are answered, for ``Allow``."""
        return ", ".join(ENDPOINTS[self.kind])


ENDPOINTS: dict[str, dict[str, Endpoint]] = {
    "ping": {"GET": ping, "HEAD": ping},
    "catalog": {"GET": lists.list_repositories, "HEAD": lists.list_repositories},
    "tags": {"GET": lists.list_tags, "HEAD": lists.list_tags},
    "manifests": {
        "GET": manifests.get_manifest,
        "HEAD": manifests.get_manifest,
        "PUT": manifests.put_manifest,
        "DELETE": manifests.delete_manifest,
    },
    "blobs": {"GET": blobs.get_blob, "HEAD": blobs.get_blob, "DELETE": blobs.delete_blob},
    "uploads": {"POST": uploads.start},
    "upload": {
        "GET": uploads.status,
        "PATCH": uploads.chunk,
        "PUT": uploads.finish,
        "DELETE": uploads.cancel,
    },
    "referrers": {"GET": referrers.list_referrers, "HEAD": referrers.list_referrers},
}

_SPEC = {
    ("ping", "GET"): "end-1",
    ("blobs", "GET"): "end-2",
    ("blobs", "HEAD"): "end-2",
    ("manifests", "GET"): "end-3",
    ("manifests", "HEAD"): "end-3",
    ("uploads", "POST"): "end-4a",
    ("upload", "PATCH"): "end-5",
    ("upload", "PUT"): "end-6",
    ("manifests", "PUT"): "end-7a",
    ("tags", "GET"): "end-8a",
    ("manifests", "DELETE"): "end-9",
    ("blobs", "DELETE"): "end-10",
    ("referrers", "GET"): "end-12a",
    ("upload", "GET"): "end-13",
    ("upload", "DELETE"): "end-14",
}


def route(path: str) -> Route | None:
    """Return the route of a path, or None if no endpoint has this shape.

    Examples
    --------
    >>> route("/v2/demo/app/manifests/v1")
    Route(kind='manifests', repository='demo/app', reference='v1')
    """
    if path in ("/v2/", "/v2"):
        return Route("ping")
    if path == "/v2/_catalog":
        return Route("catalog")
    if not path.startswith("/v2/"):
        return None
    head, _, last = path[4:].rpartition("/")
    repository, _, collection = head.rpartition("/")
    if not repository:
        return None
    if collection in ("manifests", "referrers"):
        return Route(collection, repository, last)
    if collection == "blobs":
        return Route("uploads", repository) if last == "uploads" else Route("blobs", repository, last)
    if collection == "tags" and last == "list":
        return Route("tags", repository)
    if collection == "uploads" and repository.endswith("/blobs"):
        repository = repository.removesuffix("/blobs")
        return Route("upload", repository, last) if last else Route("uploads", repository)
    return None


def spec_number(method: str, path: str, query: str) -> str:
    """Return the number of an endpoint in the distribution-spec, or "" for what is not in it.

    Examples
    --------
    >>> spec_number("GET", "/v2/demo/app/tags/list", "n=5")
    'end-8b'
    """
    found = route(path)
    if found is None:
        return ""
    number = _SPEC.get((found.kind, method), "")
    names = {part.partition("=")[0] for part in query.split("&")} if query else set()
    refined = {
        "end-4a": next(
            (
                end
                for name, end in (("mount", "end-11"), ("digest", "end-4b"), ("digest-algorithm", "end-4c"))
                if name in names
            ),
            number,
        ),
        "end-7a": "end-7b" if "tag" in names else number,
        "end-8a": "end-8b" if names & {"n", "last"} else number,
        "end-12a": "end-12b" if "artifactType" in names else number,
    }
    return refined.get(number, number)
