"""References read against a repository, and what the options do."""

import io
import socket

import pytest
import requests
from support.clients import options_for, registry, repository
from support.scripted_server import Answer, json_answer, scripted

from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.auth.default import default_client
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.registry import RemoteRegistry
from regexplore.remote.repository import RemoteRepository

DIGEST = Digest.of(b"{}")
REPO = RemoteRepository("host.example:5000/some/app")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("v1", "v1"),
        (DIGEST, DIGEST),
        (f"v1@{DIGEST}", DIGEST),
        ("host.example:5000/some/app:v1", "v1"),
        (f"host.example:5000/some/app@{DIGEST}", DIGEST),
        (f"host.example:5000/some/app:v1@{DIGEST}", DIGEST),
    ],
)
def test_ref_12_accepted_forms(text, reference):
    assert REPO.parse_reference(text).reference == reference


@pytest.mark.parametrize(
    "text",
    [
        "host.example:5000/other/app:v1",
        "other.example/some/app:v1",
        f"other.example/some/app@{DIGEST}",
        "sha256:abc",
        f"@{DIGEST}x",
        "bad tag",
    ],
)
def test_ref_12_others_are_refused(text):
    with pytest.raises(errors.InvalidReferenceError):
        REPO.parse_reference(text)


@pytest.mark.parametrize("text", ["", "host.example:5000/some/app", "host.example:5000/some/app:"])
def test_ref_3_12_a_reference_is_needed(text):
    with pytest.raises(errors.MissingReferenceError):
        REPO.parse_reference(text)


def test_ref_12_docker_io_and_its_host_are_two_names():
    with pytest.raises(errors.InvalidReferenceError, match=r"docker\.io/some/app"):
        RemoteRepository("docker.io/some/app").parse_reference("registry-1.docker.io/some/app:v1")


def test_ref_13_the_first_error_of_a_text_with_a_slash():
    with pytest.raises(errors.InvalidReferenceError, match="repository"):
        REPO.parse_reference("host.example:5000/Some/App:v1")


def test_opt_1_the_default_client_is_shared():
    assert RemoteRepository("a.example/app")._exchange.client is RemoteRegistry("b.example")._exchange.client
    assert RemoteRepository("a.example/app")._exchange.client is default_client()


def test_opt_1_a_session_of_requests_is_a_client():
    with scripted({"GET /v2/": Answer()}) as server, requests.Session() as session:
        session.headers["X-Ours"] = "yes"
        RemoteRegistry(server.host, client=session).ping()
        assert server.lines == ["GET /v2/"]


def test_opt_1_anything_with_send_is_a_client():
    class Counting:
        def __init__(self):
            self.urls = []

        def send(self, request, **kwargs):
            self.urls.append(request.url)
            with requests.Session() as session:
                return session.send(request, **kwargs)

    client = Counting()
    with scripted({"GET /v2/": Answer()}) as server:
        RemoteRegistry(server.host, client=client).ping()
        assert client.urls == [f"http://{server.host}/v2/"]


@pytest.mark.parametrize(
    ("host", "plain_http", "scheme"),
    [
        ("localhost:5000", None, "http"),
        ("127.0.0.1", None, "http"),
        ("[::1]:5000", None, "http"),
        ("localhost:5000", False, "https"),
        ("host.example", None, "https"),
        ("host.example", True, "http"),
        ("localhost.example", None, "https"),
    ],
)
def test_opt_2_scheme(host, plain_http, scheme):
    assert RepositoryOptions(plain_http=plain_http).scheme(host) == scheme


def test_opt_3_accept_in_the_order_given():
    types = [media_types.OCI_INDEX, "application/x-own"]
    with scripted({}) as server:
        for listed in (types, []):
            with pytest.raises(errors.NotFoundError):
                repository(server.host, manifest_media_types=listed).resolve("v1")
    assert server.seen[0].headers["Accept"] == f"{media_types.OCI_INDEX}, application/x-own"
    assert server.seen[1].headers["Accept"] == ", ".join(media_types.DEFAULT_MANIFEST_TYPES)
    assert len(media_types.DEFAULT_MANIFEST_TYPES) == 5


