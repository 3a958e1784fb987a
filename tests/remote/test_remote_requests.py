"""What each call sends, and which answers are success."""

import pytest
from support.clients import registry, repository
from support.scripted_server import Answer, error_answer, json_answer, scripted

from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types

CONTENT = b'{"schemaVersion":2}'
MANIFEST = Descriptor.from_bytes(media_types.DOCKER_MANIFEST, CONTENT)
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, CONTENT)
ROOT = "/v2/some/app"
BAD_DIGESTS = [
    "sha256:../../x",
    "sha256:" + "A" * 64,
    "sha256:%2e%2e",
    "md5:" + "0" * 32,
    "sha256:" + "0" * 10_000,
]


def test_req_1_queries_are_escaped():
    with scripted(lambda seen: json_answer({})) as server:
        list(repository(server.host, tag_list_page_size=3).tag_pages("v1+x/ü"))
        list(registry(server.host, repository_list_page_size=2).repository_pages("a/b&c"))
    assert server.lines == [
        f"GET {ROOT}/tags/list?last=v1%2Bx%2F%C3%BC&n=3",
        "GET /v2/_catalog?last=a%2Fb%26c&n=2",
    ]


def test_req_1_artifact_type_is_escaped():
    index = Answer(body=b'{"manifests": []}', headers=[("Content-Type", media_types.OCI_INDEX)])
    with scripted(lambda seen: index) as server:
        list(repository(server.host).referrer_pages(MANIFEST, "a/b+c d&x=1"))
    assert server.lines == [f"GET {ROOT}/referrers/{MANIFEST.digest}?artifactType=a%2Fb%2Bc%20d%26x%3D1"]


@pytest.mark.parametrize("text", BAD_DIGESTS)
def test_req_2_t15_a_bad_digest_never_becomes_a_url(text):
    with pytest.raises(errors.InvalidDigestError):
        Descriptor("application/octet-stream", text, 1)
    with pytest.raises(errors.InvalidDigestError):
        Digest(text)


@pytest.mark.parametrize("text", BAD_DIGESTS)
def test_req_2_t15_nor_does_a_bad_reference(text):
    with scripted({}) as server:
        for call in (repository(server.host).resolve, repository(server.host).blobs.resolve):
            with pytest.raises((errors.InvalidReferenceError, errors.InvalidDigestError)):
                call(text)
    assert server.seen == []


def test_req_3_identity_everywhere_and_an_index_for_referrers():
    def answer(seen):
        return Answer(body=b'{"manifests": []}', headers=[("Content-Type", media_types.OCI_INDEX)])

    with scripted(answer) as server:
        repo = repository(server.host)
        list(repo.referrer_pages(MANIFEST))
        list(repo.tag_pages())
        registry(server.host).ping()
        repo.exists(BLOB)
    assert {seen.headers["Accept-Encoding"] for seen in server.seen} == {"identity"}
    assert server.seen[0].headers["Accept"] == media_types.OCI_INDEX


def test_req_3_t21_an_encoded_body_is_refused():
    packed = Answer(
        body=b"\x1f\x8b", headers=[("Content-Encoding", "gzip"), ("Content-Type", MANIFEST.media_type)]
    )
    with scripted(lambda seen: packed) as server:
        repo = repository(server.host)
        for call in (
            lambda: repo.fetch_reference("v1"),
            lambda: repo.fetch(BLOB),
            lambda: repo.blobs.fetch_reference(BLOB.digest),
            lambda: list(repo.tag_pages()),
        ):
            with pytest.raises(errors.UnexpectedContentError, match="gzip"):
                call()


@pytest.mark.parametrize("tag", ["v1", "latest", ""])
def test_req_4_blobs_have_no_tags(tag):
    with scripted({}) as server:
        blobs = repository(server.host).blobs
        for call in (blobs.resolve, blobs.fetch_reference):
            with pytest.raises(errors.InvalidReferenceError):
                call(tag)
    assert server.seen == []


def test_req_4_a_full_reference_with_a_digest_is_fine():
    with scripted({f"HEAD {ROOT}/blobs/{BLOB.digest}": Answer(body=CONTENT)}) as server:
        full = f"{server.host}/some/app@{BLOB.digest}"
        assert repository(server.host).blobs.resolve(full) == BLOB


@pytest.mark.parametrize("status", [200, 202, 204])
def test_req_5_deleted(status):
    with scripted(lambda seen: Answer(status)) as server:
        repo = repository(server.host)
        repo.delete(BLOB)
        repo.delete(MANIFEST)
    assert server.lines == [
        f"DELETE {ROOT}/blobs/{BLOB.digest}",
        f"DELETE {ROOT}/manifests/{MANIFEST.digest}",
    ]


@pytest.mark.parametrize("status", [201, 301, 400, 405, 500])
def test_req_5_not_deleted(status):
    with scripted(lambda seen: Answer(status)) as server, pytest.raises(errors.ResponseError) as caught:
        repository(server.host).delete(BLOB)
    assert caught.value.status == status


CALLS = {
    "ping": lambda repo: registry(repo.reference.registry).ping(),
    "repositories": lambda repo: next(registry(repo.reference.registry).repository_pages()),
    "tags": lambda repo: next(repo.tag_pages()),
    "resolve": lambda repo: repo.resolve("v1"),
    "fetch_reference": lambda repo: repo.fetch_reference("v1"),
    "fetch": lambda repo: repo.fetch(MANIFEST),
    "fetch blob": lambda repo: repo.fetch(BLOB),
    "fetch_head": lambda repo: repo.fetch_head(BLOB),
    "resolve blob": lambda repo: repo.blobs.resolve(BLOB.digest),
    "tag": lambda repo: repo.tag(MANIFEST, "v2"),
    "delete": lambda repo: repo.delete(MANIFEST),
    "delete blob": lambda repo: repo.delete(BLOB),
    "push": lambda repo: repo.push(MANIFEST, CONTENT),
    "push blob": lambda repo: repo.push(BLOB, CONTENT),
}


@pytest.mark.parametrize("call", CALLS)
def test_req_6_a_404_is_not_found_and_the_answer(call):
    with scripted(lambda seen: error_answer(404, "NAME_UNKNOWN")) as server:
        with pytest.raises(errors.NotFoundError) as caught:
            CALLS[call](repository(server.host))
    assert isinstance(caught.value, errors.ResponseError)
    assert caught.value.status == 404
    assert caught.value.hint


@pytest.mark.parametrize(
    ("call", "status"), [(call, status) for call in CALLS for status in (401, 403, 418, 500)]
)
def test_page_10_err_1_other_answers_are_raised_with_their_status(call, status):
    with scripted(lambda seen: error_answer(status, "DENIED")) as server:
        with pytest.raises(errors.RegexploreError) as caught:
            CALLS[call](repository(server.host))
    kinds = {
        401: (errors.AuthError, errors.UnauthorizedError),
        403: errors.DeniedError,
        418: errors.ResponseError,
        500: errors.ServerError,
    }
    assert isinstance(caught.value, kinds[status])


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ("ping", 204),
        ("tags", 201),
        ("resolve", 206),
        ("fetch blob", 206),
        ("push", 200),
        ("push", 202),
        ("push blob", 200),
        ("push blob", 201),
    ],
)
def test_page_10_another_success_is_none(call, status):
    with scripted(lambda seen: Answer(status)) as server, pytest.raises(errors.ResponseError) as caught:
        CALLS[call](repository(server.host))
    assert caught.value.status == status
