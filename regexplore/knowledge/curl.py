"""Wire events as curl commands that ask the same, with a variable wherever something secret stood.

A word of a command is made of pieces, text and variables, and only here a variable becomes one for the shell: an
address that a registry made up with ``${REGISTRY_TOKEN}`` in it stays text.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regexplore.remote.redact import HIDDEN
from regexplore.remote.trace import WireEvent
from regexplore.show.escape import terminal
from regexplore.show.text import count

# What asks for something; the rest is the client's own, or made by curl.
_SENT = frozenset(
    {"accept", "content-range", "content-type", "if-match", "if-none-match", "if-range", "range"}
)


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that was not recorded: its name in the shell, and what has to be put there."""

    name: str
    meaning: str


TOKEN = Variable("REGISTRY_TOKEN", "a token, as the token server gives it")
USER = Variable("REGISTRY_USER", "a user name")
PASSWORD = Variable("REGISTRY_PASSWORD", "a password or access token")

Word = tuple[str | Variable, ...]


def curl(event: WireEvent) -> str:
    """Give the command that asks the same as a wire event.

    Secrets were never recorded: the command has shell variables in their places, and bodies are files named by
    variables.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> asked = {"Authorization": "Bearer ***"}
    >>> print(curl(WireEvent(1, datetime.now(UTC), "GET", "https://r.example/v2/", request_headers=asked)))
    curl --globoff --include --header 'Authorization: Bearer '"${REGISTRY_TOKEN}" https://r.example/v2/
    """
    return " ".join(map(_quoted, _words(event)))


def curl_script(events: Iterable[WireEvent]) -> str:
    """Give the commands of a trace, one below the other, after what has to be set before."""
    commands = [_words(event) for event in events]
    needed = {
        piece: None for words in commands for word in words for piece in word if not isinstance(piece, str)
    }
    lines = [f"# set before: {variable.name}, {variable.meaning}" for variable in needed]
    lines += [" ".join(map(_quoted, words)) for words in commands]
    return "".join(f"{line}\n" for line in lines)


def _words(event: WireEvent) -> list[Word]:
    words: list[Word] = [("curl",), ("--globoff",)]
    words += [("--head",)] if event.method == "HEAD" else [("--include",)]
    if event.method not in ("GET", "HEAD"):
        words += [("--request",), (event.method,)]
    for name, content in event.request_headers.items():
        words += _header(name, content)
    return [*words, *_body(event), tuple(_url(event.url))]


def _header(name: str, content: str) -> list[Word]:
    if name.lower() == "authorization":
        if content.lower().startswith("basic"):
            return [("--user",), (USER, ":", PASSWORD)]
        return [("--header",), ("Authorization: Bearer ", TOKEN)]
    return [("--header",), (f"{name}: {content}",)] if name.lower() in _SENT else []


def _body(event: WireEvent) -> list[Word]:
    if event.sent == 0:
        return [("--data-binary",), ("",)] if event.method in ("POST", "PUT", "PATCH") else []
    size = "" if event.sent is None else f", {count(event.sent, 'byte')}"
    return [("--data-binary",), ("@", Variable(f"BODY_{event.n}", f"a file with what was sent{size}"))]


def _url(url: str) -> Iterator[str | Variable]:
    """Give an address with a variable for each hidden value of its query, named after its key."""
    address, mark, query = url.partition("?")
    yield address + mark
    for n, pair in enumerate(query.split("&")):
        key, equals, content = pair.partition("=")
        yield ("&" if n else "") + key + equals
        yield _hidden(key) if content == HIDDEN else content


def _hidden(key: str) -> Variable:
    name = re.sub(r"[^A-Z0-9]", "_", key.upper())[:40]
    return Variable(f"QUERY_{name}", "a value of the address that was hidden")


def _quoted(word: Word) -> str:
    """Quote a word for the shell."""
    text = ""
    quoted = ""
    for piece in word:
        if isinstance(piece, str):
            text += piece
            continue
        quoted += (shlex.quote(terminal(text)) if text else "") + f'"${{{piece.name}}}"'
        text = ""
    return quoted + (shlex.quote(terminal(text)) if text or not quoted else "")
