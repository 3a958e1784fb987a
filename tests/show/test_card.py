"""Cards: T1, T2, T9 (hostile text), F13 (contrast is in test_theme), F14 (size), same cut in both forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.markup_oracle import PAYLOADS, assert_safe, problems, text_of
from syrupy.assertion import SnapshotAssertion

from regexplore.show import value as values
from regexplore.show.bundle import line, mimebundle
from regexplore.show.card import Card, Facts, Section, Source
from regexplore.show.element import element
from regexplore.show.escape import Markup
from regexplore.show.table import Table
from regexplore.show.value import Value

DIGEST = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def card_saying(text: str) -> Card:
    """A card with the text in every place that takes one."""
    cell = Value(text, title=text, look="code", url=text)
    return Card(
        kind=text,
        title=text,
        summary=(text, text),
        facts=Facts(((text, cell), ("plain", values.value(text)))),
        notes=(text,),
        sections=(
            Section(text, Table.of([text, "b"], [[cell, text]], numeric=[text]), note=text, count=text),
            Section(text, Facts(((text, cell),))),
            Section(text, Source(text, text)),
        ),
    )


def example() -> Card:
    rows = [
        ["linux/amd64", values.digest(DIGEST, short=True), values.size(1234)],
        ["linux/arm64/v8", values.digest(DIGEST, short=True), values.size(None)],
    ]
    return Card(
        "index",
        "localhost:5000/demo/app:v1",
        ("2 platforms", "1.2 MiB"),
        Facts(
            (
                ("digest", values.digest(DIGEST)),
                ("verified", Value("yes, against the bytes", look="good")),
                ("size", values.size(1_234_567, exact=True)),
                ("empty", values.value(None)),
            )
        ),
        notes=("partial: stopped at 5 of 7",),
        sections=(
            Section("Platforms", Table.of(["platform", "digest", "size"], rows, numeric=["size"])),
            Section(
                "Annotations", Facts((("home", Value("https://example.com/", url="https://example.com/")),))
            ),
            Section("Referrers", Facts(()), note="looked at: referrers API"),
            Section("Raw JSON", Source('{\n  "a": 1\n}', "in .document.raw"), count="12 B", open=False),
        ),
    )


def test_card_as_html(snapshot: SnapshotAssertion) -> None:
    page = mimebundle(example)["text/html"]
    assert page[page.index("</style>") :] == snapshot


def test_card_as_text(snapshot: SnapshotAssertion) -> None:
    assert mimebundle(example)["text/plain"] == snapshot


def test_two_renders_are_equal() -> None:
    assert mimebundle(example) == mimebundle(example)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t1_t9_payloads_everywhere_are_only_text(payload: str) -> None:
    assert_safe(mimebundle(lambda: card_saying(payload)))


@given(st.text(st.characters(codec=None), max_size=400))
def test_t1_t9_any_text_everywhere_is_only_text(text: str) -> None:
    assert_safe(mimebundle(lambda: card_saying(text)))


def test_t9_the_text_form_is_one_line_for_one_fact() -> None:
    card = Card("image", "a\nb", facts=Facts((("x\ny", Value("1\n2")),)))
    assert card.to_text().splitlines() == ["image a\\u{a}b", "  x\\u{a}y  1\\u{a}2"]


def test_text_and_html_hold_the_same_rows_and_say_what_is_left_out() -> None:
    rows = [[f"tag-{n:05}"] for n in range(10_000)]
    bundle = mimebundle(lambda: Card("repository", "x", sections=(Section("Tags", Table.of(["tag"], rows)),)))
    for form in (bundle["text/plain"], text_of(bundle["text/html"])):
        assert "Tags (10,000)" in form
        assert "tag-00059" in form
        assert "tag-00060" not in form
        assert "… 9,940 more, 10,000 in all" in form


def test_f14_a_card_of_long_hostile_values_is_cut_until_it_is_small() -> None:
    rows = [["\u202e" * 500] * 10 for _ in range(500)]
    card = Card("index", "x" * 10_000, sections=(Section("Many", Table.of([*"abcdefghij"], rows)),))
    bundle = mimebundle(lambda: card)
    assert_safe(bundle)
    assert "Many (500)" in bundle["text/plain"]
    assert "more, 500 in all" in bundle["text/plain"]
    assert text_of(bundle["text/html"]).count("u{202e}") == bundle["text/plain"].count("u{202e}")


def test_sparse_columns_are_left_out_when_they_are_empty() -> None:
    rows = [["a", None, ""], ["b", None, "x"]]
    assert Table.of(["n", "gone", "kept"], rows, sparse=["gone", "kept"]).columns == ("n", "kept")
    assert Table.of(["n", "gone", "kept"], rows).columns == ("n", "gone", "kept")


def test_sections_of_more_than_fifteen_rows_start_folded() -> None:
    def opened(rows: int) -> bool:
        return "<details open" in Section("Rows", Table.of(["n"], [[n] for n in range(rows)])).to_html()

    assert opened(15)
    assert not opened(16)


def test_a_card_that_fails_is_shown_as_an_error() -> None:
    def failing() -> Card:
        raise RuntimeError("<b>no</b>")

    bundle = mimebundle(failing)
    assert_safe(bundle)
    assert "RuntimeError" in bundle["text/plain"]
    assert line(failing).startswith("<error this object cannot be shown")


def test_include_and_exclude_choose_the_forms() -> None:
    assert set(mimebundle(example, include=["text/plain", "application/json"])) == {"text/plain"}
    assert set(mimebundle(example, exclude=["text/html"])) == {"text/plain"}


def test_without_styles_the_page_still_reads_in_order() -> None:
    text = text_of(mimebundle(example)["text/html"])
    places = [
        text.index(word)
        for word in ("index", "localhost:5000/demo/app:v1", DIGEST, "Platforms (2)", "Raw JSON")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("name", "attributes"), [("script", {}), ("img", {}), ("td", {"onclick": "x"}), ("td", {"A B": "x"})]
)
def test_t1_elements_outside_the_template_cannot_be_built(name: str, attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not an"):
        element(name, "x", **attributes)


def test_markup_inside_elements_is_kept_and_text_is_escaped() -> None:
    assert element("td", Markup("<b>x</b>"), "<b>", None, title='"', open=True) == (
        '<td title="&quot;" open="open"><b>x</b>&lt;b&gt;</td>'
    )


def test_the_oracle_sees_what_it_should() -> None:
    assert problems("<script>x</script>") == ["element script"]
    assert problems('<a href="javascript:x">y</a>') == ["address javascript:x"]
    assert problems("<b onclick=x>y</b>") == ["attribute onclick of b"]
    assert problems("<div><b>x</div>") != []


def test_values_of_plain_python_objects() -> None:
    when = datetime(2024, 1, 1, tzinfo=UTC)
    assert values.value(1234567).text == "1,234,567"
    assert values.value(None).text == "-"
    assert values.value(True).text == "yes"
    assert values.value(when).title == when.isoformat()
    assert values.digest(DIGEST, short=True).title == DIGEST
    assert values.day(when).text == "2024-01-01"
    assert values.day(None).is_missing


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a tag, `v1.2`", "a tag, <code>v1.2</code>"),
        ("one ` alone", "one ` alone"),
        ("`<b>` & `x`", "<code>&lt;b&gt;</code> &amp; <code>x</code>"),
    ],
)
def test_prose_shows_what_stands_between_backticks_as_code(text: str, shown: str) -> None:
    assert Value(text, look="prose").to_html() == f'<span class="rx-prose">{shown}</span>'
    assert Value(text, look="prose").to_text() == text
    assert "<code>" not in Value(text).to_html()
