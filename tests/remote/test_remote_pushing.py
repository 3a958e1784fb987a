"""Pushing blobs: two requests, chunks, mounts, and what may go wrong on the way."""

import io

import pytest
from support.clients import repository
from support.scripted_server import Answer, error_answer, scripted
from support.streams import Pipe

from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.sending import SendingFile
from regexplore.remote.upload_location import upload_location
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.faults import Fault

CONTENT = b"some content of a layer"
BLOB = Descriptor.from_bytes(media_types.OCI_LAYER_GZIP, CONTENT)
ROOT = "/v2/some/app"
UPLOADS = f"{ROOT}/blobs/uploads/"
SESSION = f"{UPLOADS}1"


def accepting(location=SESSION, *, put=201, headers=()):
    """Answer as a registry that opens a session and takes the content."""

    def respond(seen):
        if seen.method == "POST":
            return Answer(202, headers=[("Location", location)])
        return Answer(put if seen.method == "PUT" else 204, headers=headers)

    return respond


@pytest.mark.parametrize(
    "content", [CONTENT, io.BytesIO(CONTENT), Pipe(CONTENT)], ids=["bytes", "file", "pipe"]
)
def test_push_1_6_post_then_put(content):
    if isinstance(content, io.BytesIO):
        content.seek(0)
    with scripted(accepting()) as server:
        repository(server.host).push(BLOB, content)
    post, put = server.seen
    assert (post.line, post.body, post.headers["Content-Length"]) == (f"POST {UPLOADS}", b"", "0")
    assert (put.line, put.body) == (f"PUT {SESSION}?digest={BLOB.digest}", CONTENT)
    assert put.headers["Content-Type"] == "application/octet-stream"
    assert put.headers["Content-Length"] == str(len(CONTENT))


def test_push_1_an_empty_blob():
    empty = Descriptor.from_bytes(media_types.OCTET_STREAM, b"")
    with scripted(accepting()) as server:
        repository(server.host).push(empty, io.BytesIO())
    assert server.seen[1].headers["Content-Length"] == "0"


@pytest.mark.parametrize("how", ["option", "stream"])
def test_push_1_in_chunks_to_real_registries(how, docker_registry, sandbox):
    content = bytes(range(256)) * 400
    target = Descriptor.from_bytes(media_types.OCTET_STREAM, content)
    for host in (docker_registry, sandbox.host):
        repo = repository(host, f"chunks/{how}", upload_chunk_size=30_000)
        if how == "option":
            repo.push(target, Pipe(content))
        else:
            assert repo.blobs.push_stream(Pipe(content)) == target
        assert repo.fetch_all(target) == content
    assert [record.method for record in sandbox.log[:6]] == [
        "POST",
        "PATCH",
        "PATCH",
        "PATCH",
        "PATCH",
        "PUT",
    ]


def test_push_1_a_stream_of_unknown_size_by_sha512(sandbox):
    found = repository(sandbox.host).blobs.push_stream(io.BytesIO(CONTENT), "a/b", algorithm="sha512")
    assert (found.media_type, found.size, found.digest.algorithm) == ("a/b", len(CONTENT), "sha512")
    assert found.digest.matches(CONTENT)


@pytest.mark.parametrize("fault", [Fault.status(500), Fault.reset(), Fault.status(503)])
def test_push_1_a_lost_chunk_is_sent_again_from_where_the_registry_is(fault):
    content = bytes(range(256)) * 40
    target = Descriptor.from_bytes(media_types.OCTET_STREAM, content)
    with SandboxServer() as server:
        server.faults.add(fault, method="PATCH", times=2)
        repo = repository(server.host, upload_chunk_size=4_000)
        repo.push(target, io.BytesIO(content))
        assert repo.fetch_all(target) == content


@pytest.mark.parametrize(("lost", "kind"), [(5, None), (6, errors.ServerError)])
def test_push_1_a_chunk_that_is_lost_again_and_again(lost, kind):
    content = bytes(range(256)) * 40
    target = Descriptor.from_bytes(media_types.OCTET_STREAM, content)
    with SandboxServer() as server:
        rule = server.faults.add(Fault.status(500), method="PATCH", times=lost, skip=1)
        repo = repository(server.host, upload_chunk_size=4_000)
        if kind is None:
            repo.push(target, content)
            assert repo.fetch_all(target) == content
        else:
            with pytest.raises(kind):
                repo.push(target, content)
            assert not repo.exists(target)
            assert server.log[-2].method == "DELETE", "the session is cancelled"
        assert rule.met == lost


