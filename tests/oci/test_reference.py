"""References: the strict grammar, and the forgiving reader for people."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.errors import InvalidReferenceError
from regexplore.oci import Digest, Reference, normalize, referrers_tag

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "registry", "repository", "reference"),
    [
        ("localhost/app", "localhost", "app", ""),
        ("localhost:5000/demo/app:v1", "localhost:5000", "demo/app", "v1"),
        ("r.io/a@" + DIGEST, "r.io", "a", DIGEST),
        ("r.io/a:v1@" + DIGEST, "r.io", "a", DIGEST),
        ("r.io/a:bad tag!@" + DIGEST, "r.io", "a", DIGEST),
        ("[::1]:5000/a/b", "[::1]:5000", "a/b", ""),
        ("[::1]/a", "[::1]", "a", ""),
        ("Host.COM/a", "Host.COM", "a", ""),
        ("ho_st/a", "ho_st", "a", ""),
        ("r.io/a:", "r.io", "a", ""),
        ("r.io/a@", "r.io", "a", ""),
        ("docker.io/alpine", "docker.io", "alpine", ""),
        ("oci://r.io/a:1", "r.io", "a", "1"),
        ("https://r.io/a:1", "r.io", "a", "1"),
        ("r.io/a__b/c--d", "r.io", "a__b/c--d", ""),
    ],
)
def test_ref_1_2_3_forms(text, registry, repository, reference):
    ref = Reference.parse(text)
    assert (ref.registry, ref.repository, ref.reference) == (registry, repository, reference)


@pytest.mark.parametrize(
    "text",
    [
        "alpine",  # REF-1: no registry
        "",
        "/a",
        "r.io/",
        "r.io/a:b:c",  # REF-2
        "r.io/a:" + DIGEST,
        "r.io/a@" + DIGEST + "@" + DIGEST,
        "r.io/a@sha256:" + "A" * 64,
        "r.io/A",  # REF-5
        "r.io/a._b",
        "r.io/a___b",
        "r.io/a//b",
        "r.io/a/",
        "r.io/../a",
        "r.io/" + "a" * 256,
        "r.io/a:" + "t" * 129,  # REF-6
        "r.io/a:.t",
        "r.io/a:-t",
        "r.io/a:t\n",
        "r.io/a:\u0661",
        "user@r.io/a",  # REF-4, T18
        "reg.io@evil/a",
        "reg.io#/a",
        "r.io?x/a",
        "r io/a",
        "r.io:/a",
        "r.io:0/a",
        "r.io:65536/a",
        "r.io:99999/a",
        "r.io:5000x/a",
        "::1/a",
        "[::1/a",
        "[not an address]/a",
        "[1.2.3.4]/a",
        "[12345::]/a",
        "[::1]5000/a",
        "[fe80::1%eth0]/a",
        "a..b/a",
        ".a/a",
        "a./a",
        "%41/a",
        "\u0440egistry.io/a",
        "r.io\x00/a",
        "x" * 5000,
    ],
)
def test_ref_1_2_4_5_6_refused_with_a_hint(text):
    with pytest.raises(InvalidReferenceError) as caught:
        Reference.parse(text)
    assert caught.value.hint
    assert len(str(caught.value)) < 5200


def test_ref_9_docker_io_is_served_elsewhere():
    assert Reference("docker.io", "library/alpine").host == "registry-1.docker.io"
    assert Reference("registry-1.docker.io", "a").host == "registry-1.docker.io"
    assert Reference("quay.io", "a").host == "quay.io"


def test_ref_10_default_tag():
    assert Reference("r.io", "a").reference_or_default == "latest"
    assert Reference("r.io", "a", "v1").reference_or_default == "v1"


@pytest.mark.parametrize("text", ["r.io", "r.io/a", "r.io/a:v1", "r.io/a@" + DIGEST])
def test_ref_11_text_form(text):
    ref = Reference(text) if "/" not in text else Reference.parse(text)
    assert str(ref) == text


def test_ref_14_tag_beside_a_digest_is_kept_for_display():
    ref = Reference.parse("r.io/a:v1@" + DIGEST)
    assert (ref.written_tag, ref.tag, ref.digest) == ("v1", None, Digest(DIGEST))
    assert ref == Reference("r.io", "a", DIGEST)


def test_ref_8_reference_needs_a_repository():
    with pytest.raises(InvalidReferenceError):
        Reference("r.io", "", "v1")


_component = st.from_regex(r"[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}", fullmatch=True)


@given(
    st.from_regex(r"[a-z0-9]{1,10}(\.[a-z]{2,5})?(:[1-9][0-9]{0,3})?", fullmatch=True),
    st.lists(_component, min_size=1, max_size=4),
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}", fullmatch=True),
)
def test_ref_round_trip(registry, components, tag):
    text = f"{registry}/{'/'.join(components)}:{tag}"
    assert str(Reference.parse(text)) == text
    assert Reference.parse(text).tag == tag


@given(st.text(max_size=300))
def test_ref_any_text_parses_or_is_refused(text):
    try:
        ref = Reference.parse(text)
    except InvalidReferenceError:
        return
    assert Reference.parse(str(ref)) == ref


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "r.io/" + "a-" * 2000, "r.io/" + "a_" * 2000, "r.io/" + "a." * 2000]
)
def test_t33_adversarial_text_is_linear(text):
    start = time.process_time()
    with pytest.raises(InvalidReferenceError):
        Reference.parse(text)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alpine", "docker.io/library/alpine"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("user/app", "docker.io/user/app"),
        ("user/app@" + DIGEST, "docker.io/user/app@" + DIGEST),
        ("docker.io/alpine", "docker.io/library/alpine"),
        ("index.docker.io/alpine", "docker.io/library/alpine"),
    ],
)
def test_short_names_are_completed_with_a_note(typed, meant):
    normalized = normalize(typed)
    assert str(normalized.reference) == meant
    assert meant in normalized.note


@pytest.mark.parametrize(
    "typed",
    ["localhost/app", "localhost:5000/app:v1", "quay.io/a/b", "127.0.0.1:5000/a", "docker.io/library/alpine"],
)
def test_full_names_have_no_note(typed):
    assert normalize(typed).note == ""
    assert str(normalize(typed).reference) == typed


@pytest.mark.parametrize(
    ("digest", "tag"),
    [
        (Digest(DIGEST), "sha256-" + "ab" * 32),
        (Digest("sha512:" + "cd" * 64), "sha512-" + "cd" * 32),
    ],
)
def test_refr_10_referrers_tag_is_cut_to_the_grammar(digest, tag):
    assert referrers_tag(digest) == tag
    assert Reference("r.io", "a", tag).tag == tag
