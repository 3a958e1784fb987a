"""end-4 to end-7, end-11, end-13, end-14: every way to push, and every way to do it wrong."""

from __future__ import annotations

import json
import socket

import pytest
from support.registry_wire import EMPTY_TYPE, INDEX, MANIFEST, error_codes, sha

BODY = b"layer " * 1000


def test_end_4b_whole_blob_in_one_post(wire):
    response = wire("POST", f"demo/app/blobs/uploads/?digest={sha(BODY)}", data=BODY)
    assert response.status_code == 201
    assert wire("GET", response.headers["Location"]).content == BODY


def test_end_6_wrong_digest_is_refused_and_nothing_is_kept(wire):
    response = wire.put(wire.upload("demo/app"), sha(b"other"), BODY)
    assert (response.status_code, error_codes(response)) == (400, ["DIGEST_INVALID"])
    assert wire("HEAD", f"demo/app/blobs/{sha(BODY)}").status_code == 404
    assert wire("HEAD", f"demo/app/blobs/{sha(b'other')}").status_code == 404


@pytest.mark.parametrize("query", ["", "?digest=sha256:short", "?digest=md5:" + "0" * 32])
def test_end_6_a_digest_is_needed(wire, query):
    response = wire("PUT", wire.upload("demo/app") + query, data=BODY)
    assert (response.status_code, error_codes(response)) == (400, ["DIGEST_INVALID"])


def test_end_5_chunks_status_and_resumption(wire):
    location = wire.upload("demo/app")
    fresh = wire("GET", location)
    assert (fresh.status_code, fresh.headers["Range"]) == (204, "0-0")
    first = wire("PATCH", location, data=BODY[:100], headers={"Content-Range": "0-99"})
    assert (first.status_code, first.headers["Range"]) == (202, "0-99")
    again = wire("PATCH", location, data=BODY[:100], headers={"Content-Range": "0-99"})
    assert (again.status_code, again.headers["Range"]) == (416, "0-99")
    assert error_codes(again) == ["BLOB_UPLOAD_INVALID"]
    gap = wire.put(location, sha(BODY), BODY[200:], headers={"Content-Range": f"200-{len(BODY) - 1}"})
    assert gap.status_code == 416
    assert wire("GET", location).headers["Range"] == "0-99"
    rest = wire.put(location, sha(BODY), BODY[100:], headers={"Content-Range": f"100-{len(BODY) - 1}"})
    assert rest.status_code == 201
    assert wire("GET", f"demo/app/blobs/{sha(BODY)}").content == BODY


@pytest.mark.parametrize("said", ["0-9", "5-2", "a-b", "0-", "-9"])
def test_end_5_content_range_must_be_true(wire, said):
    response = wire("PATCH", wire.upload("demo/app"), data=BODY, headers={"Content-Range": said})
    assert response.status_code in (400, 416)
    assert set(error_codes(response)) <= {"BLOB_UPLOAD_INVALID", "SIZE_INVALID"}


def test_end_5_what_came_before_a_broken_connection_is_kept(server, wire):
    location = wire.upload("demo/app")
    host, port = server.host.split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"PATCH {location} HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: 1000\r\n\r\n"
        connection.sendall(head.encode() + BODY[:400])
        # The server must have read these bytes before the connection ends; the log of what it received tells.
        while server.log[-1].received < 400:
            pass
    status = wire("GET", location)
    while status.status_code == 204 and status.headers["Range"] == "0-0":
        status = wire("GET", location)
    assert status.headers["Range"] == "0-399"
    assert wire.put(location, sha(BODY), BODY[400:]).status_code == 201


def test_end_4c_sha512_is_announced_and_used(wire):
    digest = sha(BODY, "sha512")
    opened = wire("POST", "demo/app/blobs/uploads/?digest-algorithm=sha512")
    assert opened.status_code == 202
    assert wire.put(opened.headers["Location"], digest, BODY).status_code == 201
    assert wire("GET", f"demo/app/blobs/{digest}").headers["Docker-Content-Digest"] == digest
    refused = wire("POST", "demo/app/blobs/uploads/?digest-algorithm=md5")
    assert (refused.status_code, error_codes(refused)) == (400, ["DIGEST_INVALID"])


def test_sha512_without_an_announcement_works_for_large_blobs_too(wire):
    body = b"\0" * (3 << 20)
    assert wire.put(wire.upload("demo/app"), sha(body, "sha512"), body).status_code == 201
    assert wire("HEAD", f"demo/app/blobs/{sha(body, 'sha512')}").headers["Content-Length"] == str(len(body))


def test_end_14_a_cancelled_upload_is_gone(wire):
    location = wire.upload("demo/app")
    assert wire("DELETE", location).status_code == 204
    for method in ("GET", "PATCH", "DELETE", "PUT"):
        gone = wire(method, location)
        assert (method, gone.status_code, error_codes(gone)) == (method, 404, ["BLOB_UPLOAD_UNKNOWN"])


def test_uploads_belong_to_their_repository(wire):
    location = wire.upload("demo/app")
    assert wire("GET", location.replace("demo/app", "demo/other")).status_code == 404


def test_end_11_mounts(wire):
    digest = wire.push_blob("demo/base", BODY)
    mounted = wire("POST", f"demo/app/blobs/uploads/?mount={digest}&from=demo/base")
    assert mounted.status_code == 201
    assert wire("GET", mounted.headers["Location"]).content == BODY
    anonymous = wire("POST", f"demo/third/blobs/uploads/?mount={digest}")
    assert anonymous.status_code == 201
    missing = wire("POST", f"demo/app/blobs/uploads/?mount={sha(b'x')}&from=demo/base")
    assert missing.status_code == 202
    assert wire.put(missing.headers["Location"], sha(b"x"), b"x").status_code == 201
    wrong = wire("POST", f"demo/app/blobs/uploads/?mount={digest}&from=../etc")
    assert (wrong.status_code, error_codes(wrong)) == (400, ["NAME_INVALID"])


