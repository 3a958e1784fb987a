"""Depth is told without walking a document: brackets inside of texts do not count."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.errors import DocumentError
from regexplore.oci import strict_json

TREES = st.recursive(
    st.none() | st.booleans() | st.text(alphabet='{}[]"\\ab', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.text(alphabet='{["\\', max_size=4), inner, max_size=6)
    ),
    max_leaves=300,
)


def depth_of(tree: object) -> int:
    if isinstance(tree, dict):
        return 1 + max(map(depth_of, tree.values()), default=0)
    if isinstance(tree, list):
        return 1 + max(map(depth_of, tree), default=0)
    return 0


@given(TREES)
def test_the_depth_is_that_of_the_tree(tree: object) -> None:
    wide = [tree, [[] for _ in range(strict_json.MAX_DEPTH)]]
    assert strict_json._depth(json.dumps(wide).encode()) == max(depth_of(wide), 3 - 1)


@pytest.mark.parametrize(("levels", "refused"), [(100, False), (101, False), (102, True), (900, True)])
def test_t25_what_is_nested_too_deep_is_refused(levels: int, refused: bool) -> None:
    raw = b"[" * levels + b"]" * levels
    if refused:
        with pytest.raises(DocumentError, match="deeper than 100"):
            strict_json.loads(raw)
    else:
        strict_json.loads(raw)
