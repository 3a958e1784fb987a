"""Headers of content, and blobs into files that go on where a transfer broke."""

import io
import os

import pytest
from support.clients import repository
from support.scripted_server import Answer, scripted

from regexplore import errors
from regexplore.content.memory import MemoryStore
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.remote.download import download

CONTENT = os.urandom(300_000)
BLOB = Descriptor.from_bytes(media_types.OCI_LAYER_GZIP, CONTENT)
MANIFEST_BYTES = b'{"schemaVersion":2}'
MANIFEST = Descriptor.from_bytes(media_types.OCI_MANIFEST, MANIFEST_BYTES)


def ranged(seen, *, cut=None, refuse=False):
    asked = seen.headers["Range"]
    if asked is None or refuse:
        return Answer(body=CONTENT, headers=[("Accept-Ranges", "bytes"), ("ETag", '"e1"')], cut=cut)
    first = int(asked.removeprefix("bytes=").partition("-")[0])
    return Answer(
        206, CONTENT[first:], [("Content-Range", f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}")]
    )


@pytest.mark.parametrize("target", [BLOB, MANIFEST], ids=["blob", "manifest"])
def test_head_1_5_headers_of_blobs_and_manifests(target):
    answer = Answer(
        headers=[
            ("Content-Type", target.media_type),
            ("docker-content-digest", target.digest),
            ("ACCEPT-RANGES", "bytes"),
            ("ETag", '"e1"'),
            ("Last-Modified", "Mon, 01 Jan 2026 00:00:00 GMT"),
        ],
        length=target.size,
    )
    with scripted(lambda seen: answer) as server:
        headers = repository(server.host).fetch_head(target)
        assert server.lines == [
            f"HEAD /v2/some/app/{'blobs' if target is BLOB else 'manifests'}/{target.digest}"
        ]
    assert headers["Docker-Content-Digest"] == headers["docker-CONTENT-digest"] == target.digest
    assert (headers.size, headers.digest, headers.media_type) == (
        target.size,
        target.digest,
        target.media_type,
    )
    assert len(headers) == len(list(headers)) >= 5
    assert {name.lower() for name in headers} >= {"content-type", "etag", "accept-ranges"}
    assert (headers.accepts_ranges, headers.etag, headers.last_modified) == (
        True,
        '"e1"',
        "Mon, 01 Jan 2026 00:00:00 GMT",
    )


def test_head_2_another_digest_is_refused_and_another_length_is_told():
    with scripted(lambda seen: Answer(headers=[("Docker-Content-Digest", Digest.of(b"x"))])) as server:
        with pytest.raises(errors.MismatchedDigestError):
            repository(server.host).fetch_head(BLOB)
    with scripted(lambda seen: Answer(length=7)) as server:
        assert repository(server.host).fetch_head(BLOB).size == 7


@pytest.mark.parametrize("status", [206, 301, 404, 500])
def test_head_2_only_200_is_success(status):
    with scripted(lambda seen: Answer(status)) as server, pytest.raises(errors.ResponseError):
        repository(server.host).fetch_head(BLOB)


def test_head_3_the_descriptor_stays_as_it_was():
    annotations = {"a": "b"}
    target = Descriptor(BLOB.media_type, BLOB.digest, BLOB.size, annotations=annotations)
    with scripted(ranged) as server:
        repository(server.host).fetch_head(target)
    assert annotations == {"a": "b"}
    assert target.annotations == {"a": "b"}


def test_head_6_a_whole_download(tmp_path):
    with scripted(ranged) as server:
        path = repository(server.host).download(BLOB, tmp_path / "layer")
        assert path.read_bytes() == CONTENT
        assert repository(server.host).download(BLOB, path) == path
        assert len(server.seen) == 1
    assert os.listdir(tmp_path) == ["layer"]


def test_head_6_a_broken_download_goes_on(tmp_path):
    with (
        scripted(lambda seen: ranged(seen, cut=150_000)) as server,
        pytest.raises(errors.ConnectionLostError),
    ):
        repository(server.host).download(BLOB, tmp_path / "layer")
    held = (tmp_path / "layer.part").stat().st_size
    assert 64 << 10 < held <= 150_000
    with scripted(ranged) as server:
        repository(server.host).download(BLOB, tmp_path / "layer")
        assert server.seen[-1].headers["Range"] == f"bytes={held}-{BLOB.size - 1}"
    assert (tmp_path / "layer").read_bytes() == CONTENT
    assert not (tmp_path / "layer.part").exists()


def test_head_6_far_enough_it_asks_for_the_rest_only(tmp_path):
    (tmp_path / "layer.part").write_bytes(CONTENT[:200_000])
    with scripted(ranged) as server:
        repository(server.host).download(BLOB, tmp_path / "layer")
        assert server.seen[-1].headers["Range"] == f"bytes=200000-{BLOB.size - 1}"
        assert server.seen[-1].headers["If-Range"] == '"e1"'
    assert (tmp_path / "layer").read_bytes() == CONTENT


def test_head_6_without_ranges_it_begins_again(tmp_path):
    (tmp_path / "layer.part").write_bytes(CONTENT[:200_000])
    with scripted(lambda seen: ranged(seen, refuse=True)) as server:
        repository(server.host).download(BLOB, tmp_path / "layer")
    assert (tmp_path / "layer").read_bytes() == CONTENT


@pytest.mark.parametrize("part", [b"x" * 200_000, b"x" * len(CONTENT), CONTENT + b"more"])
def test_head_6_what_is_there_is_not_believed(tmp_path, part):
    (tmp_path / "layer.part").write_bytes(part)
    with scripted(ranged) as server:
        repo = repository(server.host)
        if part.startswith(CONTENT):
            repo.download(BLOB, tmp_path / "layer")
        else:
            with pytest.raises(errors.ContentError):
                repo.download(BLOB, tmp_path / "layer")
            assert os.listdir(tmp_path) == []
            repo.download(BLOB, tmp_path / "layer")
    assert (tmp_path / "layer").read_bytes() == CONTENT


def test_head_6_another_file_of_that_name_is_not_overwritten(tmp_path):
    (tmp_path / "layer").write_bytes(b"mine")
    with scripted(ranged) as server, pytest.raises(errors.AlreadyExistsError):
        repository(server.host).download(BLOB, tmp_path / "layer")
    assert (tmp_path / "layer").read_bytes() == b"mine"


def test_head_6_t37_a_link_in_the_way_is_not_followed(tmp_path):
    (tmp_path / "layer.part").symlink_to(tmp_path / "elsewhere")
    with scripted(ranged) as server, pytest.raises(OSError, match="layer.part"):
        repository(server.host).download(BLOB, tmp_path / "layer")
    assert not (tmp_path / "elsewhere").exists()


def test_head_6_on_real_registries(tmp_path, docker_registry, go_registry, sandbox):
    for n, host in enumerate((docker_registry, go_registry, sandbox.host)):
        repo = repository(host, "download/app")
        repo.push(BLOB, CONTENT)
        (tmp_path / f"layer{n}.part").write_bytes(CONTENT[:200_000])
        assert repo.download(BLOB, tmp_path / f"layer{n}").read_bytes() == CONTENT


def test_head_6_from_a_store_whose_streams_do_not_verify_themselves(tmp_path):
    store = MemoryStore()
    assert store.add(BLOB.media_type, CONTENT) == BLOB
    (tmp_path / "second.part").write_bytes(CONTENT[:200_000])
    for name in ("first", "second"):
        assert download(store, BLOB, tmp_path / name).read_bytes() == CONTENT

    class Lying:
        def fetch(self, target):
            return io.BytesIO(b"x" * target.size)

    with pytest.raises(errors.ContentError, match="asked for"):
        download(Lying(), BLOB, tmp_path / "third")
    assert sorted(os.listdir(tmp_path)) == ["first", "second"]
