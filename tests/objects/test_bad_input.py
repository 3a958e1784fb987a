"""Bad input over a socket: each is a named error, a row with its error, or an empty and well-typed frame."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.markup_oracle import assert_safe

from regexplore import errors
from regexplore.errors import UnexpectedContentError
from regexplore.frames.origin import Origin
from regexplore.frames.repositories import REPOSITORIES, REPOSITORY_DETAILS
from regexplore.frames.tags import TAG_DETAILS, TAGS
from regexplore.objects.registry import Registry
from regexplore.objects.repository import Repository
from regexplore.objects.value_cards import error_card
from regexplore.oci import Descriptor, media_types
from regexplore.remote.transport import Transport
from regexplore.show.bundle import mimebundle

JSON = "application/json"
TAGS_PATH, CATALOG_PATH = "/v2/a/tags/list", "/v2/_catalog"


class Answers(ThreadingHTTPServer):
    """Answers by path: status, media type, body, and the length that is claimed for it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.by_path: dict[str, tuple[int, str, bytes, int]] = {}
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def give(
        self,
        path: str,
        body: bytes | object,
        status: int = 200,
        media_type: str = JSON,
        length: int | None = None,
    ) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.by_path[path] = (status, media_type, raw, len(raw) if length is None else length)

    def tag(self, name: str, raw: bytes, media_type: str = media_types.OCI_MANIFEST) -> None:
        self.give(f"/v2/a/manifests/{name}", raw, media_type=media_type)


class _Handler(BaseHTTPRequestHandler):
    server: Answers

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, media_type, body, length = self.server.by_path.get(self.path, (404, JSON, b"{}", 2))
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[Answers]:
    server = Answers()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def repository(answers: Answers) -> Repository:
    return Repository(f"{answers.host}/a", client=Transport(retries=0))


@pytest.mark.parametrize(
    "body", [{"name": "a", "tags": None}, {"name": "a", "tags": []}, {"name": "a"}], ids=str
)
def test_no_tags_in_any_form_are_an_empty_typed_frame(
    answers: Answers, repository: Repository, body: object
) -> None:
    answers.give(TAGS_PATH, body)
    for detail, schema in ((False, TAGS), (True, TAG_DETAILS)):
        frame = repository.tags(detail=detail)
        assert frame.empty
        assert frame.dtypes.equals(schema.frame([], Origin("x")).dtypes)
        assert frame.attrs["complete"]


@pytest.mark.parametrize("body", [{"repositories": None}, {"repositories": []}], ids=str)
def test_no_repositories_in_any_form(answers: Answers, body: object) -> None:
    answers.give(CATALOG_PATH, body)
    registry = Registry(answers.host, client=Transport(retries=0))
    for detail, schema in ((False, REPOSITORIES), (True, REPOSITORY_DETAILS)):
        frame = registry.repositories(detail=detail)
        assert frame.empty
        assert frame.dtypes.equals(schema.frame([], Origin("x")).dtypes)


REFUSALS = [
    (401, JSON, b'{"errors":[{"code":"UNAUTHORIZED","message":"log in"}]}', errors.UnauthorizedError),
    (403, JSON, b'{"errors":[{"code":"DENIED","message":"no"}]}', errors.DeniedError),
    (404, JSON, b'{"errors":[{"code":"NAME_UNKNOWN","message":"who?"}]}', errors.NotFoundError),
    (429, JSON, b"", errors.RateLimitedError),
    (500, "text/html", b"<h1>oops</h1>", errors.ServerError),
    (200, "text/html", b"<html><script>alert(1)</script>", errors.UnexpectedContentError),
    (200, JSON, b'{"tags": ["a",', errors.UnexpectedContentError),
    (200, JSON, b'{"tags": "a"}', errors.UnexpectedContentError),
]