def test_end_10_a_deleted_blob_is_gone_from_its_repository_only(wire):
    digest = wire.push_blob("demo/app", BODY)
    wire("POST", f"demo/other/blobs/uploads/?mount={digest}&from=demo/app")
    assert wire("DELETE", f"demo/app/blobs/{digest}").status_code == 202
    assert wire("HEAD", f"demo/app/blobs/{digest}").status_code == 404
    assert wire("GET", f"demo/other/blobs/{digest}").content == BODY
    again = wire("DELETE", f"demo/app/blobs/{digest}")
    assert (again.status_code, error_codes(again)) == (404, ["BLOB_UNKNOWN"])


def test_end_7a_manifest_by_tag_keeps_the_bytes(wire):
    tree = wire.image("demo/app", unknown={"kept": True})
    pushed = wire.push_manifest("demo/app", "v1", tree)
    assert pushed.status_code == 201
    got = wire("GET", pushed.headers["Location"])
    assert got.content == json.dumps(tree).encode()
    assert "OCI-Subject" not in pushed.headers


def test_end_7b_tags_in_the_query(wire):
    tree = wire.image("demo/app")
    digest = sha(json.dumps(tree).encode(), "sha512")
    pushed = wire.push_manifest("demo/app", f"{digest}?tag=a&tag=b", tree)
    assert (pushed.status_code, pushed.headers["OCI-Tag"]) == (201, "a, b")
    assert wire("HEAD", "demo/app/manifests/b").headers["Docker-Content-Digest"] == digest
    many = "&".join(f"tag=t{i}" for i in range(65))
    assert wire.push_manifest("demo/app", f"{digest}?{many}", tree).status_code == 414
    assert wire.push_manifest("demo/app", f"{digest}?tag=-bad", tree).status_code == 400


def test_end_9_deleting_a_tag_keeps_the_manifest_and_deleting_it_takes_the_tags(wire):
    digest = wire.push_image("demo/app", "v1", "v2")
    assert wire("DELETE", "demo/app/manifests/v1").status_code == 202
    assert wire("HEAD", "demo/app/manifests/v1").status_code == 404
    assert wire("HEAD", f"demo/app/manifests/{digest}").status_code == 200
    assert wire("DELETE", f"demo/app/manifests/{digest}").status_code == 202
    assert wire.tags("demo/app").json()["tags"] == []
    again = wire("DELETE", f"demo/app/manifests/{digest}")
    assert (again.status_code, error_codes(again)) == (404, ["MANIFEST_UNKNOWN"])


def test_manifests_of_up_to_four_mebibytes(wire):
    tree = wire.image("demo/app", annotations={"a": ""})
    room = (4 << 20) - len(json.dumps(tree))
    tree["annotations"]["a"] = "x" * room
    assert wire.push_manifest("demo/app", "large", tree).status_code == 201
    tree["annotations"]["a"] += "x"
    refused = wire.push_manifest("demo/app", "larger", tree)
    assert (refused.status_code, error_codes(refused)) == (413, ["SIZE_INVALID"])


BAD_MANIFESTS = {
    "no JSON": b"{",
    "no object": b"[]",
    "not UTF-8": b'{"a":"\xff"}',
    "other type in the body": json.dumps({"schemaVersion": 2, "mediaType": INDEX}).encode(),
    "no digest": json.dumps({"mediaType": MANIFEST, "config": {}, "layers": []}).encode(),
    "layers no list": json.dumps({"mediaType": MANIFEST, "layers": 1}).encode(),
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("body", BAD_MANIFESTS.values(), ids=BAD_MANIFESTS)
def test_manifests_that_are_none_are_refused(wire, body):
    response = wire("PUT", "demo/app/manifests/v1", data=body, headers={"Content-Type": MANIFEST})
    assert (response.status_code, error_codes(response)) == (400, ["MANIFEST_INVALID"])


def test_unknown_media_types_are_refused(wire):
    response = wire("PUT", "demo/app/manifests/v1", data=b"{}", headers={"Content-Type": "text/plain"})
    assert (response.status_code, error_codes(response)) == (400, ["MANIFEST_INVALID"])


def test_manifests_with_missing_parts_are_refused_unless_they_live_elsewhere(wire):
    tree = wire.image("demo/app")
    missing = {"mediaType": EMPTY_TYPE, "digest": sha(b"missing"), "size": 7}
    tree["layers"] = [missing]
    refused = wire.push_manifest("demo/app", "v1", tree)
    assert (refused.status_code, error_codes(refused)) == (400, ["MANIFEST_BLOB_UNKNOWN"])
    assert refused.json()["errors"][0]["detail"] == {"digest": missing["digest"]}
    tree["layers"] = [{**missing, "urls": ["https://example.org/layer"]}]
    assert wire.push_manifest("demo/app", "v1", tree).status_code == 201
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{**missing, "mediaType": MANIFEST}]}
    refused = wire.push_manifest("demo/app", "v2", index, INDEX)
    assert (refused.status_code, error_codes(refused)) == (400, ["MANIFEST_BLOB_UNKNOWN"])


def test_manifest_under_a_wrong_digest_is_refused(wire):
    refused = wire.push_manifest("demo/app", sha(b"other"), wire.image("demo/app"))
    assert (refused.status_code, error_codes(refused)) == (400, ["DIGEST_INVALID"])
