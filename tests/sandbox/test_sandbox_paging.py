"""Properties: pages hold everything once, ranges are slices, paths lead where names say."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.oci import Digest
from regexplore.sandbox import PROFILES
from regexplore.sandbox.app.blobs import blob_answer
from regexplore.sandbox.app.call import Call
from regexplore.sandbox.app.context import Context
from regexplore.sandbox.app.paging import page
from regexplore.sandbox.app.refusal import Refusal
from regexplore.sandbox.app.routes import route, spec_number
from regexplore.sandbox.profile import Paging
from regexplore.sandbox.spool import BytesBlob
from regexplore.sandbox.stores import MemoryStore

TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,5}", fullmatch=True)
PAGINGS = {name: profile.tags for name, profile in PROFILES.items()}


async def nothing():
    return {"type": "http.disconnect"}


def call_of(path, query="", headers=()):
    scope = {
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": list(headers),
        "scheme": "http",
    }
    return Call(scope, nothing)


def outcome(function, *arguments):
    """What a function returns with status 200, or None with the status of its refusal."""
    try:
        return 200, function(*arguments)
    except Refusal as refusal:
        return refusal.status, None


def next_query(headers):
    link = dict(headers).get(b"link", b"").decode()
    return urlsplit(link[1 : link.index(">")]).query if link else ""


@pytest.mark.parametrize("paging", PAGINGS.values(), ids=PAGINGS)
@given(names=st.lists(TAG, unique=True, max_size=12), n=st.integers(1, 14))
def test_following_link_gives_every_name_once(paging: Paging, names, n):
    query, found, pages = f"n={n}", [], 0
    while query:
        shown, headers = page(names, call_of("/v2/a/tags/list", query), paging)
        found += shown
        query = next_query(headers)
        pages += 1
        assert pages <= len(names) + 1
    assert sorted(found) == sorted(names)


@given(text=st.text(max_size=40))
def test_hostile_cursors_are_answered_or_refused(text):
    for paging in PAGINGS.values():
        call = call_of("/v2/a/tags/list")
        call._scope["query_string"] = b"last=" + text.encode("utf-8", "replace").replace(b"&", b"")
        status, answer = outcome(page, ["a", "b"], call, paging)
        assert status in (200, 405)
        assert answer is None or set(answer[0]) <= {"a", "b"}


@given(content=st.binary(max_size=50), first=st.integers(0, 60), last=st.integers(0, 60))
def test_end_2_ranges_are_slices(content, first, last):
    header = (b"range", f"bytes={first}-{last}".encode())
    context = Context(MemoryStore(), PROFILES["oci"])
    call = call_of("/v2/a/blobs/x", headers=[header])
    expected = content[first : last + 1] if first <= last else b""
    status, answer = outcome(blob_answer, BytesBlob(content), Digest.of(content), call, context)
    assert status == (200 if expected else 416)
    assert answer is None or answer.status == 206
    assert answer is None or answer.blob.read(answer.start, answer.length) == expected


@given(path=st.text(max_size=60))
def test_any_path_is_routed_or_not_found(path):
    found = route("/v2/" + path)
    if found is not None:
        assert found.kind in {
            "ping",
            "catalog",
            "tags",
            "manifests",
            "blobs",
            "uploads",
            "upload",
            "referrers",
        }


@pytest.mark.parametrize(
    ("method", "path", "query", "number"),
    [
        ("GET", "/v2/", "", "end-1"),
        ("HEAD", "/v2/a/blobs/sha256:x", "", "end-2"),
        ("GET", "/v2/a/b/manifests/v1", "", "end-3"),
        ("POST", "/v2/a/blobs/uploads/", "", "end-4a"),
        ("POST", "/v2/a/blobs/uploads/", "digest=x", "end-4b"),
        ("POST", "/v2/a/blobs/uploads/", "digest-algorithm=sha512", "end-4c"),
        ("PATCH", "/v2/a/blobs/uploads/1", "", "end-5"),
        ("PUT", "/v2/a/blobs/uploads/1", "digest=x", "end-6"),
        ("PUT", "/v2/a/manifests/v1", "", "end-7a"),
        ("PUT", "/v2/a/manifests/sha256:x", "tag=v1", "end-7b"),
        ("GET", "/v2/a/tags/list", "", "end-8a"),
        ("GET", "/v2/a/tags/list", "n=1", "end-8b"),
        ("DELETE", "/v2/a/manifests/v1", "", "end-9"),
        ("DELETE", "/v2/a/blobs/sha256:x", "", "end-10"),
        ("POST", "/v2/a/blobs/uploads/", "mount=x&from=b", "end-11"),
        ("GET", "/v2/a/referrers/sha256:x", "", "end-12a"),
        ("GET", "/v2/a/referrers/sha256:x", "artifactType=y", "end-12b"),
        ("GET", "/v2/a/blobs/uploads/1", "", "end-13"),
        ("DELETE", "/v2/a/blobs/uploads/1", "", "end-14"),
        ("GET", "/v2/_catalog", "", ""),
        ("GET", "/elsewhere", "", ""),
    ],
)
def test_requests_have_the_numbers_of_the_specification(method, path, query, number):
    assert spec_number(method, path, query) == number


def test_cursors_survive_their_way_through_a_url():
    names = ["a_b", "c.d", "e-f"]
    for paging in PAGINGS.values():
        if paging.honoured:
            _, headers = page(names, call_of("/v2/a/tags/list", "n=1"), paging)
            assert dict(parse_qsl(next_query(headers)))["n"] == "1"