class Odd(io.RawIOBase):
    """A file that says that it can go back, and cannot."""

    def __init__(self, content):
        self._content = io.BytesIO(content)

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        raise OSError("illegal seek")

    def read(self, size=-1):
        return self._content.read(size)


class Bare:
    """An object that has ``read``, and nothing else of a file."""

    def __init__(self, content):
        self.read = io.BytesIO(content).read


@pytest.mark.parametrize("kind", [Odd, Bare, Pipe])
def test_push_10_what_cannot_go_back_is_sent_once(kind):
    with scripted(accepting()) as server:
        repository(server.host).push(BLOB, kind(CONTENT))
        assert [(seen.method, seen.body) for seen in server.seen] == [("POST", b""), ("PUT", CONTENT)]
        assert server.seen[1].headers["Content-Length"] == str(len(CONTENT))
    busy = lambda seen: Answer(503) if seen.method == "PUT" else accepting()(seen)  # noqa: E731
    with scripted(busy) as server:
        with pytest.raises(errors.ServerError) as caught:
            repository(server.host, retries=2).push(BLOB, kind(CONTENT))
        assert caught.value.status == 503
        assert [line.split()[0] for line in server.lines].count("PUT") == 1


@pytest.mark.parametrize("kind", ["reset", "iterator"])
def test_push_10_what_ended_a_single_try_is_what_is_told(kind):
    """Not that the content could not be sent again; and never what is left of it, as if it were all."""
    with SandboxServer() as server:
        server.faults.add(Fault.reset() if kind == "reset" else Fault.status(503), method="PUT")
        with pytest.raises(errors.ConnectionLostError if kind == "reset" else errors.ServerError):
            if kind == "reset":
                repository(server.host, retries=2).push(BLOB, Pipe(CONTENT))
            else:
                repo = repository(server.host, retries=2)
                repo._exchange.request("PUT", f"{server.url}{SESSION}", body=iter([CONTENT]))
        assert [record.method for record in server.log].count("PUT") == 1


def test_push_10_a_file_on_its_way_out_is_a_file_that_only_starts_again():
    for content, may in ((io.BytesIO(CONTENT), True), (Pipe(CONTENT), False)):
        sending = SendingFile(content, BLOB)
        assert (sending.readable(), sending.seekable(), sending.tell(), len(sending)) == (
            True,
            may,
            0,
            BLOB.size,
        )
        assert sending.read(4) == CONTENT[:4]
        assert (sending.tell(), len(sending)) == (4, BLOB.size - 4)
        for move in ((1, io.SEEK_SET), (0, io.SEEK_END)):
            with pytest.raises(io.UnsupportedOperation):
                sending.seek(*move)
        if may:
            assert sending.seek(0) == 0
            assert sending.read() == CONTENT
        else:
            with pytest.raises(io.UnsupportedOperation):
                sending.seek(0)
            assert sending.read() == CONTENT[4:]


def test_push_1_a_registry_that_asks_for_larger_chunks_gets_them():
    sizes = []

    def respond(seen):
        if seen.method == "POST":
            return Answer(202, headers=[("Location", SESSION), ("OCI-Chunk-Min-Length", "10")])
        if seen.method == "PATCH":
            sizes.append((len(seen.body), seen.headers["Content-Range"]))
            return Answer(202, headers=[("Location", SESSION)])
        return Answer(201)

    with scripted(respond) as server:
        repository(server.host, upload_chunk_size=3).push(BLOB, CONTENT)
    assert sizes == [(10, "0-9"), (10, "10-19"), (3, "20-22")]


def test_push_1_a_registry_that_claims_to_be_elsewhere_is_not_believed():
    def respond(seen):
        if seen.method == "POST":
            return Answer(202, headers=[("Location", SESSION)])
        if seen.method == "PATCH":
            return Answer(500)
        return Answer(204, headers=[("Range", "0-1000000")])

    with scripted(respond) as server, pytest.raises(errors.ContentError, match="1000001"):
        repository(server.host, upload_chunk_size=3).push(BLOB, CONTENT)
    assert server.lines[-1] == f"DELETE {SESSION}"


