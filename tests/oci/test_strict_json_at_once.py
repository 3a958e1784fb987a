"""The short way of JSON lets nothing pass that the careful one refuses, and gives the same tree."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.errors import DocumentError
from regexplore.oci import strict_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('ab&<\\"u0026\n\u00e9\U0001f600'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab&\\u"), inner),
    max_leaves=8,
)


def is_read_at_once(raw: bytes) -> bool:
    return strict_json._read_at_once(raw)[0]


@given(VALUES, st.sampled_from([None, 2]), st.booleans(), st.booleans())
def test_the_tree_is_that_of_a_plain_reader(tree, indent, ascii_only, as_go):
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    if as_go:
        text = text.replace("&", "\\u0026").replace("<", "\\u003c")
    read = strict_json.loads(text.encode())
    assert repr(read) == repr(json.loads(text))


@given(
    VALUES, VALUES, st.sampled_from([("a", "a"), ("&", "\\u0026"), ("\\u0026", "\\u0026"), ("a", "\\u0061")])
)
def test_equal_keys_are_never_read_at_once(one, other, keys):
    raw = f'{{"{keys[0]}": {json.dumps(one)}, "{keys[1]}": {json.dumps(other)}}}'.encode()
    assert not is_read_at_once(raw)
    with pytest.raises(DocumentError, match="twice"):
        strict_json.loads(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"b":["c"]}',
        b'{ "a" : 1 }\n',
        b'{"run":"a \\u0026\\u0026 b"}',
        '"\u00e9"'.encode(),
        b'["\\n"]',
    ],
)
def test_what_registries_hold_is_read_at_once(raw):
    assert is_read_at_once(raw)


@pytest.mark.parametrize(
    "raw",
    [b"\xef\xbb\xbf{}", b'"\xff"', b'["\\ud800"]', b"[NaN]", b"[" * 101 + b"]" * 101, b"1" * 5000, b"{}{}"],
)
def test_what_is_refused_is_not_read_at_once(raw):
    assert not is_read_at_once(raw)