@pytest.mark.parametrize(("status", "media_type", "body", "error"), REFUSALS, ids=lambda case: str(case)[:20])
def test_f24_refusals_are_named_errors_with_a_safe_card(
    answers: Answers,
    repository: Repository,
    status: int,
    media_type: str,
    body: bytes,
    error: type[errors.RegexploreError],
) -> None:
    answers.give(TAGS_PATH, body, status, media_type)
    with pytest.raises(error) as caught:
        repository.tags()
    assert caught.value.hint
    bundle = mimebundle(lambda: error_card(caught.value))
    assert_safe(bundle)
    assert str(status) in bundle["text/plain"]
    assert TAGS_PATH in bundle["text/plain"]


def test_a_truncated_listing_is_a_lost_connection(answers: Answers, repository: Repository) -> None:
    answers.give(TAGS_PATH, b'{"tags":["a"]}', length=500)
    with pytest.raises(errors.TransportError):
        repository.tags()


def test_each_bad_tag_is_one_row(answers: Answers, repository: Repository) -> None:
    good = json.dumps({
        "schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "artifactType": "application/x",
        "config": {"mediaType": media_types.OCI_EMPTY, "digest": Descriptor.from_bytes("", b"{}").digest, "size": 2},
        "layers": [],
    }).encode()  # fmt: skip
    answers.give(TAGS_PATH, {"tags": ["good", "gone", "html", "cut", "broken", "odd", "denied"]})
    answers.tag("good", good)
    answers.tag("html", b"<html>", "text/html")
    answers.give("/v2/a/manifests/cut", good, media_type=media_types.OCI_MANIFEST, length=9999)
    answers.tag("broken", b"{")
    answers.tag("odd", b'{"x":1}', "application/vnd.example+json")
    answers.give("/v2/a/manifests/denied", {"errors": [{"code": "DENIED"}]}, 403)
    frame = repository.tags(detail=True).set_index("tag")
    assert len(frame) == 7
    assert frame.loc["good", "kind"] == "artifact"
    assert frame.loc[["good", "odd"], "error"].isna().all()
    assert frame.loc["odd", "kind"] == "unknown"
    assert frame.loc["broken", "kind"] == "unreadable"
    assert "an HTML page, not a manifest" in frame.loc["html", "error"]
    with pytest.raises(UnexpectedContentError, match="an HTML page"):
        repository.get("html")
    assert frame.drop(["good", "odd"])["error"].notna().all()
    assert "MissingError" in frame.loc["gone", "error"]
    assert "DeniedError" in frame.loc["denied", "error"]
    assert not frame.attrs["complete"]


def test_a_config_with_another_digest_is_told_in_its_row(answers: Answers, repository: Repository) -> None:
    config = Descriptor.from_bytes(media_types.OCI_CONFIG, b'{"os":"linux","architecture":"arm64"}')
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": config.to_json(),
        "layers": [],
    }
    answers.give(TAGS_PATH, {"tags": ["v1"]})
    answers.tag("v1", json.dumps(manifest).encode())
    answers.give(f"/v2/a/blobs/{config.digest}", b'{"os":"linux","architecture":"amd64"}')
    row = repository.tags(detail=True).iloc[0]
    assert row["error"].startswith("config: MismatchedDigestError")
    assert row["kind"] == "image"
    assert repository["v1"].kind == "image"


def test_ten_thousand_tags_on_one_page(answers: Answers, repository: Repository) -> None:
    answers.give(TAGS_PATH, {"tags": [f"v1.{n}" for n in range(10_000)]})
    frame = repository.tags()
    assert len(frame) == 10_000
    assert frame.attrs["requests"] == 1
    assert frame["tag"].iloc[-1] == "v1.9999"
    assert_safe(repository._repr_mimebundle_())


def test_tags_that_are_no_tags_cannot_leave_the_path(answers: Answers, repository: Repository) -> None:
    hostile = ["../../secret", "a/b", "x?y", "", "<script>", "a\u202eb", "x" * 5000]
    answers.give(TAGS_PATH, {"tags": hostile})
    frame = repository.tags(detail=True)
    assert len(frame) == len(hostile)
    assert frame["error"].notna().all()
    assert set(answers.asked) == {TAGS_PATH}
    assert_safe(repository._repr_mimebundle_())