@pytest.mark.parametrize(
    ("location", "put"),
    [
        ("u/1", f"{UPLOADS}u/1?digest={{digest}}"),
        (SESSION, f"{SESSION}?digest={{digest}}"),
        ("http://{host}/up", "/up?digest={digest}"),
        ("//{host}/up", "/up?digest={digest}"),
        (f"{SESSION}?_state=a%2Fb==&z=1&a=2", f"{SESSION}?_state=a%2Fb==&z=1&a=2&digest={{digest}}"),
        (f"{SESSION}#part", f"{SESSION}?digest={{digest}}"),
        (f"{SESSION}?", f"{SESSION}?digest={{digest}}"),
    ],
)
def test_push_2_location_in_every_form(location, put):
    where = {}

    def respond(seen):
        return accepting(location.format(**where))(seen)

    with scripted(respond) as server:
        where["host"] = server.host
        repository(server.host).push(BLOB, CONTENT)
    assert server.seen[1].target == put.format(digest=str(BLOB.digest).replace(":", "%3A")) or server.seen[
        1
    ].target == put.format(digest=BLOB.digest)


def test_push_2_a_session_without_a_location():
    with (
        scripted(lambda seen: Answer(202)) as server,
        pytest.raises(errors.UnexpectedContentError, match="Location"),
    ):
        repository(server.host).push(BLOB, CONTENT)


@pytest.mark.parametrize(
    ("asked", "said", "used"),
    [
        ("http://host.example:443/v2/", "http://host.example/up", "http://host.example:443/up"),
        ("https://host.example:443/v2/", "https://host.example/up", "https://host.example/up"),
        ("https://host.example/v2/", "https://host.example:443/up", "https://host.example:443/up"),
    ],
)
def test_push_3_the_port_443_is_put_back_where_it_matters(asked, said, used):
    assert upload_location(_posted(asked, said)) == used


@pytest.mark.parametrize(
    "said",
    [
        "https://other.example/up",
        "http://host.example/up",
        "https://host.example:444/up",
        "//other.example/up",
        "https://host.example.evil/up",
        "ftp://host.example/up",
        "https://host.example:x/up",
    ],
)
def test_push_4_t15_another_origin_is_refused(said):
    with pytest.raises(errors.RedirectRefusedError):
        upload_location(_posted("https://host.example/v2/", said))


def test_push_4_t15_nothing_is_sent_to_another_origin():
    with scripted({}) as other, scripted(accepting(f"http://{other.host}/up")) as server:
        with pytest.raises(errors.RedirectRefusedError):
            repository(server.host).push(BLOB, CONTENT)
        assert other.seen == []
        assert server.lines == [f"POST {UPLOADS}"]


def test_push_5_user_information_is_refused():
    with pytest.raises(errors.RedirectRefusedError) as caught:
        upload_location(_posted("https://host.example/v2/", "https://ada:secret@host.example/up"))
    assert "secret" not in str(caught.value)


def test_push_6_the_authorization_of_the_post_is_used_again():
    with SandboxServer(auth="basic", users={"ada": "lovelace"}) as server:
        repository(server.host, credential=Credential("ada", "lovelace")).push(BLOB, Pipe(CONTENT))
        answered = [(record.method, record.status) for record in server.log]
    assert answered == [("POST", 401), ("POST", 202), ("PUT", 201)]


@pytest.mark.parametrize("status", [200, 202, 204, 400, 413, 500])
def test_push_7_only_201_is_success(status):
    with scripted(accepting(put=status)) as server, pytest.raises(errors.ResponseError) as caught:
        repository(server.host).push(BLOB, CONTENT)
    assert caught.value.status == status


def test_push_7_the_digest_header_is_checked():
    with scripted(accepting(headers=[("Docker-Content-Digest", Digest.of(b"other"))])) as server:
        with pytest.raises(errors.MismatchedDigestError):
            repository(server.host).push(BLOB, CONTENT)


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", io.BytesIO(b"")])
def test_push_8_another_length_is_refused_before_anything_is_sent(content):
    with scripted(accepting()) as server, pytest.raises(errors.ContentError):
        repository(server.host).push(BLOB, content)
    assert server.seen == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CONTENT[:-1], errors.ShortContentError),
        (CONTENT + b"x", errors.TrailingDataError),
        (CONTENT[:-1] + b"!", errors.MismatchedDigestError),
    ],
)
def test_push_9_wrong_content_never_arrives_whole_and_the_session_is_cancelled(content, kind):
    with SandboxServer() as server:
        repo = repository(server.host)
        with pytest.raises(kind):
            repo.push(BLOB, Pipe(content))
        assert not repo.exists(BLOB)
        assert ("DELETE", 204) in [(record.method, record.status) for record in server.log]


