"""end-1, end-2, end-3: ping, blobs and manifests are read as the specification says."""

from __future__ import annotations

import pytest
from support.registry_wire import MANIFEST, error_codes, sha

CONTENT = bytes(range(200)) * 10
SIZE = len(CONTENT)


def test_end_1_ping_with_and_without_the_last_slash(wire):
    assert wire("GET", "/v2/").status_code == 200
    assert wire("HEAD", "/v2").status_code == 200


def test_end_2_blob_and_its_headers(wire):
    digest = wire.push_blob("demo/app", CONTENT)
    got, head = wire("GET", f"demo/app/blobs/{digest}"), wire("HEAD", f"demo/app/blobs/{digest}")
    assert got.content == CONTENT
    assert head.content == b""
    for response in (got, head):
        assert response.status_code == 200
        assert response.headers["Content-Length"] == str(SIZE)
        assert response.headers["Docker-Content-Digest"] == digest
        assert response.headers["ETag"] == f'"{digest}"'
        assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("0-9", 0, 10),
        ("10-", 10, SIZE),
        ("-5", SIZE - 5, SIZE),
        ("-5000", 0, SIZE),
        ("1990-5000", 1990, SIZE),
    ],
)
def test_end_2_parts_of_a_blob(wire, asked, start, end):
    digest = wire.push_blob("demo/app", CONTENT)
    part = wire("GET", f"demo/app/blobs/{digest}", headers={"Range": f"bytes={asked}"})
    assert part.status_code == 206
    assert part.content == CONTENT[start:end]
    assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"


@pytest.mark.parametrize("asked", ["2000-", "5000-6000", "-0", "500-0"])
def test_end_2_parts_outside_the_blob_are_416(wire, asked):
    digest = wire.push_blob("demo/app", CONTENT)
    part = wire("GET", f"demo/app/blobs/{digest}", headers={"Range": f"bytes={asked}"})
    assert part.status_code == 416
    assert part.headers["Content-Range"] == f"bytes */{SIZE}"
    assert error_codes(part) == ["SIZE_INVALID"]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"])
def test_end_2_ranges_not_understood_give_the_whole(wire, asked):
    digest = wire.push_blob("demo/app", CONTENT)
    whole = wire("GET", f"demo/app/blobs/{digest}", headers={"Range": asked})
    assert (whole.status_code, whole.content) == (200, CONTENT)


def test_end_2_if_range_with_another_etag_gives_the_whole(wire):
    digest = wire.push_blob("demo/app", CONTENT)
    path = f"demo/app/blobs/{digest}"
    assert wire("GET", path, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200
    assert wire("GET", path, headers={"Range": "bytes=0-1", "If-Range": f'"{digest}"'}).status_code == 206


@pytest.mark.parametrize("kind", ["blobs", "manifests"])
def test_if_none_match_gives_304_without_a_body(wire, kind):
    manifest = wire.push_image("demo/app", "v1")
    path = f"demo/app/manifests/{manifest}" if kind == "manifests" else f"demo/app/blobs/{sha(b'{}')}"
    etag = wire("HEAD", path).headers["ETag"]
    for condition in (etag, f'"x", W/{etag}', "*"):
        answer = wire("GET", path, headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
    assert wire("GET", path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_end_3_manifest_by_tag_and_by_digest(wire):
    digest = wire.push_image("demo/app", "v1")
    by_tag, by_digest = wire("GET", "demo/app/manifests/v1"), wire("GET", f"demo/app/manifests/{digest}")
    assert sha(by_tag.content) == digest
    assert by_tag.content == by_digest.content
    assert by_tag.headers["Content-Type"] == MANIFEST
    head = wire("HEAD", "demo/app/manifests/v1")
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(by_tag.content)))
    assert head.headers["Docker-Content-Digest"] == digest


def test_missing_things_say_what_is_missing(wire):
    wire.push_image("demo/app", "v1")
    nothing = sha(b"nothing")
    expected = {
        "demo/app/manifests/v2": "MANIFEST_UNKNOWN",
        f"demo/app/manifests/{nothing}": "MANIFEST_UNKNOWN",
        f"demo/app/blobs/{nothing}": "BLOB_UNKNOWN",
        "other/manifests/v1": "NAME_UNKNOWN",
        f"other/blobs/{nothing}": "NAME_UNKNOWN",
        "other/tags/list": "NAME_UNKNOWN",
    }
    for path, code in expected.items():
        response = wire("GET", path)
        assert (path, response.status_code, error_codes(response)) == (path, 404, [code])


@pytest.mark.parametrize("name", ["UPPER", "a..b", "a/-b", "a%2F..%2Fb", "-a", "a" * 256, "ä"])
def test_names_outside_the_grammar_are_refused(wire, name):
    response = wire("GET", f"{name}/tags/list")
    assert (response.status_code, error_codes(response)) == (400, ["NAME_INVALID"])


@pytest.mark.parametrize("tag", ["-bad", ".bad", "a" * 129, "b%C3%A4d", "a+b"])
def test_tags_outside_the_grammar_are_refused(wire, tag):
    wire.push_image("demo/app", "v1")
    response = wire("GET", f"demo/app/manifests/{tag}")
    assert (response.status_code, error_codes(response)) == (400, ["MANIFEST_INVALID"])


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:abc",
        "sha256:" + "A" * 64,
        "md5:" + "a" * 32,
        "sha256:" + "a" * 65,
        "sha256:..%2f..%2fetc",
        "x:" * 6000,
    ],
)
@pytest.mark.parametrize("kind", ["blobs", "manifests", "referrers"])
def test_t15_digests_outside_the_grammar_are_refused(wire, digest, kind):
    response = wire("GET", f"demo/app/{kind}/{digest}")
    assert response.status_code in (400, 404)
    assert set(error_codes(response)) <= {"DIGEST_INVALID", "NAME_INVALID", "UNSUPPORTED"}


def test_unknown_paths_and_methods(wire):
    for path in ("/", "/v1/", "/v2/demo", "/v2/demo/app/other/x", "/v2/tags/list", "/v2/manifests/v1"):
        assert (path, wire("GET", path).status_code) == (path, 404)
    refused = wire("POST", "demo/app/tags/list")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert error_codes(refused) == ["UNSUPPORTED"]


def test_repositories_may_be_called_like_endpoints(wire):
    for name in ("blobs/uploads", "a/manifests", "tags/list", "a/referrers/b"):
        digest = wire.push_image(name, "v1")
        assert wire("HEAD", f"{name}/manifests/v1").headers["Docker-Content-Digest"] == digest
        assert wire.tags(name).json() == {"name": name, "tags": ["v1"]}
