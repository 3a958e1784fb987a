"""Tags are sorted as versions."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from regexplore.frames.order import version_key
from regexplore.frames.version_order import sorted_versions

SORTED = [
    "edge", "latest", "0.9", "1", "1.0", "1.2.9", "1.2.10-alpha", "1.2.10-beta.2", "1.2.10-beta.11", "1.2.10-rc1",
    "1.2.10", "1.2.10-alpine", "v1.11", "2024.01.05", "2024.10.01",
]  # fmt: skip


def test_people_find_versions_where_they_expect_them() -> None:
    shuffled = random.Random(3).sample(SORTED, len(SORTED))
    assert sorted(shuffled, key=version_key) == SORTED


def test_a_v_in_front_does_not_count() -> None:
    assert sorted(["v1.10", "1.9", "V1.8"], key=version_key) == ["V1.8", "1.9", "v1.10"]


def test_a_tag_of_many_digits_is_compared_without_becoming_a_number() -> None:
    assert min(["9" * 100_000, "1" + "0" * 100_000], key=version_key)[0] == "9"


@given(st.lists(st.text()))
def test_any_text_can_be_sorted_and_nothing_is_lost(tags: list[str]) -> None:
    assert sorted(sorted(tags, key=version_key)) == sorted(tags)


@given(st.text(), st.text())
def test_only_equal_tags_have_equal_keys(one: str, other: str) -> None:
    assert (version_key(one) == version_key(other)) == (one == other)


PIECES = st.sampled_from(
    [
        "v",
        "V",
        "1",
        "01",
        "10",
        "9",
        "0",
        ".",
        "-",
        "_",
        "a",
        "ab",
        "rc",
        "RC",
        "alpha",
        "beta2",
        "x86",
        "\n",
        "é",
        "٣",
        "",
    ]
)


@given(st.lists(st.one_of(st.lists(PIECES, max_size=6).map("".join), st.text(max_size=8))))
def test_all_at_once_is_the_order_of_one_by_one(tags):
    assert sorted_versions(tags) == sorted(tags, key=version_key)
