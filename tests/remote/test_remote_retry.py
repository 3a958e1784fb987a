"""Retry, deadlines, threads: how requests behave when a registry does not."""

import io
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3
from support.clients import options_for, registry, repository
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.content.pool import map_bounded
from regexplore.oci import Descriptor, media_types
from regexplore.remote import retry
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.auth.default import default_client
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.retry import RetryPolicy
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.faults import Fault

CONTENT = b"content"
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, CONTENT)


@pytest.fixture
def waits(monkeypatch):
    """Collect what would have been waited."""
    waited = []
    monkeypatch.setattr(retry.time, "sleep", waited.append)
    return waited


def then(*answers):
    left = list(answers)
    return lambda seen: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("method", ["ping", "tags", "exists", "delete"])
def test_retry_1_below_every_request(method, waits):
    calls = {
        "ping": lambda host: registry(host, retries=5).ping(),
        "tags": lambda host: list(repository(host, retries=5).tag_pages()),
        "exists": lambda host: repository(host, retries=5).exists(BLOB),
        "delete": lambda host: repository(host, retries=5).delete(BLOB),
    }
    with scripted(then(Answer(503), Answer(502), json_answer({"tags": []}))) as server:
        calls[method](server.host)
        assert len(server.seen) == 3
    assert len(waits) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_retry_2_statuses_worth_another_try(status, waits):
    with scripted(then(Answer(status), Answer(200))) as server:
        registry(server.host, retries=5).ping()
        assert len(server.seen) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 416, 425, 501, 505])
def test_retry_2_statuses_that_are_final(status, waits):
    with scripted(lambda seen: Answer(status)) as server:
        with pytest.raises(errors.RegexploreError):
            registry(server.host, retries=5).ping()
        assert len(server.seen) == 1


def test_retry_3_waits_grow_with_jitter_between_bounds():
    rounds = []
    for _ in range(50):
        policy, waits = RetryPolicy.standard(), []
        for _ in range(5):
            policy = policy.increment("GET", "/", response=urllib3.HTTPResponse(status=503))
            waits.append(policy.get_backoff_time())
        rounds.append(waits)
    for nominal, waits in zip((0.25, 0.5, 1.0, 2.0, 3.0), zip(*rounds, strict=True), strict=True):
        assert all(0.2 <= wait <= 3.0 and 0.9 * nominal <= wait <= 1.1 * nominal for wait in waits)
    assert len({waits[0] for waits in rounds}) > 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("said", "waited"), [("7", 7), ("60", 60)])
def test_retry_4_retry_after_is_obeyed(status, said, waited, waits):
    with scripted(then(Answer(status, headers=[("Retry-After", said)]), Answer())) as server:
        registry(server.host, retries=5, deadline=1000).ping()
    assert waits == [waited]


def test_retry_4_a_date_is_obeyed_too(waits):
    from email.utils import formatdate

    date = formatdate(time.time() + 30, usegmt=True)
    with scripted(then(Answer(429, headers=[("Retry-After", date)]), Answer())) as server:
        registry(server.host, retries=5, deadline=1000).ping()
    assert 25 <= waits[0] <= 31


@pytest.mark.parametrize("said", ["0", "-5", "soon", "", "Mon, 01 Jan 2001 00:00:00 GMT"])
def test_retry_4_what_is_no_wait_is_the_usual_wait(said, waits):
    with scripted(then(Answer(429, headers=[("Retry-After", said)]), Answer())) as server:
        registry(server.host, retries=5).ping()
    assert 0.2 <= waits[0] <= 0.3


@pytest.mark.parametrize("said", ["61", "1000000000"])
def test_retry_4_t35_beyond_the_cap_the_answer_is_given_at_once(said, waits):
    with scripted(lambda seen: Answer(429, headers=[("Retry-After", said)])) as server:
        with pytest.raises(errors.RateLimitedError) as caught:
            registry(server.host, retries=5).ping()
        assert len(server.seen) == 1
    assert waits == []
    assert caught.value.headers["retry-after"] == said


def test_retry_4_t27_a_wait_beyond_the_deadline_is_not_begun(waits):
    answer = Answer(503, headers=[("Retry-After", "30")])
    with scripted(lambda seen: answer) as server:
        with pytest.raises(errors.DeadlineExceededError, match="due in 30 s, but 5 s is all"):
            registry(server.host, retries=3, deadline=5.0).ping()
        assert (len(server.seen), waits) == (1, [])


def test_retry_5_the_last_answer_is_the_answer(waits):
    with scripted(lambda seen: error_answer(503, "UNAVAILABLE")) as server:
        with pytest.raises(errors.ServerError) as caught:
            registry(server.host, retries=5).ping()
        assert len(server.seen) == 6
    assert caught.value.has_code("UNAVAILABLE")
    assert caught.value.attempts == 6
    assert len(waits) == 5


def test_retry_6_switched_off(waits):
    with scripted(lambda seen: Answer(503)) as server:
        with pytest.raises(errors.ServerError):
            registry(server.host, retries=0).ping()
        assert len(server.seen) == 1


def test_retry_6_every_try_is_in_the_trace(waits):
    with scripted(then(Answer(503), Answer(429), Answer())) as server, rx.trace() as wire:
        registry(server.host, retries=5).ping()
    frame = wire.frame()
    assert frame["status"].tolist() == [503, 429, 200]
    assert frame["attempt"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("method", "status", "tries"),
    [
        ("POST", 500, 1),
        ("POST", 502, 1),
        ("POST", 503, 2),
        ("POST", 429, 2),
        ("PUT", 500, 2),
        ("PATCH", 500, 1),
    ],
)
def test_retry_7_only_what_can_safely_be_repeated(method, status, tries, waits):
    def respond(seen):
        if seen.method != method:
            return Answer(202 if seen.method in ("POST", "PATCH") else 204, headers=[("Location", "/up")])
        return Answer(status)

    with scripted(respond) as server, pytest.raises(errors.RegexploreError):
        try:
            repository(server.host, retries=1, upload_chunk_size=3 if method == "PATCH" else 0).push(
                BLOB, io.BytesIO(CONTENT)
            )
        finally:
            sent = [seen.method for seen in server.seen].count(method)
    assert sent == (tries if method != "PATCH" else 6)


