"""The requests of a trace in words: what was asked, what the answer says, and where that is written down.

Only what went over the wire is told. What the client does with an answer is told as what it does, not as what it
found: a trace does not know whether bytes had their digest, only that the client holds them against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from regexplore.knowledge.entries import ENDPOINT, STATUS, Citation, Entry, citation, entries, find
from regexplore.knowledge.requests import Asked, Reader
from regexplore.oci import media_types
from regexplore.remote.trace import WireEvent
from regexplore.show import text as words


@dataclass(frozen=True, slots=True)
class Step:
    """One request and its answer, in words.

    Attributes
    ----------
    event : WireEvent
    endpoint : Entry
        Of the distribution API.
    title : str
        What was asked, in a few words: ``GET manifest by tag v1``.
    asked : str
        What the request does.
    told : str
        What the answer says.
    citation : Citation
    """

    event: WireEvent
    endpoint: Entry
    title: str
    asked: str
    told: str
    citation: Citation


def steps(events: Iterable[WireEvent]) -> tuple[Step, ...]:
    """Give the steps of a trace, in the order of its events."""
    reader = Reader()
    return tuple(_step(event, reader.read(event)) for event in events)


def _step(event: WireEvent, asked: Asked) -> Step:
    entry = entries(ENDPOINT)[asked.key]
    section = entry.citation
    if asked.subject and asked.key in ("end-3", "end-7", "end-9"):
        section = citation(
            "cosign: Tag-based Discovery" if asked.ending else "distribution: Referrers Tag Schema"
        )
    elif asked.key == "end-3" and event.method == "HEAD":
        section = citation("distribution: Checking if content exists in the registry")
    elif asked.key == "end-9" and not asked.by_digest:
        section = citation("distribution: Deleting tags")
    said = _Exchange(event, asked)
    title = f"{event.method} {entry.title}{said.object()}"
    return Step(event, entry, title, " ".join(said.request(entry)), " ".join(said.answer()), section)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """An event and what it is, with the sentences that are made of them."""

    event: WireEvent
    asked: Asked

    def object(self) -> str:
        """What the request is about."""
        asked = self.asked
        if asked.key not in ("end-2", "end-3", "end-7", "end-9", "end-10", "end-12a", "end-12b"):
            return f" of {asked.name}" if asked.key in ("end-8a", "end-8b") else ""
        if asked.key in ("end-12a", "end-12b"):
            return f" of {words.short_digest(asked.reference)}"
        if asked.subject:
            kind = f"cosign tag ({asked.ending})" if asked.ending else "referrers tag"
            return f" by the {kind} of {words.short_digest(asked.subject)}"
        if asked.by_digest:
            return f" by digest {words.short_digest(asked.reference)}"
        return f" by tag {asked.reference}"

    def request(self, entry: Entry) -> Iterator[str]:
        """What the request does."""
        sent = _lower(self.event.request_headers)
        yield entry.words
        if self.event.method == "HEAD":
            yield "HEAD: only the headers, no bytes."
        if "range" in sent:
            yield f"Only a part of it: {sent['range']}."
        if "if-none-match" in sent:
            yield "Only if it is no longer what the client has."
        if self.asked.key in ("end-5", "end-6") and self.event.sent:
            yield f"{words.exact_bytes(self.event.sent)} are sent."
        if self.asked.key == "end-11" and "from" in self.asked.query:
            yield f"The blob is in {self.asked.query['from']}."
        if "scope" in self.asked.query:
            yield f"Asked for: {self.asked.query['scope']}."
        yield from _proof(sent.get("authorization", ""))
        if self.event.attempt > 1:
            yield f"This is try {self.event.attempt}."

    def answer(self) -> Iterator[str]:
        """What came back, and what the client does with it."""
        status = self.event.status
        if status is None:
            yield f"No answer: {self.event.note or 'the connection broke'}."
            return
        told = _lower(self.event.response_headers)
        special = _SUCCESS.get(self.asked.key) if status < 300 else None
        if special is not None:
            yield from special(self, told)
        elif status == 401:
            yield from _challenged(told)
        elif status == 404:
            yield self._missing()
        elif status == 429:
            yield from _limited(told)
        elif 300 <= status < 400 and "location" in told:
            yield f"It is elsewhere: the client goes on to {told['location']}."
        else:
            entry = find(STATUS, str(status))
            yield entry.words if entry else f"Status {status}."
        if self.event.note and not self.event.note.startswith("redirect to"):
            yield f"({self.event.note})"

    def _missing(self) -> str:
        if self.asked.key in ("end-12a", "end-12b"):
            return "The registry has no referrers API: the client looks for the referrers tag."
        if self.asked.subject:
            return "There is no such tag: in this channel nothing refers to the manifest."
        if self.asked.key == "end-2" and self.event.method == "HEAD":
            return "The blob is not there: to push it, its bytes have to be sent."
        return "Not there, or not to be seen with these credentials."

    def manifest(self, told: Mapping[str, str]) -> Iterator[str]:
        """A manifest that arrived, or its headers."""
        digest = told.get("docker-content-digest", "")
        if self.event.method == "HEAD":
            yield f"It is there, as {words.short_digest(digest)}." if digest else "It is there."
            if digest and not self.asked.by_digest:
                yield "A HEAD has no bytes, so that digest is taken on trust."
        elif self.asked.by_digest:
            yield "The client holds the bytes against the digest it asked for, and refuses others."
        elif digest:
            named = words.short_digest(digest)
            yield f"Docker-Content-Digest names {named}; the client holds the bytes against it, and refuses others."
        else:
            yield "No Docker-Content-Digest: the client computes the digest from the bytes."
        if "content-type" in told:
            yield f"It is {told['content-type']}."

    def blob(self, told: Mapping[str, str]) -> Iterator[str]:
        """A blob that arrived, whole or in part, or its headers."""
        if self.event.method == "HEAD":
            length = told.get("content-length", "")
            yield f"It is there, {length} bytes." if length else "It is there."
        elif self.event.status == 206:
            yield f"The part arrives: {told.get('content-range', 'as asked for')}."
            yield "A part cannot be held against the digest of the whole."
        else:
            yield "The client hashes the bytes as they arrive, and refuses them when they end with another digest."
            if "range" in _lower(self.event.request_headers):
                yield "The whole came, though a part was asked for: this registry does not serve ranges here."

    def pinged(self, told: Mapping[str, str]) -> Iterator[str]:
        """The registry said yes."""
        del told
        yield "It is a registry" + (
            ", and took the proof."
            if "authorization" in _lower(self.event.request_headers)
            else ", and lets anybody in."
        )

    def page(self, told: Mapping[str, str]) -> Iterator[str]:
        """A page of a list."""
        if self.asked.key in ("end-12a", "end-12b") and told.get("content-type") != media_types.OCI_INDEX:
            yield f"It is {told.get('content-type', 'of no named type')}, not an index: this is no referrers API."
            return
        if self.asked.key == "end-12b" and "artifacttype" not in told.get("oci-filters-applied", "").lower():
            yield "No OCI-Filters-Applied: the registry did not filter, the client does."
        if "link" in told:
            yield f"More is to come: Link leads on, {told['link']}."
        else:
            yield "No Link: this is the last page."

    def session(self, told: Mapping[str, str]) -> Iterator[str]:
        """An upload session."""
        if self.asked.key == "end-11":
            yield "Not mounted: the registry opened an upload session instead, and the bytes have to be sent."
        elif self.asked.key == "end-5":
            yield f"Arrived so far: {told.get('range', 'not said')}."
        else:
            yield f"A session is open: the bytes go to {told.get('location', 'a place that was not named')}."

    def stored(self, told: Mapping[str, str]) -> Iterator[str]:
        """A blob that is in the repository now."""
        if self.event.status == 202:
            yield from self.session(told)
        elif self.asked.key == "end-11":
            yield "Mounted: the blob is known here, no byte was sent."
        else:
            yield "Stored: the registry says that the bytes have the digest."

    def pushed(self, told: Mapping[str, str]) -> Iterator[str]:
        """A manifest that is in the repository now."""
        digest = told.get("docker-content-digest", "")
        yield f"Stored as {words.short_digest(digest)}." if digest else "Stored."
        if "oci-subject" in told:
            yield f"OCI-Subject: the registry will list it as a referrer of {words.short_digest(told['oci-subject'])}."

    def deleted(self, told: Mapping[str, str]) -> Iterator[str]:
        """Something that is gone."""
        del told
        yield "Deleted. What nothing points at any more is removed when the registry collects garbage."

    def granted(self, told: Mapping[str, str]) -> Iterator[str]:
        """A token."""
        del told
        yield "A token came; it is not recorded. The client keeps it in memory, for this registry and scope alone."

    def elsewhere(self, told: Mapping[str, str]) -> Iterator[str]:
        """What a redirect led to."""
        yield from self.blob(told)


_SUCCESS: Mapping[str, Callable[[_Exchange, Mapping[str, str]], Iterator[str]]] = {
    "end-1": _Exchange.pinged,
    "end-2": _Exchange.blob,
    "end-3": _Exchange.manifest,
    "end-4a": _Exchange.session,
    "end-4b": _Exchange.stored,
    "end-5": _Exchange.session,
    "end-6": _Exchange.stored,
    "end-7": _Exchange.pushed,
    "end-8a": _Exchange.page,
    "end-8b": _Exchange.page,
    "end-9": _Exchange.deleted,
    "end-10": _Exchange.deleted,
    "end-11": _Exchange.stored,
    "end-12a": _Exchange.page,
    "end-12b": _Exchange.page,
    "catalog": _Exchange.page,
    "token": _Exchange.granted,
    "oauth": _Exchange.granted,
    "redirected": _Exchange.elsewhere,
}


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): content for name, content in headers.items()}


def _proof(authorization: str) -> Iterator[str]:
    scheme = authorization.partition(" ")[0].lower()
    if scheme == "bearer":
        yield "A token goes along."
    elif scheme == "basic":
        yield "User name and password go along."
    elif authorization:
        yield "A proof of who is asking goes along."


def _challenged(told: Mapping[str, str]) -> Iterator[str]:
    challenge = told.get("www-authenticate", "")
    if challenge:
        yield f"The registry wants to know who is asking: {challenge}."
    else:
        yield "The registry wants to know who is asking, and does not say how."


def _limited(told: Mapping[str, str]) -> Iterator[str]:
    wait = told.get("retry-after", "")
    yield "Too many requests" + (f": wait, Retry-After {wait}." if wait else ".")