def test_push_9_a_cancel_that_fails_hides_nothing():
    def respond(seen):
        return error_answer(500, "UNKNOWN") if seen.method == "DELETE" else accepting(put=400)(seen)

    with scripted(respond) as server, pytest.raises(errors.ResponseError) as caught:
        repository(server.host).push(BLOB, CONTENT)
    assert caught.value.status == 400


@pytest.mark.parametrize("content", [io.BytesIO(CONTENT), Pipe(CONTENT)], ids=["file", "pipe"])
def test_push_10_only_what_can_be_rewound_is_sent_again(content):
    puts = iter([Answer(503), Answer(201)])

    def respond(seen):
        return next(puts) if seen.method == "PUT" else accepting()(seen)

    with scripted(respond) as server:
        repo = repository(server.host, retries=1)
        if isinstance(content, Pipe):
            with pytest.raises(errors.RegexploreError):
                repo.push(BLOB, content)
        else:
            repo.push(BLOB, content)
            assert [seen.body for seen in server.seen if seen.method == "PUT"] == [CONTENT, CONTENT]


def test_mnt_1_one_post_with_both_scopes():
    users = {"ada": "lovelace"}
    with SandboxServer(auth="token", users=users) as server:
        ada = Credential("ada", "lovelace")
        repository(server.host, "base/image", ada).push(BLOB, CONTENT)
        before = len(server.log)
        repository(server.host, "some/app", ada).mount(BLOB, "base/image")
        sent = server.log[before:]
        registry_calls = [record for record in sent if record.path.startswith("/v2/")]
        tokens = [record for record in sent if not record.path.startswith("/v2/")]
        assert [(record.method, record.status) for record in registry_calls] == [("POST", 401), ("POST", 201)]
        assert len(tokens) == 1
        assert "repository%3Abase%2Fimage%3Apull" in tokens[0].query.replace(":", "%3A").replace("/", "%2F")


def _mount(status, *, get=None, location=SESSION):
    def respond(seen):
        if seen.method == "POST":
            return Answer(status, headers=[("Location", location)])
        if seen.method == "GET":
            return get or Answer(body=CONTENT)
        return Answer(201)

    return respond


def test_mnt_2_without_a_mount_the_blob_goes_through_here():
    with scripted(_mount(202)) as server:
        repository(server.host).mount(BLOB, "base/image")
    assert server.lines == [
        f"POST {UPLOADS}?mount={BLOB.digest}&from=base/image",
        f"GET /v2/base/image/blobs/{BLOB.digest}",
        f"PUT {SESSION}?digest={BLOB.digest}",
    ]
    assert server.seen[2].body == CONTENT


def test_mnt_2_or_from_the_callback():
    with scripted(_mount(202)) as server:
        repository(server.host).mount(BLOB, "base/image", lambda: io.BytesIO(CONTENT))
    assert [seen.method for seen in server.seen] == ["POST", "PUT"]


def test_mnt_2_the_digest_header_of_a_mount_is_checked():
    answer = Answer(201, headers=[("Docker-Content-Digest", Digest.of(b"other"))])
    with scripted(lambda seen: answer) as server, pytest.raises(errors.MismatchedDigestError):
        repository(server.host).mount(BLOB, "base/image")


@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_mnt_2_other_answers_have_no_fallback(status):
    with scripted(_mount(status)) as server, pytest.raises(errors.ResponseError):
        repository(server.host).mount(BLOB, "base/image")
    assert len(server.seen) == 1


def test_mnt_3_the_error_of_the_callback_comes_through():
    class NotMountedError(Exception):
        pass

    def refuse():
        raise NotMountedError

    with scripted(_mount(202)) as server, pytest.raises(NotMountedError):
        repository(server.host).mount(BLOB, "base/image", refuse)
    assert "PUT" not in [seen.method for seen in server.seen]


@pytest.mark.parametrize("name", ["", "Base/Image", "../x", "a&from=b", "a b", "a#b"])
def test_mnt_4_the_source_is_a_name(name):
    with scripted({}) as server, pytest.raises(errors.InvalidReferenceError):
        repository(server.host).mount(BLOB, name)
    assert server.seen == []


def _posted(asked, location):
    import requests

    response = requests.Response()
    response.status_code = 202
    response.url = asked
    response.headers["Location"] = location
    response.request = requests.Request("POST", asked).prepare()
    return response