@pytest.mark.parametrize(
    ("media_type", "place"),
    [
        (media_types.DOCKER_MANIFEST, "manifests"),
        (media_types.DOCKER_SCHEMA1_SIGNED, "manifests"),
        ("application/x-own", "manifests"),
        (media_types.OCI_LAYER_GZIP, "blobs"),
    ],
)
def test_opt_4_a_narrow_accept_does_not_move_manifests_to_blobs(media_type, place):
    target = Descriptor(media_type, DIGEST, 2)
    with scripted({}) as server:
        assert not repository(server.host, manifest_media_types=["application/x-own"]).exists(target)
    assert server.lines == [f"HEAD /v2/some/app/{place}/{DIGEST}"]


CALLS = {
    "tags": lambda repo: list(repo.tag_pages()),
    "manifest": lambda repo: repo.fetch_reference("v1"),
    "referrers": lambda repo: list(repo.referrer_pages(Descriptor(media_types.OCI_MANIFEST, DIGEST, 2))),
    "catalog": lambda repo: list(
        registry(repo.reference.registry, max_metadata_bytes=100).repository_pages()
    ),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("length", ["real", None])
def test_opt_5_6_t26_a_larger_answer_names_limit_and_option(call, length):
    large = Answer(
        body=b'{"tags": ["' + b"x" * 200 + b'"]}',
        headers=[("Content-Type", media_types.OCI_INDEX)],
        length=length,
    )
    with scripted(lambda seen: large) as server, pytest.raises(errors.SizeExceedsLimitError) as caught:
        CALLS[call](repository(server.host, max_metadata_bytes=100))
    assert "100 bytes" in str(caught.value)
    assert "max_metadata_bytes" in str(caught.value)


def test_opt_5_nothing_or_less_means_four_mebibytes():
    assert [RepositoryOptions(max_metadata_bytes=n).metadata_limit for n in (0, -1, 7)] == [
        4 << 20,
        4 << 20,
        7,
    ]


def test_opt_5_a_manifest_of_exactly_the_limit_is_pushed_and_one_byte_more_is_not():
    content = b"{}" + b" " * 98
    one_more = content + b" "
    with scripted(lambda seen: Answer(201)) as server:
        repo = repository(server.host, max_metadata_bytes=100)
        repo.push(Descriptor.from_bytes(media_types.DOCKER_MANIFEST, content), content)
        with pytest.raises(errors.SizeExceedsLimitError):
            repo.push(Descriptor.from_bytes(media_types.DOCKER_MANIFEST, one_more), one_more)
    assert len(server.seen) == 1


def test_opt_7_error_bodies_are_read_up_to_a_limit():
    huge = Answer(500, b"x" * (1 << 20), length=None)
    with scripted(lambda seen: huge) as server, pytest.raises(errors.ServerError) as caught:
        registry(server.host).ping()
    assert len(str(caught.value)) < 2_000


def test_opt_7_redirects_end():
    def further(seen):
        return Answer(302, headers=[("Location", seen.target + "x")])

    with (
        scripted(further) as server,
        pytest.raises(errors.RedirectRefusedError, match="more than 5 redirects"),
    ):
        repository(server.host).resolve("v1")
    assert len(server.seen) == 6


def test_opt_8_a_registry_hands_all_its_options_on():
    options = options_for(
        "host.example",
        plain_http=True,
        manifest_media_types=("a/b",),
        tag_list_page_size=3,
        skip_referrers_gc=True,
    )
    assert RemoteRegistry("host.example", options=options).repository("some/app").options == options


@pytest.mark.parametrize("name", ["", "Some", "a//b", "../x", "a:b", "a@b"])
def test_opt_8_the_name_of_a_repository_is_checked(name):
    with pytest.raises(errors.InvalidReferenceError):
        RemoteRegistry("host.example").repository(name)


def test_opt_9_registry_and_repository_check_their_references():
    assert RemoteRepository(f"host.example/some/app:v1@{DIGEST}").reference.reference == DIGEST
    assert RemoteRepository("host.example/some/app").reference.reference == ""
    for text in ("host.example/some/app", "user@host.example", "http://host.example", "", "host.example:x"):
        with pytest.raises(errors.InvalidReferenceError):
            RemoteRegistry(text)
    for text in ("host.example", "alpine", "host.example/", "host.example/some/app:bad tag"):
        with pytest.raises(errors.InvalidReferenceError):
            RemoteRepository(text)


def test_opt_5_json_of_a_page_may_have_white_space_behind():
    with scripted({"GET /v2/some/app/tags/list": json_answer({"tags": None})}) as server:
        assert list(repository(server.host).tag_pages()) == [[]]


def test_opt_1_a_registry_says_how_many_names_it_asks_for():
    with scripted(lambda seen: json_answer({"repositories": ["a"]})) as server:
        plain = registry(server.host)
        few = RemoteRegistry(server.host, options=plain.options, repository_list_page_size=7)
        assert list(plain.repository_pages()) == list(few.repository_pages()) == [["a"]]
        assert server.lines == ["GET /v2/_catalog", "GET /v2/_catalog?n=7"]
        assert (plain.requests_sent, few.requests_sent) == (1, 1)


def test_a_repository_is_a_block_and_counts_its_requests():
    with scripted(lambda seen: json_answer({"tags": ["a"]})) as server:
        with repository(server.host) as repo:
            assert list(repo.tag_pages()) == [["a"]]
            assert list(repo.tag_pages()) == [["a"]]
        assert repo.requests_sent == len(server.seen) == 2
        with pytest.raises(KeyError, match="mine"), repository(server.host):
            raise KeyError("mine")


def test_they_show_where_they_are_and_nothing_of_how():
    assert repr(RemoteRegistry("host.example:5000")) == "<RemoteRegistry host.example:5000>"
    assert repr(RemoteRepository("host.example/some/app:v1")) == "<RemoteRepository host.example/some/app>"


@pytest.mark.parametrize("call", ["resolve", "fetch_reference", "delete"])
def test_ref_12_a_manifest_has_a_name(call):
    with scripted(lambda seen: Answer()) as server:
        repo = repository(server.host)
        with pytest.raises(errors.RegexploreError, match="neither a tag nor a digest|digest"):
            getattr(repo.manifests, call)("" if call != "delete" else Descriptor("a/b", "", 0))
        assert not server.seen


class Plain(requests.adapters.BaseAdapter):
    """Answers as a client does that is not built on urllib3: headers joined, a body that is a plain file."""

    def __init__(self, *answers):
        super().__init__()
        self.answers, self.seen = list(answers), []

    def send(self, request, **_):
        self.seen.append(request.headers.get("Authorization"))
        response = requests.Response()
        response.status_code, headers = self.answers.pop(0)
        response.headers.update(headers)
        response.request, response.url, response.raw = request, request.url, io.BytesIO()
        return response

    def close(self):
        """Nothing is open."""


def plain(*answers):
    session, adapter = requests.Session(), Plain(*answers)
    session.trust_env = False
    session.mount("http://", adapter)
    return session, adapter


def test_opt_1_a_client_of_another_kind_is_heard_as_well():
    warned = {"Warning": '299 - "one", 299 - "two"'}
    session, adapter = plain((401, {"WWW-Authenticate": 'Basic realm="a"'}), (200, warned))
    client = AuthClient(session, credentials=lambda host: Credential("ada", "lovelace"))
    heard = []
    RemoteRegistry(
        "localhost:5000", options=RepositoryOptions(client=client, handle_warning=heard.append)
    ).ping()
    assert adapter.seen == [None, "Basic YWRhOmxvdmVsYWNl"]
    assert [warning.text for warning in heard] == ["one", "two"]


def test_t16_an_error_of_another_client_does_not_bring_its_request_along():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    session = requests.Session()
    session.trust_env = False
    with pytest.raises(errors.ConnectError, match="refused") as caught:
        RemoteRegistry(host, options=RepositoryOptions(client=session)).ping()
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("call", ["resolve", "fetch_reference"])
def test_ref_12_a_repository_alone_names_no_manifest(call):
    with scripted(lambda seen: Answer()) as server:
        repo = repository(server.host)
        for store in (repo, repo.manifests):
            with pytest.raises(errors.MissingReferenceError, match="neither a tag nor a digest"):
                getattr(store, call)(f"{server.host}/some/app")
        assert not server.seen
