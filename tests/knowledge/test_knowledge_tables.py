"""The tables hold together: every entry cites a section that is known and names terms that exist."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from regexplore.evidence.piece import CHANNELS
from regexplore.evidence.piece import INDEX as IN_THE_INDEX
from regexplore.knowledge.annotated_json import MAX_LINES, AnnotatedDocument, annotated
from regexplore.knowledge.entries import (
    ERROR_CODE,
    HEADER,
    KINDS,
    MEDIA_TYPE,
    TERM,
    citation,
    entries,
    find,
    read_table,
)
from regexplore.knowledge.fields import KEYS, fields
from regexplore.oci import media_types
from regexplore.remote.redact import SHOWN_HEADERS
from regexplore.sandbox.app.refusal import CODES


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_is_a_sentence_with_a_citation_and_terms_that_exist(kind: str) -> None:
    assert entries(kind)
    for entry in entries(kind).values():
        assert entry.words.endswith("."), entry.name
        assert urlsplit(entry.citation.url).scheme == "https"
        for name in entry.see:
            assert find(TERM, name) or find(HEADER, name), f"{entry.name} sees {name}"


@pytest.mark.parametrize("kind", list(read_table("fields")))
def test_every_field_has_words_a_citation_and_kinds_that_exist(kind: str) -> None:
    for name, field in fields(kind).items():
        assert field.words, name
        assert field.citation.url.startswith("https://"), name
        for below in (field.kind, field.each):
            assert below in ("", KEYS) or fields(below), f"{kind}.{name} holds {below}"


def test_every_document_that_is_listed_is_cited() -> None:
    tables = ["terms", "media_types", "annotations", "error_codes", "headers", "statuses", "endpoints"]
    told = [entry for name in tables for entry in read_table(name).values()]
    told += [field for kind in read_table("fields").values() for field in kind.values()]
    used = {entry["spec"].partition(": ")[0] for entry in told if "spec" in entry}
    assert set(read_table("specs")) == used


@pytest.mark.parametrize("text", ["nowhere: Digests", "descriptor: No Such Heading"])
def test_a_section_that_is_not_there_cannot_be_cited(text: str) -> None:
    with pytest.raises(KeyError):
        citation(text)


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("descriptor: Digests", "#digests"),
        ("layer: +gzip Media Types", "#gzip-media-types"),
        ("RFC 9110: 14.2 Range", "#section-14.2"),
        ("slsa", ""),
    ],
)
def test_anchors_are_those_of_the_documents(text: str, anchor: str) -> None:
    assert re.sub(r"^[^#]*", "", citation(text).url) == anchor


def test_what_the_package_deals_with_is_known() -> None:
    named = [value for value in vars(media_types).values() if isinstance(value, str) and "/vnd." in value]
    assert named
    assert [name for name in named if find(MEDIA_TYPE, name) is None] == []
    assert [code for code in CODES if find(ERROR_CODE, code) is None] == []
    assert [name for name in SHOWN_HEADERS if find(HEADER, name) is None] == []
    assert [name for name in CHANNELS if find(TERM, name) is None and name != IN_THE_INDEX] == []


def test_names_are_found_whatever_their_case() -> None:
    assert find(HEADER, "docker-content-digest").name == "Docker-Content-Digest"  # type: ignore[union-attr]
    assert find(TERM, "sbom").name == "SBOM"  # type: ignore[union-attr]
    assert find(TERM, "nothing") is None


def test_a_field_is_explained_once_and_every_size_is_readable() -> None:
    layer = {"mediaType": media_types.OCI_LAYER_GZIP, "digest": "sha256:00", "size": 4096}
    lines = annotated({"layers": [layer, layer], "unknown": 1}, "manifest")
    notes = [span.text.strip() for line in lines for span in line if span.look == "note"]
    assert notes == [
        "descriptors of the layers, base first; 2 layers",
        "Layer: a tar archive, compressed with gzip",
        "name of the content, made from its bytes",
        "bytes of the content; who gets more or less stops; 4.0 KiB",
        "4.0 KiB",
    ]
    places = [span.path for line in lines for span in line if span.path is not None]
    assert places == [("layers", 0), ("layers", 1)]


def test_without_a_kind_nothing_is_said_of_fields() -> None:
    assert [
        span for line in annotated({"size": 1, "config": {}}) for span in line if span.look == "note"
    ] == []


def test_long_and_deep_documents_are_cut() -> None:
    assert len(annotated([0] * (2 * MAX_LINES))) == MAX_LINES + 1
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    assert any("…" in span.text for line in annotated(deep) for span in line)
    body = AnnotatedDocument(annotated([0] * 100)).cut(3, 10)
    assert body.total == 102
    assert body.to_text()[-1] == "… 90 more lines"
    assert "90 more lines" in body.to_html()
