"""Explanations of errors, and guidance: what was asked, what came back, what may have gone wrong, what to try.

Guidance counts on what is known: the error itself and, when a repository is given, the tags it has listed. Only
when it is told to, it asks the registry for its tags.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator
from urllib.parse import urlsplit

from regexplore.errors import RegexploreError, ResponseError
from regexplore.frames.order import version_key
from regexplore.knowledge.entries import ENDPOINT, ERROR_CODE, HEADER, STATUS, Entry, citation, entries, find
from regexplore.knowledge.requests import Asked, is_tag_of_digest, recognise
from regexplore.objects.collection import Collection
from regexplore.objects.explanation import Explanation, meaning_section
from regexplore.remote import redact
from regexplore.show.card import Section
from regexplore.show.value import Value

MOST_TAGS = 12


def error(what: RegexploreError, repository: Collection | None = None, *, ask: bool = False) -> Explanation:
    """Explain an error, and guide."""
    if isinstance(what, ResponseError):
        return _response(what, repository, ask=ask)
    kinds = [
        kind for kind in type(what).__mro__[1:-1] if issubclass(kind, Exception) and kind is not Exception
    ]
    cause = what.__cause__
    return Explanation(
        "error",
        type(what).__name__,
        _first_line(type(what)),
        guide=(what.hint,) if what.hint else (),
        facts=(
            ("it says", str(what)),
            ("is a kind of", ", ".join(kind.__name__ for kind in kinds if kind is not RegexploreError)),
            ("because of", f"{type(cause).__name__}: {cause}" if cause else None),
        ),
    )


def _response(what: ResponseError, repository: Collection | None, *, ask: bool) -> Explanation:
    asked = recognise(what.method, what.url)
    endpoint = entries(ENDPOINT)[asked.key]
    status = find(STATUS, str(what.status))
    codes = [find(ERROR_CODE, one.code) for one in what.errors]
    known = [entry for entry in codes if entry is not None]
    main = known[0] if known else status
    tags, whence = _tags(asked, repository, ask=ask)
    return Explanation(
        "error",
        " ".join([type(what).__name__, *(one.code for one in what.errors[:3])]),
        main.words if main else _first_line(type(what)),
        main.citation if main else citation("distribution: Error Codes"),
        guide=tuple(_guide(what, asked, known or ([status] if status else []), tags, whence)),
        facts=(
            ("asked", Value(f"{what.method} {what.url}", look="code")),
            ("which means", endpoint.words if asked.key != "unknown" else None),
            ("status", f"{what.status}: {status.words}" if status else str(what.status)),
            ("tries", what.attempts if what.attempts > 1 else None),
        ),
        sections=tuple(_sections(what, codes)),
    )


def _sections(what: ResponseError, codes: list[Entry | None]) -> Iterator[Section]:
    if what.errors:
        pairs = zip(what.errors, codes, strict=True)
        yield meaning_section(
            "The registry's own words", ((one.code, one.message, entry) for one, entry in pairs)
        )
    if what.headers:
        told = redact.headers(what.headers)
        yield meaning_section(
            "Headers of the answer", ((name, text, find(HEADER, name)) for name, text in told.items())
        )


def _guide(
    what: ResponseError, asked: Asked, told: list[Entry], tags: list[str], whence: str
) -> Iterator[str]:
    if asked.key == "end-3" and what.status == 404 and not asked.by_digest:
        if tags:
            yield f"The tag {asked.reference} may have moved; these tags exist ({whence}): {', '.join(tags)}."
        else:
            call = "rx.explain(error, repository, ask=True)"
            yield f"The tag {asked.reference} may have moved; {call} lists those that exist."
    yield from dict.fromkeys(words for entry in told for words in entry.guide)
    host = urlsplit(what.url).netloc
    if what.status == 401 and host:
        yield f"In a shell: regexplore login {host}"
    yield what.hint


def _tags(asked: Asked, repository: Collection | None, *, ask: bool) -> tuple[list[str], str]:
    """Give tags near the one that was asked for, and how it is known that they exist."""
    if repository is None or not asked.reference or asked.by_digest:
        return [], ""
    if ask:
        repository.tags(progress=None)
    listed = [tag for tag in repository._source.tags_seen() if not is_tag_of_digest(tag)]
    seen = sorted(listed, key=version_key, reverse=True)
    near = difflib.get_close_matches(asked.reference, seen, n=MOST_TAGS, cutoff=0.5)
    shown = [*near, *(tag for tag in seen if tag not in near)][:MOST_TAGS]
    left = len(seen) - len(shown)
    whence = "listed now" if ask else "as listed before"
    return shown, f"{whence}, {left:,} more left out" if left else whence


def _first_line(kind: type[BaseException]) -> str:
    return (inspect.getdoc(kind) or kind.__name__).splitlines()[0]