def test_retry_7_a_reset_connection_is_tried_again_and_a_refused_one_is_not(waits):
    with SandboxServer() as server:
        server.faults.add(Fault.reset(), times=1)
        registry(server.host, retries=2).ping()
    with pytest.raises(errors.ConnectError):
        registry("127.0.0.1:1", retries=5).ping()
    assert len(waits) == 1


def test_conc_1_one_repository_in_many_threads_behind_a_token_server():
    """One token a scope, no error, and nobody gets what another asked for."""
    blobs = {
        Descriptor.from_bytes(media_types.OCTET_STREAM, body): body for body in (b"%d" % n for n in range(64))
    }
    with SandboxServer(auth="token", users={"ada": "lovelace"}) as server:
        options = options_for(server.host, Credential("ada", "lovelace"))
        for target, body in blobs.items():
            server.store.put_blob("some/app", target.digest, body)
            server.store.put_blob("other/app", target.digest, body)
        repos = [
            rx.Repository(f"{server.host}/{name}", options=options) for name in ("some/app", "other/app")
        ]
        start = threading.Barrier(64, timeout=30)

        def pull(item):
            n, (target, body) = item
            start.wait()
            return all(repos[n % 2].fetch_all(target) == body for _ in range(3))

        with ThreadPoolExecutor(64) as pool:
            assert all(pool.map(pull, enumerate(blobs.items())))
        scopes = [record.query for record in server.log if not record.path.startswith("/v2/")]
        refused = [record for record in server.log if record.status >= 400 and record.status != 401]
    assert len(scopes) == len(set(scopes)) == 2
    assert refused == []


def test_conc_1_pickled_without_secrets():
    store = AuthClient(Transport(), credentials=lambda host: Credential("ada", "canary-secret"))
    options = options_for("host.example", None, tag_list_page_size=7)
    repo = rx.Repository("host.example/some/app", options=options)
    copy = pickle.loads(pickle.dumps(repo))
    assert copy.reference == repo.reference
    assert copy.options.tag_list_page_size == 7
    with pytest.raises(Exception):  # noqa: B017 - a function of this test cannot travel, and must not be dropped silently
        pickle.dumps(rx.Repository("host.example/some/app", client=store))


@pytest.mark.parametrize("fault", [Fault.delay(30), Fault.drip(0.2), Fault.endless_body()])
def test_conc_2_t27_every_call_ends_at_its_deadline(fault):
    with SandboxServer() as server:
        server.faults.add(fault)
        began = time.monotonic()
        with pytest.raises((errors.DeadlineExceededError, errors.SizeExceedsLimitError)):
            list(registry(server.host, deadline=0.5).repository_pages())
        assert time.monotonic() - began < 15


def test_conc_2_head_and_body_of_an_answer_share_one_deadline():
    """An answer whose head is late leaves less time for its body."""

    def respond(seen):
        time.sleep(0.6)
        return Answer(body=b'{"tags":["' + b"x" * 100 + b'"]}')

    with scripted(respond) as server, pytest.raises(errors.DeadlineExceededError):
        list(repository(server.host, deadline=0.5).tag_pages())


def test_conc_3_bodies_are_closed_on_every_error_path():
    """A pool of one connection serves every call: none is kept by an answer that was not read."""
    answers = [
        error_answer(404, "NAME_UNKNOWN"),
        Answer(body=b"<html>", headers=[("Content-Type", "text/html")]),
        Answer(
            body=b"x" * 2000,
            headers=[("Content-Type", media_types.OCI_INDEX), ("Docker-Content-Digest", "bad")],
        ),
        Answer(body=CONTENT, headers=[("Docker-Content-Digest", "sha256:" + "0" * 64)]),
        Answer(body=CONTENT, headers=[("Content-Encoding", "gzip")]),
    ]
    for answer in answers:
        with scripted(lambda seen, answer=answer: answer) as server:
            client = AuthClient(Transport(retries=0, connections=1))
            repo = rx.Repository(
                f"{server.host}/some/app", client=client, max_metadata_bytes=1000, deadline=5
            )
            for call in (
                lambda: repo.fetch(BLOB),
                lambda: repo.fetch_reference("v1"),
                lambda: list(repo.tag_pages()),
                lambda: repo.fetch_head(BLOB),
            ):
                try:
                    found = call()
                except errors.DeadlineExceededError:
                    raise
                except errors.RegexploreError:
                    continue
                if hasattr(found, "close"):
                    found.close()


def test_conc_4_so_many_at_once_and_no_more():
    running, most = 0, 0
    lock = threading.Lock()

    def work(n):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1
        return n

    assert [outcome.value for outcome in map_bounded(work, range(50), workers=4)] == list(range(50))
    assert most <= 4


def test_conc_4_the_default_client_is_one_for_all():
    assert default_client() is default_client()


def test_what_the_caller_is_handling_is_not_the_error_of_a_request(sandbox):
    sandbox.faults.add(Fault.reset())
    with pytest.raises(errors.ConnectionLostError):
        try:
            raise errors.NotFoundError("an earlier request")
        except errors.NotFoundError:
            repository(sandbox.host).resolve("v1")
