"""Fetching: verified on complete read, seekable where the registry serves ranges."""

import io
from contextlib import contextmanager

import pytest
from support.clients import repository
from support.scripted_server import Answer, scripted

from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types

CONTENT = bytes(range(256)) * 2048
BLOB = Descriptor.from_bytes(media_types.OCI_LAYER_GZIP, CONTENT)
PATH = f"/v2/some/app/blobs/{BLOB.digest}"
FAR = 200_000


def ranged(seen, content=CONTENT):
    """Answer as a registry that serves ranges."""
    asked = seen.headers["Range"]
    if asked is None:
        return Answer(body=content, headers=[("Accept-Ranges", "bytes"), ("ETag", '"e1"')])
    first, last = (int(part) for part in asked.removeprefix("bytes=").split("-"))
    return Answer(206, content[first : last + 1], [("Content-Range", f"bytes {first}-{last}/{len(content)}")])


@contextmanager
def opened(respond, target=BLOB):
    with scripted(respond) as server, repository(server.host).fetch(target) as stream:
        yield server, stream


def test_fetch_1_a_manifest_is_verified_by_its_bytes():
    body = b'{"schemaVersion":2}'
    for size in (len(body), 3, 4_000):
        target = Descriptor(media_types.OCI_MANIFEST, Digest.of(body), size)
        with scripted(lambda seen: Answer(body=body, headers=[("Content-Type", "text/plain")])) as server:
            with repository(server.host).fetch(target) as stream:
                assert stream.read() == body
                assert stream.verified is True
            assert server.seen[0].headers["Accept"] == media_types.OCI_MANIFEST


@pytest.mark.parametrize(
    "headers", [[("Docker-Content-Digest", Digest.of(b"other"))], [("Docker-Content-Digest", "no digest")]]
)
def test_fetch_2_a_blob_with_another_digest_header_is_refused(headers):
    with scripted(lambda seen: Answer(body=CONTENT, headers=headers)) as server:
        with pytest.raises((errors.MismatchedDigestError, errors.InvalidDigestError)):
            repository(server.host).fetch(BLOB)


def test_fetch_2_a_blob_with_another_length_is_refused():
    with scripted(lambda seen: Answer(body=CONTENT[:-1])) as server:
        with pytest.raises(errors.ContentError, match="Content-Length"):
            repository(server.host).fetch(BLOB)


def test_fetch_3_a_blob_of_unknown_size_is_fetched_by_its_digest():
    with scripted(ranged) as server:
        target, stream = repository(server.host).blobs.fetch_reference(BLOB.digest)
        with stream:
            assert stream.read() == CONTENT
            assert stream.verified is True
        assert (target.digest, target.size) == (BLOB.digest, BLOB.size)
        assert server.lines == [f"GET {PATH}"]


def test_fetch_4_seek_is_offered_unless_the_registry_says_none():
    with opened(ranged) as (_, stream):
        assert stream.seekable()
    with opened(lambda seen: Answer(body=CONTENT, headers=[("Accept-Ranges", "none")])) as (_, stream):
        assert not stream.seekable()


def test_fetch_5_a_seek_is_one_range_request():
    with opened(ranged) as (server, stream):
        assert stream.read(10) == CONTENT[:10]
        assert stream.seek(FAR) == FAR
        assert stream.read(5) == CONTENT[FAR : FAR + 5]
        assert stream.seek(-3, io.SEEK_END) == len(CONTENT) - 3
        assert stream.read() == CONTENT[-3:]
        assert stream.seek(-5, io.SEEK_CUR) == len(CONTENT) - 5
        assert stream.read(2) == CONTENT[-5:-3]
        asked = [seen.headers["Range"] for seen in server.seen]
        assert asked == [
            None,
            f"bytes={FAR}-{BLOB.size - 1}",
            f"bytes={BLOB.size - 3}-{BLOB.size - 1}",
            f"bytes={BLOB.size - 5}-{BLOB.size - 1}",
        ]
        assert server.seen[1].headers["If-Range"] == '"e1"'


def test_fetch_5_to_where_it_is_and_beyond_the_end_costs_nothing():
    with opened(ranged) as (server, stream):
        stream.read(7)
        assert stream.seek(0, io.SEEK_CUR) == 7
        assert stream.seek(BLOB.size + 5) == BLOB.size + 5
        assert stream.read() == b""
        assert len(server.seen) == 1


def test_fetch_5_a_move_of_no_known_kind_is_refused():
    with opened(ranged) as (server, stream):
        with pytest.raises(ValueError, match="whence is 0, 1 or 2, not 3"):
            stream.seek(0, 3)
        assert (stream.tell(), len(server.seen)) == (0, 1)
        assert stream.read() == CONTENT


def test_fetch_5_before_the_start_is_refused():
    with opened(ranged) as (_, stream), pytest.raises(ValueError, match="before the start"):
        stream.seek(-1)


