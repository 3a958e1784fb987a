"""Which request of the distribution API a wire event is, told from its method, its address and what came before."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

from regexplore.remote.trace import WireEvent

_MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)")
_BLOB = re.compile(r"/v2/(?P<name>.+)/blobs/(?P<reference>[^/]+:[^/]+)")
_UPLOADS = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/?")
_SESSION = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/[^/]+")
_TAGS = re.compile(r"/v2/(?P<name>.+)/tags/list")
_REFERRERS = re.compile(r"/v2/(?P<name>.+)/referrers/(?P<reference>[^/]+)")
_TAG_OF_DIGEST = re.compile(r"(?P<algorithm>[a-z0-9]+)-(?P<encoded>[0-9a-f]{32,128})(?P<ending>\.[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, recognised.

    Attributes
    ----------
    key : str
        Of its entry in the table of endpoints: ``end-3``, ``token`` ...
    name, reference : str
        Repository, and tag or digest, as the address says them.
    query : dict of str to str
    """

    key: str
    name: str = ""
    reference: str = ""
    query: dict[str, str] = field(default_factory=dict)

    @property
    def by_digest(self) -> bool:
        """Whether the reference is a digest."""
        return ":" in self.reference

    @property
    def subject(self) -> str:
        """The digest that a tag made of a digest stands for; "" for any other reference."""
        found = _TAG_OF_DIGEST.fullmatch(self.reference)
        return f"{found['algorithm']}:{found['encoded']}" if found else ""

    @property
    def ending(self) -> str:
        """What cosign puts behind such a tag: ``.sig``, ``.att``, ``.sbom``; "" for the referrers tag."""
        found = _TAG_OF_DIGEST.fullmatch(self.reference)
        return (found["ending"] or "") if found else ""


@dataclass(slots=True)
class Reader:
    """Recognises the requests of a trace, one after the other.

    It remembers where the registry sent its client: to a token server, to another address, to an upload session.
    """

    _realms: set[str] = field(default_factory=set)
    _redirects: set[str] = field(default_factory=set)
    _sessions: set[str] = field(default_factory=set)

    def read(self, event: WireEvent) -> Asked:
        """Recognise the next request."""
        asked = self._recognise(event)
        self._remember(event, asked)
        return asked

    def _recognise(self, event: WireEvent) -> Asked:
        parts = urlsplit(event.url)
        query = _query(parts.query)
        if _place(event.url) in self._realms or (
            "/blobs/" not in parts.path and {"service", "scope"} & {*query}
        ):
            return Asked("oauth" if event.method == "POST" else "token", query=query)
        if event.url in self._redirects:
            return Asked("redirected", query=query)
        if _place(event.url) in self._sessions:
            return Asked(_SESSION_KEYS.get(event.method, "unknown"), query=query)
        return _by_path(event.method, parts.path, query)

    def _remember(self, event: WireEvent, asked: Asked) -> None:
        told = {name.lower(): content for name, content in event.response_headers.items()}
        realm = re.search(r'realm="(https?://[^"]*)"', told.get("www-authenticate", ""))
        if event.status == 401 and realm:
            self._realms.add(_place(realm[1]))
        location = told.get("location", "")
        if not location:
            return
        target = urljoin(event.url, location)
        if event.status is not None and 300 <= event.status < 400:
            self._redirects.add(target)
        elif event.status == 202 and asked.key in _OPENING:
            self._sessions.add(_place(target))


_OPENING = frozenset({"end-4a", "end-4b", "end-5", "end-11", "end-13"})
_SESSION_KEYS = {"PATCH": "end-5", "PUT": "end-6", "GET": "end-13", "DELETE": "end-14"}


def recognise(method: str, url: str) -> Asked:
    """Recognise a request on its own.

    Examples
    --------
    >>> recognise("GET", "https://r.example/v2/demo/app/manifests/v1").key
    'end-3'
    """
    parts = urlsplit(url)
    return _by_path(method, parts.path, _query(parts.query))


def is_tag_of_digest(tag: str) -> bool:
    """Tell whether a tag is made of a digest, by the tag schema or by cosign: it is none that a person gave."""
    return _TAG_OF_DIGEST.fullmatch(tag) is not None


def _query(text: str) -> dict[str, str]:
    """Give the values of a query; those of a key that comes twice, as scopes do, with a blank between."""
    values: dict[str, str] = {}
    for key, content in parse_qsl(text, keep_blank_values=True):
        values[key] = f"{values[key]} {content}" if key in values else content
    return values


def _place(url: str) -> str:
    """Give an address without its query: sessions and token servers are known by it."""
    return url.partition("?")[0]


def _by_path(method: str, path: str, query: dict[str, str]) -> Asked:
    if path in ("/v2/", "/v2"):
        return Asked("end-1", query=query)
    if path == "/v2/_catalog":
        return Asked("catalog", query=query)
    for pattern, key in _PATHS:
        found = pattern.fullmatch(path)
        known = key(method, query) if found else ""
        if found and known:
            parts = found.groupdict()
            return Asked(known, parts["name"], parts.get("reference", ""), query)
    return Asked("unknown", query=query)


def _manifest(method: str, query: dict[str, str]) -> str:
    del query
    return {"GET": "end-3", "HEAD": "end-3", "PUT": "end-7", "DELETE": "end-9"}.get(method, "")


def _blob(method: str, query: dict[str, str]) -> str:
    del query
    return {"GET": "end-2", "HEAD": "end-2", "DELETE": "end-10"}.get(method, "")


def _uploads(method: str, query: dict[str, str]) -> str:
    if method != "POST":
        return ""
    return "end-11" if "mount" in query else "end-4b" if "digest" in query else "end-4a"


def _session(method: str, query: dict[str, str]) -> str:
    del query
    return _SESSION_KEYS.get(method, "")


def _tags(method: str, query: dict[str, str]) -> str:
    return "" if method != "GET" else "end-8b" if query else "end-8a"


def _referrers(method: str, query: dict[str, str]) -> str:
    return "" if method != "GET" else "end-12b" if "artifactType" in query else "end-12a"


_PATHS = (
    (_UPLOADS, _uploads),
    (_SESSION, _session),
    (_BLOB, _blob),
    (_MANIFEST, _manifest),
    (_TAGS, _tags),
    (_REFERRERS, _referrers),
)
