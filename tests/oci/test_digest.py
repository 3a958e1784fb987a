"""Digests: strict before any use."""

import hashlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.errors import InvalidDigestError, MismatchedDigestError
from regexplore.oci.digest import ALGORITHMS, Digest, is_digest, new_hasher

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.binary(max_size=200), st.sampled_from(sorted(ALGORITHMS)))
def test_ref_7_digest_of_bytes_round_trips(content, algorithm):
    digest = Digest.of(content, algorithm)
    assert digest == f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    assert Digest(str(digest)) == digest
    assert digest.matches(content)
    assert not digest.matches(content + b"x")
    assert is_digest(digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256",
        "sha256:",
        ":" + "a" * 64,
        "sha256:" + "A" * 64,
        "SHA256:" + "a" * 64,
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 65,
        "sha256:" + "a" * 64 + "\n",
        "sha256:" + "g" * 64,
        "sha256:../../x",
        "sha256:%2e%2e",
        "sha256:" + "a" * 60 + "/../",
        "sha512:" + "a" * 64,
        "sha1:" + "a" * 40,
        "md5:" + "a" * 32,
        "blake3:" + "a" * 64,
        "sha256:" + "a" * 10_000,
        "sha256:" + "\u0661" * 64,
        " sha256:" + "a" * 64,
    ],
)
def test_ref_7_t15_anything_else_is_refused(text):
    with pytest.raises(InvalidDigestError) as caught:
        Digest(text)
    assert caught.value.hint
    assert len(str(caught.value)) < 300
    assert not is_digest(text)


def test_hostile_text_is_inert_in_the_message():
    with pytest.raises(InvalidDigestError) as caught:
        Digest("sha256:\x1b[31m\u202e")
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 7, b"sha256:" + b"a" * 64])
def test_only_text_is_a_digest(value):
    with pytest.raises(InvalidDigestError):
        Digest(value)


def test_verify_names_both_digests():
    with pytest.raises(MismatchedDigestError, match="e3b0c442"):
        Digest(EMPTY).verify(b"x")
    Digest(EMPTY).verify(b"")


def test_parts_and_short_form():
    digest = Digest(EMPTY)
    assert (digest.algorithm, digest.short) == ("sha256", "e3b0c44298fc")
    assert digest.encoded == EMPTY[7:]
    assert pickle.loads(pickle.dumps(digest)) == digest
    assert isinstance(pickle.loads(pickle.dumps(digest)), Digest)


def test_hasher_of_an_unknown_algorithm_is_refused():
    with pytest.raises(InvalidDigestError, match="blake3"):
        new_hasher("blake3")
