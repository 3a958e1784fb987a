"""Descriptors from answers, and which digest is believed."""

import hashlib

import pytest
from support.clients import repository
from support.scripted_server import Answer, scripted

from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types

BODY = b'{"schemaVersion":2}'
DIGEST = Digest.of(BODY)
OTHER = Digest.of(b"other")
SHA512 = Digest("sha512:" + hashlib.sha512(BODY).hexdigest())
TYPE = ("Content-Type", media_types.OCI_MANIFEST)
RIGHT = Descriptor(media_types.OCI_MANIFEST, DIGEST, len(BODY))
MISMATCH, INVALID = errors.MismatchedDigestError, errors.InvalidDigestError


def says(digest):
    return [TYPE] if digest is None else [TYPE, ("Docker-Content-Digest", digest)]


def outcome(call):
    try:
        return call()
    except errors.RegexploreError as error:
        return type(error)


# asked for, header, outcome of resolve (HEAD), outcome of fetch_reference (GET)
TABLE = {
    "tag, none": ("v1", None, RIGHT, RIGHT),
    "tag, right": ("v1", DIGEST, RIGHT, RIGHT),
    "tag, wrong": ("v1", OTHER, Descriptor(RIGHT.media_type, OTHER, RIGHT.size), MISMATCH),
    "digest, none": (DIGEST, None, RIGHT, RIGHT),
    "digest, same": (DIGEST, DIGEST, RIGHT, RIGHT),
    "digest, other": (DIGEST, OTHER, MISMATCH, MISMATCH),
}


@pytest.mark.parametrize("row", TABLE)
def test_desc_2_4_truth_table_of_manifests(row):
    asked, header, head, get = TABLE[row]
    with scripted(lambda seen: Answer(body=BODY, headers=says(header))) as server:
        repo = repository(server.host)
        assert outcome(lambda: repo.resolve(asked)) == head
        assert outcome(lambda: repo.fetch_reference(asked)[0]) == get


@pytest.mark.parametrize("header", [None, DIGEST, OTHER, "SHA256:" + DIGEST.encoded, "sha256:abc", "md4:abc"])
def test_desc_2_3_blobs_believe_the_digest_asked_for(header):
    blob = Descriptor(media_types.OCI_MANIFEST, DIGEST, len(BODY))
    expected = blob if header in (None, DIGEST) else MISMATCH if header == OTHER else INVALID
    with scripted(lambda seen: Answer(body=BODY, headers=says(header))) as server:
        blobs = repository(server.host).blobs
        assert outcome(lambda: blobs.resolve(DIGEST)) == expected
        assert outcome(lambda: blobs.fetch_reference(DIGEST)[0]) == expected


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("application/vnd.oci.image.manifest.v1+json; charset=utf-8", media_types.OCI_MANIFEST),
        ("Application/Vnd.OCI.image.manifest.v1+JSON", media_types.OCI_MANIFEST),
        ("text/plain", "text/plain"),
    ],
)
def test_desc_1_the_content_type_is_read_without_parameters_in_lower_case(header, read):
    answer = Answer(body=BODY, headers=[("Content-Type", header), ("Docker-Content-Digest", DIGEST)])
    with scripted(lambda seen: answer) as server:
        assert repository(server.host).resolve("v1").media_type == read
        assert repository(server.host).fetch_reference("v1")[0].media_type == read


@pytest.mark.parametrize("header", [None, "", "nonsense", "a/b/c", "a b/c", ";"])
def test_desc_1_a_manifest_without_a_readable_content_type_is_refused(header):
    headers = [("Docker-Content-Digest", DIGEST)] + ([] if header is None else [("Content-Type", header)])
    with scripted(lambda seen: Answer(body=BODY, headers=headers)) as server:
        for call in (repository(server.host).resolve, repository(server.host).fetch_reference):
            with pytest.raises(errors.InvalidMediaTypeError):
                call("v1")


@pytest.mark.parametrize("header", [None, "", "nonsense", "a b/c"])
def test_desc_3_a_blob_without_one_is_an_octet_stream(header):
    headers = [] if header is None else [("Content-Type", header)]
    with scripted(lambda seen: Answer(body=BODY, headers=headers)) as server:
        blobs = repository(server.host).blobs
        assert blobs.resolve(DIGEST).media_type == media_types.OCTET_STREAM
        assert blobs.fetch_reference(DIGEST)[0].media_type == media_types.OCTET_STREAM


def test_desc_3_a_blob_needs_a_length():
    with scripted(lambda seen: Answer(body=BODY, length=None)) as server:
        for call in (repository(server.host).blobs.resolve, repository(server.host).blobs.fetch_reference):
            with pytest.raises(errors.UnexpectedContentError, match="Content-Length"):
                call(DIGEST)


def test_desc_4_a_manifest_without_a_length_costs_one_get():
    with scripted(lambda seen: Answer(body=BODY, headers=says(None), length=None)) as server:
        found, stream = repository(server.host).fetch_reference("v1")
        assert (found, stream.read()) == (RIGHT, BODY)
        assert server.lines == ["GET /v2/some/app/manifests/v1"]


def test_desc_4_a_head_that_does_not_tell_the_length_is_followed_by_one_get():
    with scripted(lambda seen: Answer(body=BODY, headers=says(DIGEST), length=None)) as server:
        assert repository(server.host).resolve("v1") == RIGHT
        assert [seen.method for seen in server.seen] == ["HEAD", "GET"]


def test_desc_5_t20_bytes_are_held_against_the_digest_asked_for():
    """Body, header, or both may lie: all are met."""
    target = RIGHT
    with scripted(lambda seen: Answer(body=b'{"other":1}', headers=says(DIGEST))) as server:
        repo = repository(server.host)
        for call in (
            lambda: repo.fetch(target),
            lambda: repo.fetch_reference(DIGEST),
            lambda: repo.fetch_reference("v1"),
        ):
            with pytest.raises(MISMATCH):
                call()


def test_desc_6_the_algorithm_asked_for_is_the_one_that_counts():
    for header in (None, DIGEST, SHA512):
        with scripted(lambda seen, header=header: Answer(body=BODY, headers=says(header))) as server:
            repo = repository(server.host)
            found, stream = repo.fetch_reference(SHA512)
            assert (found.digest, stream.read()) == (SHA512, BODY)
            assert repo.resolve(SHA512).digest == SHA512
            assert repo.fetch(Descriptor(RIGHT.media_type, SHA512, len(BODY))).read() == BODY


def test_desc_6_a_sha512_header_for_a_tag_is_checked_too():
    with scripted(lambda seen: Answer(body=b"{}", headers=says(SHA512))) as server, pytest.raises(MISMATCH):
        repository(server.host).fetch_reference("v1")


@pytest.mark.parametrize("length", ["real", None])
@pytest.mark.parametrize("asked", ["v1", DIGEST])
def test_desc_7_t26_a_manifest_beyond_the_limit_is_not_cut(asked, length):
    large = Answer(body=BODY + b" " * 100, headers=says(None), length=length)
    with scripted(lambda seen: large) as server, pytest.raises(errors.SizeExceedsLimitError):
        repository(server.host, max_metadata_bytes=64).fetch_reference(asked)
