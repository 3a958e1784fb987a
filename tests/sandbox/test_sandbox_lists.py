"""end-8, end-12 and the catalog: lists, their pages, order and filters."""

from __future__ import annotations

import json

import pytest
from support.registry_wire import EMPTY_TYPE, INDEX, MANIFEST, error_codes, sha

TAGS = ["latest", "v1.2", "Z9", "B", "_x", "v1.10", "a"]


@pytest.fixture
def tagged(wire):
    wire.push_image("demo/app", *TAGS)
    return wire


def _pages(wire, path, member):
    while path:
        response = wire("GET", path)
        assert response.status_code == 200
        yield response.json()[member]
        path = response.links.get("next", {}).get("url", "")


def test_end_8a_tags_are_in_byte_order(tagged):
    assert tagged.tags("demo/app").json() == {"name": "demo/app", "tags": sorted(TAGS)}
    assert "Link" not in tagged.tags("demo/app").headers


@pytest.mark.parametrize("n", [1, 2, 3, 6, 7, 8])
def test_end_8b_pages_hold_every_tag_once(tagged, n):
    pages = list(_pages(tagged, f"demo/app/tags/list?n={n}", "tags"))
    assert [tag for page in pages for tag in page] == sorted(TAGS)
    assert all(len(page) == n for page in pages[:-1])
    assert 0 < len(pages[-1]) <= n


def test_end_8b_n_of_zero_is_an_empty_list_without_a_link(tagged):
    response = tagged.tags("demo/app", "?n=0")
    assert (response.json()["tags"], "Link" in response.headers) == ([], False)


@pytest.mark.parametrize("n", ["-1", "abc", "1.5", "", "٣", "9" * 30])
def test_end_8b_n_that_is_no_number_is_refused(tagged, n):
    response = tagged.tags("demo/app", f"?n={n}")
    assert (response.status_code, error_codes(response)) == (400, ["PAGINATION_NUMBER_INVALID"])


def test_end_8b_last_need_not_be_a_tag(tagged):
    assert tagged.tags("demo/app", "?last=b").json()["tags"] == ["latest", "v1.10", "v1.2"]
    assert tagged.tags("demo/app", "?last=zzz&n=3").json()["tags"] == []


def test_tags_of_a_repository_without_tags(tagged):
    tagged.push_blob("demo/blobs", b"x")
    assert tagged.tags("demo/blobs").json()["tags"] == []


def test_catalog_names_repositories_that_hold_manifests(tagged):
    tagged.push_image("another")
    tagged.push_blob("only/blobs", b"x")
    assert tagged("GET", "_catalog").json() == {"repositories": ["another", "demo/app"]}
    assert list(_pages(tagged, "_catalog?n=1", "repositories")) == [["another"], ["demo/app"]]


def _attach(wire, subject, n, artifact_type):
    tree = wire.image(
        "demo/app",
        artifactType=artifact_type,
        subject={"mediaType": MANIFEST, "digest": subject, "size": 1},
        annotations={"n": str(n)},
    )
    response = wire.push_manifest("demo/app", "", tree)
    assert (response.status_code, response.headers["OCI-Subject"]) == (201, subject)
    return sha(json.dumps(tree).encode())


def test_end_12a_referrers_of_a_subject_that_may_be_missing(wire):
    subject = sha(b"not pushed")
    digests = [_attach(wire, subject, n, "application/x.a") for n in range(3)]
    response = wire("GET", f"demo/app/referrers/{subject}")
    assert response.headers["Content-Type"] == INDEX
    index = response.json()
    assert (index["schemaVersion"], index["mediaType"]) == (2, INDEX)
    assert [entry["digest"] for entry in index["manifests"]] == digests
    first = index["manifests"][0]
    assert first["mediaType"] == MANIFEST
    assert first["artifactType"] == "application/x.a"
    assert first["annotations"] == {"n": "0"}
    assert first["size"] == int(wire("HEAD", f"demo/app/manifests/{digests[0]}").headers["Content-Length"])


def test_end_12a_nothing_and_unknown_repositories_are_empty_lists(wire):
    for path in (f"demo/app/referrers/{sha(b'')}", f"never/pushed/referrers/{sha(b'x')}"):
        response = wire("GET", path)
        assert (response.status_code, response.json()["manifests"]) == (200, [])
    refused = wire("GET", "demo/app/referrers/sha256:bad")
    assert (refused.status_code, error_codes(refused)) == (400, ["DIGEST_INVALID"])


def test_end_12b_filter_is_applied_and_said(wire):
    subject = sha(b"subject")
    for n, kind in enumerate(["application/x.a", "application/x.b", "application/x.a"]):
        _attach(wire, subject, n, kind)
    response = wire("GET", f"demo/app/referrers/{subject}?artifactType=application/x.a")
    assert response.headers["OCI-Filters-Applied"] == "artifactType"
    assert [entry["annotations"]["n"] for entry in response.json()["manifests"]] == ["0", "2"]
    assert "OCI-Filters-Applied" not in wire("GET", f"demo/app/referrers/{subject}").headers


def test_end_12a_artifact_type_falls_back_to_the_config_and_indexes_have_none(wire):
    subject = {"mediaType": MANIFEST, "digest": sha(b"subject"), "size": 1}
    assert wire.push_manifest("demo/app", "", wire.image("demo/app", subject=subject)).status_code == 201
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "subject": subject}
    pushed = wire.push_manifest("demo/app", "", index, INDEX)
    assert pushed.headers["OCI-Subject"] == subject["digest"]
    listed = wire("GET", f"demo/app/referrers/{subject['digest']}").json()["manifests"]
    assert [entry.get("artifactType") for entry in listed] == [EMPTY_TYPE, None]


def test_a_deleted_referrer_is_no_longer_listed(wire):
    subject = sha(b"subject")
    digest = _attach(wire, subject, 1, "application/x.a")
    assert wire("DELETE", f"demo/app/manifests/{digest}").status_code == 202
    assert wire("GET", f"demo/app/referrers/{subject}").json()["manifests"] == []