@pytest.mark.parametrize("status", [200, 416, 404, 500])
def test_fetch_5_a_failed_seek_leaves_the_stream_as_it_was(status):
    def respond(seen):
        return ranged(seen) if seen.headers["Range"] is None else Answer(status, b"")

    with opened(respond) as (_, stream):
        stream.read(10)
        with pytest.raises(errors.RegexploreError):
            stream.seek(FAR)
        assert stream.tell() == 10
        assert stream.read() == CONTENT[10:]
        assert stream.verified is True


def test_fetch_6_after_close():
    with opened(ranged) as (_, stream):
        stream.close()
        stream.close()
        for call in (stream.read, lambda: stream.seek(5)):
            with pytest.raises(ValueError, match="closed"):
                call()


def test_fetch_6_an_empty_blob_is_never_asked_for_a_range():
    empty = Descriptor.from_bytes(media_types.OCTET_STREAM, b"")
    with opened(lambda seen: Answer(body=b""), empty) as (server, stream):
        assert stream.read() == b""
        assert stream.verified is True
        stream.seek(0)
        stream.seek(3)
        assert [seen.headers["Range"] for seen in server.seen] == [None]


LAST = len(CONTENT) - 1
RANGE_LIES = {
    "no Content-Range": (CONTENT[FAR:], []),
    "another start": (CONTENT[FAR:], [("Content-Range", f"bytes 0-{LAST}/{len(CONTENT)}")]),
    "another end": (CONTENT[FAR:], [("Content-Range", f"bytes {FAR}-{LAST - 1}/{len(CONTENT)}")]),
    "another total": (CONTENT[FAR:], [("Content-Range", f"bytes {FAR}-{LAST}/{len(CONTENT) + 1}")]),
    "another length": (CONTENT[FAR + 1 :], [("Content-Range", f"bytes {FAR}-{LAST}/{len(CONTENT)}")]),
    "several parts": (
        CONTENT[FAR:],
        [
            ("Content-Type", "multipart/byteranges; boundary=x"),
            ("Content-Range", f"bytes {FAR}-{LAST}/{len(CONTENT)}"),
        ],
    ),
    "not bytes": (CONTENT[FAR:], [("Content-Range", f"items {FAR}-{LAST}/{len(CONTENT)}")]),
}


@pytest.mark.parametrize("lie", RANGE_LIES)
def test_fetch_7_a_range_answer_holds_what_was_asked_for(lie):
    body, headers = RANGE_LIES[lie]

    def respond(seen):
        return ranged(seen) if seen.headers["Range"] is None else Answer(206, body, headers)

    with opened(respond) as (_, stream):
        with pytest.raises(errors.NotSeekableError):
            stream.seek(FAR)
        assert not stream.seekable()
        assert stream.read() == CONTENT


def test_fetch_7_a_total_that_is_not_told_is_fine():
    def respond(seen):
        if seen.headers["Range"] is None:
            return ranged(seen)
        return Answer(206, CONTENT[FAR:], [("Content-Range", f"bytes {FAR}-{LAST}/*")])

    with opened(respond) as (_, stream):
        stream.seek(FAR)
        assert stream.read() == CONTENT[FAR:]


def test_fetch_8_a_small_gap_is_read_over():
    with opened(ranged) as (server, stream):
        stream.read(10)
        stream.seek(1_000)
        assert stream.read() == CONTENT[1_000:]
        assert stream.verified is True
        assert len(server.seen) == 1


def test_fetch_8_range_answers_tell_their_warnings():
    told = []

    def respond(seen):
        answer = ranged(seen)
        return Answer(answer.status, answer.body, [*answer.headers, ("Warning", f'299 - "{answer.status}"')])

    with scripted(respond) as server:
        with repository(server.host, handle_warning=lambda warning: told.append(warning.text)).fetch(
            BLOB
        ) as stream:
            stream.seek(FAR)
    assert told == ["200", "206"]


def test_fetch_9_a_stream_that_was_moved_is_not_verified():
    with opened(ranged) as (_, stream):
        assert stream.verified is None
        stream.seek(FAR)
        assert stream.read() == CONTENT[FAR:]
        assert stream.verified is False


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(body=CONTENT, cut=100), (errors.ShortContentError, errors.ConnectionLostError)),
        (Answer(body=CONTENT[:100], length=None), errors.ShortContentError),
        (Answer(body=CONTENT + b"x", length=None), errors.TrailingDataError),
        (Answer(body=bytes(len(CONTENT))), errors.MismatchedDigestError),
    ],
    ids=["cut", "short", "trailing", "other"],
)
def test_fetch_10_wrong_content_is_never_read_whole(answer, kind):
    with opened(lambda seen: answer) as (_, stream):
        with pytest.raises(kind) as first:
            while stream.read(1000):
                pass
        assert stream.verified is False
        with pytest.raises(kind) as second:
            stream.read()
        assert second.value is first.value


def test_fetch_10_read_in_every_way():
    with opened(ranged) as (_, stream):
        buffer = bytearray(100)
        assert stream.readinto(buffer) == 100
        assert bytes(buffer) + stream.read(50) + stream.read1(50) + stream.read() == CONTENT
    with opened(ranged) as (_, stream):
        buffer, content = bytearray(30_000), b""
        while got := stream.readinto1(buffer):
            content += buffer[:got]
        assert content == CONTENT
        assert stream.verified is True


