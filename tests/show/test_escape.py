"""The escaper: T1 (markup), T4 (addresses), T9 (terminal)."""

from __future__ import annotations

import html as html_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.show.escape import Markup, attr, html, link, terminal, url

INVISIBLE = [
    *range(32),
    *range(127, 160),
    0xAD,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    0xD800,
    0xE0041,
]


@pytest.mark.parametrize("point", INVISIBLE)
def test_t9_no_invisible_character_is_left(point: int) -> None:
    assert terminal(f"a{chr(point)}b") == f"a\\u{{{point:x}}}b"
    assert chr(point) not in html(f"a{chr(point)}b")


def test_t9_line_feeds_are_kept_only_when_asked_for() -> None:
    assert terminal("a\n\tb\r\x1b", multiline=True) == "a\n\tb\\u{d}\\u{1b}"
    assert "\n" not in terminal("a\nb")


@given(st.text())
def test_t1_escaped_text_holds_no_markup_and_reads_back(text: str) -> None:
    escaped = html(text)
    assert not set(escaped) & set("<>\"'")
    assert html_module.unescape(escaped) == terminal(text)
    escaped.encode()


def test_markup_is_escaped_once_and_never_inside_an_attribute() -> None:
    assert html(Markup("<b>x</b>")) == "<b>x</b>"
    assert html(html("<")) == "&lt;"
    assert attr("title", Markup('"><script>')) == 'title="&quot;&gt;&lt;script&gt;"'


@pytest.mark.parametrize("name", ["onclick", "a b", "", 'x"', "HREF", "data=1"])
def test_t1_attribute_names_are_not_free(name: str) -> None:
    with pytest.raises(ValueError, match="attribute"):
        attr(name, "x")


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://a.b",
        "data:text/html,x",
        "//a.b/c",
        "https://",
        "https://user:secret@a.b/",
        "https://a.b\\@c.d/",
        "file:///etc/passwd",
        "vbscript:x",
        "https://[::1",
        "http:/a",
        "https://a.b/\u202e",
        'https://a.b/"onclick=1',
        "https://a.b/" + "x" * 3000,
        "mailto:a@b.c",
        "",
    ],
)
def test_t4_addresses_that_are_only_text(text: str) -> None:
    assert url(text) is None
    assert "<a" not in link(text)


def test_t4_a_web_address_becomes_a_link() -> None:
    assert link("https://a.b/c?x=1&y=2", "see <this>") == (
        '<a href="https://a.b/c?x=1&amp;y=2" rel="noopener noreferrer">see &lt;this&gt;</a>'
    )
    assert url("http://localhost:5000/v2/") == "http://localhost:5000/v2/"
