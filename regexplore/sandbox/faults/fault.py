"""A fault as data: its kind and its settings. What each kind does is in `regexplore.sandbox.faults.acts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

HOSTILE = (
    '<img src=x onerror="window.__pwn=1">',
    'a"]; click n1 href "javascript:alert(1)"',
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "${jndi:ldap://127.0.0.1/x}",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way for a request to go wrong; made by the methods below, or from data.

    Examples
    --------
    >>> Fault.status(429, retry_after=1)
    Fault(kind='status', settings={'status': 429, 'retry_after': 1, 'errors': ()})
    >>> Fault.from_data({"kind": "delay", "seconds": 0.5}) == Fault.delay(0.5)
    True
    """

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read a fault from an object such as JSON holds: its ``kind``, and its settings beside it.

        Raises
        ------
        ValueError
            There is no such kind, or its settings do not fit.
        """
        settings = {key: value for key, value in data.items() if key != "kind"}
        make = getattr(cls, str(data.get("kind")), None)
        if str(data.get("kind")) not in KINDS or make is None:
            raise ValueError(f"no fault of kind {data.get('kind')!r}; there are {', '.join(KINDS)}")
        try:
            fault: Self = make(**settings)
        except TypeError as error:
            raise ValueError(f"fault {data['kind']}: {error}") from None
        return fault

    # ---- slow ------------------------------------------------------------------------------------

    @classmethod
    def delay(cls, seconds: float) -> Self:
        """Answer so many seconds later."""
        return cls("delay", {"seconds": seconds})

    @classmethod
    def drip(cls, seconds: float = 0.05, size: int = 1) -> Self:
        """Send the body in pieces of ``size`` bytes, one every so many seconds."""
        return cls("drip", {"seconds": seconds, "size": size})

    # ---- broken off ------------------------------------------------------------------------------

    @classmethod
    def cut(cls, after: int = 10) -> Self:
        """Close the connection after so many bytes of the body."""
        return cls("cut", {"after": after})

    @classmethod
    def reset(cls) -> Self:
        """Reset the connection before anything is answered."""
        return cls("reset")

    # ---- another answer --------------------------------------------------------------------------

    @classmethod
    def status(cls, status: int, *, retry_after: int | str | None = None, errors: Sequence[str] = ()) -> Self:
        """Answer with a status, and with error codes of the distribution API."""
        return cls("status", {"status": status, "retry_after": retry_after, "errors": tuple(errors)})

    @classmethod
    def redirect(cls, url: str, status: int = 307) -> Self:
        """Send the client somewhere else."""
        return cls("redirect", {"url": url, "status": status})

    @classmethod
    def html(cls) -> Self:
        """Answer with a sign-in page and status 200."""
        return cls("html")

    @classmethod
    def endless_body(cls) -> Self:
        """Answer with a body that does not end."""
        return cls("endless_body")

    @classmethod
    def looping_pages(cls) -> Self:
        """Link every page of a listing to itself."""
        return cls("looping_pages")

    @classmethod
    def endless_pages(cls) -> Self:
        """Link every page of a listing to a fresh one."""
        return cls("endless_pages")

    @classmethod
    def moving_tag(cls, to: str) -> Self:
        """Answer a request for a tag as if it were ``to``: another tag or a digest."""
        return cls("moving_tag", {"to": to})

    # ---- wrong content ---------------------------------------------------------------------------

    @classmethod
    def wrong_bytes(cls) -> Self:
        """Change one byte of the body; length and headers stay."""
        return cls("wrong_bytes")

    @classmethod
    def wrong_range(cls, by: int = 1) -> Self:
        """Say of a range that it begins and ends so many bytes later than it does."""
        return cls("wrong_range", {"by": by})

    @classmethod
    def ignored_range(cls) -> Self:
        """Answer a request for a range with everything."""
        return cls("ignored_range")

    @classmethod
    def wrong_length(cls, by: int = 1) -> Self:
        """Announce a length that is wrong by so much."""
        return cls("wrong_length", {"by": by})

    @classmethod
    def wrong_digest(cls) -> Self:
        """Name another digest in ``Docker-Content-Digest``."""
        return cls("wrong_digest")

    @classmethod
    def wrong_media_type(cls, media_type: str = "text/html") -> Self:
        """Announce another content type."""
        return cls("wrong_media_type", {"media_type": media_type})

    @classmethod
    def truncated_json(cls) -> Self:
        """Send the first half of the body as if it were all."""
        return cls("truncated_json")

    @classmethod
    def hostile_strings(cls) -> Self:
        """Put hostile text into lists of tags and repositories, and into errors."""
        return cls("hostile_strings")

    # ---- headers ---------------------------------------------------------------------------------

    @classmethod
    def warning(cls, text: str) -> Self:
        """Add a ``Warning`` header."""
        return cls("warning", {"text": text})

    @classmethod
    def header(cls, name: str, value: str) -> Self:
        """Set a header."""
        return cls("header", {"name": name, "value": value})

    @classmethod
    def missing_header(cls, name: str) -> Self:
        """Leave a header out."""
        return cls("missing_header", {"name": name})


KINDS = (
    "cut",
    "delay",
    "drip",
    "endless_body",
    "endless_pages",
    "header",
    "hostile_strings",
    "html",
    "ignored_range",
    "looping_pages",
    "missing_header",
    "moving_tag",
    "redirect",
    "reset",
    "status",
    "truncated_json",
    "warning",
    "wrong_bytes",
    "wrong_digest",
    "wrong_length",
    "wrong_media_type",
    "wrong_range",
)