def test_fetch_10_a_body_that_breaks_behind_its_last_byte_is_not_verified():
    """All bytes are there, but nobody said that they are all: more could have followed."""
    chunked = Answer(
        body=b"%x\r\n%s\r\n" % (len(CONTENT), CONTENT),
        headers=[("Transfer-Encoding", "chunked")],
        length=None,
    )
    with opened(lambda seen: chunked) as (_, stream):
        with pytest.raises(
            errors.ConnectionLostError, match=f"{len(CONTENT)} of {len(CONTENT)} bytes arrived"
        ):
            stream.read()
        assert stream.verified is False


def test_fetch_10_lines_of_text_can_be_read():
    text = "one\ntwo\nthree\n" * 1000
    target = Descriptor.from_bytes("text/plain", text.encode())
    with opened(lambda seen: Answer(body=text.encode()), target) as (_, stream):
        assert list(io.TextIOWrapper(stream, "utf-8")) == text.splitlines(keepends=True)


# ---- small blobs at once -----------------------------------------------------------------------------


def test_fetch_10_a_small_blob_read_whole_is_one_request_and_verified():
    with scripted(lambda seen: Answer(body=CONTENT)) as server:
        assert repository(server.host).blobs.fetch_whole(BLOB, len(CONTENT)) == CONTENT
        assert server.lines == [f"GET {PATH}"]


def test_t20_a_blob_larger_than_the_limit_is_not_asked_for():
    with scripted(lambda seen: Answer(body=CONTENT)) as server:
        with pytest.raises(errors.SizeExceedsLimitError, match=f"{len(CONTENT)} bytes, more than 100"):
            repository(server.host).blobs.fetch_whole(BLOB, 100)
        assert not server.seen


def test_fetch_10_a_small_blob_that_was_cut_is_read_again():
    answers = [Answer(body=CONTENT, cut=1_000), Answer(body=CONTENT)]
    with scripted({f"GET {PATH}": answers}) as server:
        assert repository(server.host).blobs.fetch_whole(BLOB, len(CONTENT)) == CONTENT
        assert server.lines == [f"GET {PATH}"] * 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(body=CONTENT, cut=1_000), errors.ConnectionLostError),
        (Answer(body=CONTENT[:-1], length=None), errors.ShortContentError),
        (Answer(body=CONTENT + b"x", length=None), errors.TrailingDataError),
        (Answer(body=b"x" + CONTENT[1:]), errors.MismatchedDigestError),
        (Answer(body=CONTENT[:-1]), errors.ContentError),
    ],
    ids=["cut", "short", "trailing", "other", "another length"],
)
def test_t19_a_small_blob_that_is_wrong_is_never_returned(answer, kind):
    with scripted(lambda seen: answer) as server, pytest.raises(kind):
        repository(server.host).blobs.fetch_whole(BLOB, len(CONTENT))


# ---- a part of a blob --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["docker_registry", "sandbox"])
def test_fetch_7_a_part_is_one_range_request(kind, request):
    found = request.getfixturevalue(kind)
    repo = repository(getattr(found, "host", found))
    repo.push(BLOB, CONTENT)
    before = repo.requests_sent
    assert repo.read_range(BLOB, 1_000, 3_000) == CONTENT[1_000:3_000]
    assert repo.read_range(BLOB, len(CONTENT) - 1, len(CONTENT)) == CONTENT[-1:]
    assert repo.requests_sent == before + 2


def test_fetch_7_a_part_of_nothing_costs_nothing_and_one_outside_is_refused():
    with scripted(ranged) as server:
        repo = repository(server.host)
        assert repo.read_range(BLOB, 5, 5) == b""
        for start, end in ((-1, 5), (6, 5), (0, len(CONTENT) + 1)):
            with pytest.raises(ValueError, match="is not inside"):
                repo.read_range(BLOB, start, end)
        assert not server.seen


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(body=CONTENT), errors.NotSeekableError),
        (Answer(416), errors.NotSeekableError),
        (Answer(404), errors.NotFoundError),
        (Answer(206, CONTENT[:50], [("Content-Range", f"bytes 0-99/{len(CONTENT)}")], None), errors.ShortContentError),
        (Answer(206, CONTENT[:100], [("Content-Range", f"bytes 0-99/{len(CONTENT)}")], cut=50), errors.ConnectionLostError),
        (Answer(206, CONTENT[:100], [("Content-Range", f"bytes 0-99/{len(CONTENT)}"), ("Content-Encoding", "gzip")]), errors.NotSeekableError),
    ],
    ids=["all of it", "refused", "gone", "short", "cut", "encoded"],
)  # fmt: skip
def test_fetch_7_a_part_that_is_not_what_was_asked_for_is_never_returned(answer, kind):
    with scripted(lambda seen: answer) as server:
        with pytest.raises(kind):
            repository(server.host).read_range(BLOB, 0, 100)
        assert [seen.headers["Range"] for seen in server.seen] == ["bytes=0-99"]
