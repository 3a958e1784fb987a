"""Reads HTML as a browser would and tells everything in it that a repr of ours may not contain."""

from __future__ import annotations

import re
from html.parser import HTMLParser

ELEMENTS = {
    "a", "b", "code", "details", "div", "p", "pre", "small", "span", "style", "summary", "table", "tbody", "td",
    "th", "thead", "tr",
}  # fmt: skip
ATTRIBUTES = {"class", "title", "style", "open", "scope", "href", "rel"}

# Colours, sizes and alignments: words and numbers, so no address and no function.
STYLE = re.compile(r"[a-z-]+: ?[a-z0-9#.% ]+(?:;[a-z-]+: ?[a-z0-9#.% ]+)*;?")

# Text that breaks out of quotes, tags, comments, style sheets, entities, terminals and tables.
PAYLOADS = [
    "<script>window.__pwn=1</script>",
    "<img src=x onerror=window.__pwn=1>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</details></div></table><iframe src=javascript:alert(1)>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<!-- --><b>bold</b>",
    "&lt;script&gt;&#60;img&#62;",
    "]]><![CDATA[<x>",
    "\x00<\x00script>",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07\x1b[2J",
    "v1\u202etxt.exe\u2066\u200b\ufeff",
    "line\r\noverwritten\u2028\u2029",
    "\ud800 lone",
    "=cmd|'/C calc'!A0",
    "x" * 5000,
    "{{constructor.constructor('alert(1)')()}} ${7*7} `x`",
]


# What pandas makes of a frame, and what a page of its own has besides.
TABLE_ELEMENTS = {"div", "style", "table", "tbody", "td", "th", "thead", "tr", "p"}
TABLE_ATTRIBUTES = {"class", "style", "border", "scoped"}
PAGE_ELEMENTS = {"html", "head", "meta", "title", "body", "h1", "h2", "h3"}
PAGE_ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "media"}


class _Reader(HTMLParser):
    def __init__(self, elements: set[str] = ELEMENTS, attributes: set[str] = ATTRIBUTES) -> None:
        super().__init__(convert_charrefs=True)
        self.elements = {name.lower() for name in elements}
        self.attributes = {name.lower() for name in attributes}
        self.problems: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        if tag not in self.elements:
            self.problems.append(f"element {tag}")
        for name, content in attrs:
            if name not in self.attributes:
                self.problems.append(f"attribute {name} of {tag}")
            if name == "href" and not (content or "").startswith(("http://", "https://")):
                self.problems.append(f"address {content}")
            if name == "style" and not STYLE.fullmatch(content or ""):
                self.problems.append(f"style {content}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"stray end of {tag}")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.problems.append(f"declaration {decl}")

    def unknown_decl(self, data: str) -> None:
        self.problems.append(f"declaration {data}")

    def handle_pi(self, data: str) -> None:
        self.problems.append(f"instruction {data}")


def problems(page: str, elements: set[str] = ELEMENTS, attributes: set[str] = ATTRIBUTES) -> list[str]:
    """Everything in ``page`` that is not of our own template; empty for safe HTML."""
    reader = _Reader(elements, attributes)
    reader.feed(page)
    reader.close()
    unclosed = [f"{tag} is never closed" for tag in reader.open]
    return reader.problems + unclosed


def text_of(page: str) -> str:
    """What a reader sees when all tags and styles are stripped."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return "".join(reader.text)


def unseen(text: str) -> list[str]:
    """Control, bidirectional and invisible characters that a terminal would obey; line feeds are ours."""
    hidden = {
        *range(32),
        *range(127, 160),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    }
    return [
        repr(char)
        for char in text
        if (ord(char) in hidden and char not in "\n\t") or 0xD800 <= ord(char) < 0xE000
    ]


def assert_safe(bundle: dict[str, str]) -> None:
    """Assert that a mime bundle holds only our own markup, nothing unseen, and under 100 kB."""
    assert set(bundle) == {"text/html", "text/plain"}
    assert problems(bundle["text/html"]) == []
    assert unseen(text_of(bundle["text/html"])) == []
    assert unseen(bundle["text/plain"]) == []
    assert sum(len(form.encode()) for form in bundle.values()) < 100_000


def assert_table_safe(page: str) -> None:
    """Assert that HTML holds nothing but what pandas makes of a frame."""
    assert problems(page, TABLE_ELEMENTS, TABLE_ATTRIBUTES) == []


def assert_page_safe(page: str, elements: set[str], attributes: set[str]) -> None:
    """Assert that a whole page is our template, with a policy that lets nothing run."""
    assert page.startswith("<!DOCTYPE html>")
    body = page.removeprefix("<!DOCTYPE html>")
    assert (
        problems(body, ELEMENTS | PAGE_ELEMENTS | elements, ATTRIBUTES | PAGE_ATTRIBUTES | attributes) == []
    )
    assert unseen(text_of(page)) == []
