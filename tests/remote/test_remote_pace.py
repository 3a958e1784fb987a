"""A host that says "slow down" is asked less, by everybody, until it is fine again."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.left_over import awaited
from support.scripted_server import Answer, Seen, scripted
from urllib3 import HTTPHeaderDict

import regexplore as rx
from regexplore import errors
from regexplore.remote import clock, retry
from regexplore.remote.allowance import Allowance, read_allowance
from regexplore.remote.origin import Origin
from regexplore.remote.pace import Pace
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.faults import Fault


@pytest.fixture
def no_backoff(monkeypatch):
    """Tries follow at once; waiting for a turn is real."""
    monkeypatch.setattr(retry.time, "sleep", lambda seconds: None)


# ---- what registries say -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "98;w=21600"}, (98, 100, 21600, None)),
        ({"RateLimit-Limit": "10", "RateLimit-Remaining": "0", "RateLimit-Reset": "7"}, (0, 10, None, 7)),
        ({"RateLimit-Limit": "10, 10;w=1, 50;w=60", "RateLimit-Remaining": "3"}, (3, 10, 60, None)),
        ({"RateLimit": "limit=100, remaining=50, reset=5"}, (50, 100, None, 5)),
        ({"RateLimit": '"default";r=0;t=30'}, (0, None, None, 30)),
        ({"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "59"}, (59, 60, None, None)),
        ({"X-Rate-Limit-Remaining": "1.5"}, (1, None, None, None)),
    ],
)
def test_every_spelling_of_an_allowance_is_read(headers, said):
    remaining, limit, window, reset = said
    found = read_allowance(HTTPHeaderDict(headers))
    assert found is not None
    assert (found.remaining, found.limit, found.reset) == (remaining, limit, reset)
    assert found.window == window or window is None


def test_a_reset_may_be_a_moment():
    for moment in (time.time() + 30, (time.time() + 30) * 1000):
        found = read_allowance({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(moment))})
        assert found is not None
        assert found.reset is not None
        assert 20 < found.reset <= 31


@pytest.mark.parametrize("text", ["", "many", "-1", "\x00", "9" * 40, "default", "r=", "=;=,"])
def test_what_cannot_be_read_says_nothing(text):
    assert read_allowance({"RateLimit": text}) is None
    assert read_allowance({"RateLimit-Remaining": text}) is None


@given(st.text(), st.text(), st.text())
def test_no_text_breaks_the_reader(one, remaining, reset):
    read_allowance({"RateLimit": one})
    read_allowance({"RateLimit-Remaining": remaining, "RateLimit-Reset": reset, "RateLimit-Limit": reset})


# ---- the pace of one host ----------------------------------------------------------------------------


def turns(pace: Pace, count: int):
    return [pace.turn("GET", "http://host/v2/") for _ in range(count)]


def test_half_as_much_once_for_all_that_was_under_way():
    pace = Pace(32, 60)
    for turn in turns(pace, 16):
        turn.heard(429, {}, None)
    assert pace.limit == 8


def test_the_next_refusal_halves_again_and_one_is_always_left():
    pace = Pace(32, 60)
    turn = pace.turn("GET", "http://host/v2/")
    for _ in range(10):
        turn.heard(429, {}, None)
    assert pace.limit == 1


def test_fine_answers_bring_it_back():
    pace = Pace(4, 60)
    for turn in turns(pace, 4):
        turn.heard(429, {}, None)
        turn.end()
    assert pace.limit == 2
    for _ in range(20):
        turn = pace.turn("GET", "http://host/v2/")
        turn.heard(200, {}, None)
        turn.end()
    assert pace.limit == 4
    assert not pace.slowed


def test_never_more_at_once_than_is_left():
    pace = Pace(32, 60)
    pace.turn("GET", "http://host/v2/").heard(200, {"RateLimit-Remaining": "3"}, None)
    assert pace.limit == 3
    assert pace.allowance == Allowance(3)


def test_waiting_for_a_turn_is_not_taken_from_the_deadline():
    pace = Pace(1, 60)
    first = pace.turn("GET", "http://host/v2/")
    with clock.until(clock.Deadline.after(0.2)) as deadline:
        threading.Timer(0.4, first.end).start()
        turn = pace.turn("GET", "http://host/v2/")
        assert turn.waited >= 0.3
        deadline.check("still time")


def test_no_turn_within_the_cap_is_an_error():
    pace = Pace(1, 0.1)
    pace.turn("GET", "http://host/v2/")
    with pytest.raises(errors.DeadlineExceededError, match="no turn"):
        pace.turn("GET", "http://host/v2/?secret=x")


def test_a_refusal_beyond_the_cap_ends_with_the_cap():
    pace = Pace(4, 0.2)
    first = pace.turn("GET", "http://host/v2/")
    first.heard(429, {}, 3_600)
    first.end()
    with pytest.raises(errors.RateLimitedError, match="not sent") as spared:
        pace.turn("GET", "http://host/v2/?token=canary")
    assert "canary" not in str(spared.value)
    assert awaited(lambda: time.monotonic() >= pace._not_before)
    pace.turn("GET", "http://host/v2/").end()
    assert pace.slowed


def test_nobody_asks_before_an_allowance_that_is_used_up_begins_anew():
    pace = Pace(4, 60)
    began = time.monotonic()
    pace.turn("GET", "http://host/v2/").heard(200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "1"}, None)
    assert pace._not_before >= began + 1
    far = Pace(4, 60)
    far.turn("GET", "http://host/v2/").heard(
        200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "3600"}, None
    )
    assert (far._not_before, far.limit) == (0, 1), "beyond the cap it is asked one by one, and says so itself"


def test_it_shows_how_much_is_asked_at_once():
    pace = Pace(8, 60)
    for turn in turns(pace, 8):
        turn.heard(429, {}, None)
    assert repr(pace) == "<Pace 4 of 8 at once>"


# ---- on the wire -------------------------------------------------------------------------------------


def test_every_thread_waits_when_one_is_told_to():
    arrived: list[float] = []
    refused = threading.Event()

    def respond(seen: Seen) -> Answer:
        arrived.append(time.monotonic())
        if len(arrived) == 1:
            refused.set()
            return Answer(429, headers=[("Retry-After", "1")])
        return Answer(body=b'{"tags":[]}')

    transport = Transport()
    with scripted(respond) as server:
        options = rx.RepositoryOptions(client=transport)
        repos = [rx.Repository(f"{server.host}/some/app{n}", options=options) for n in range(9)]
        with ThreadPoolExecutor(9) as pool:
            first = pool.submit(lambda: list(repos[0].tag_pages()))
            assert refused.wait(10)
            pace = transport._pace(Origin.of(f"http://{server.host}/"))
            while not pace._not_before:
                time.sleep(0.001)
            others = [pool.submit(lambda repo=repo: list(repo.tag_pages())) for repo in repos[1:]]
            assert [future.result() for future in (first, *others)] == [[[]]] * 9
    assert len(arrived) == 10
    assert all(later - arrived[0] >= 0.9 for later in arrived[1:])


def test_beyond_the_cap_nobody_else_asks(no_backoff):
    with scripted(lambda seen: Answer(429, headers=[("Retry-After", "3600")])) as server:
        repo = rx.Repository(f"{server.host}/some/app", client=Transport())
        with pytest.raises(errors.RateLimitedError) as refused:
            list(repo.tag_pages())
        with pytest.raises(errors.RateLimitedError, match="not sent") as spared:
            list(repo.tag_pages())
        assert len(server.seen) == 1
    assert refused.value.attempts == 1
    assert spared.value.attempts == 0
    assert spared.value.headers["retry-after"] == "3600"


def test_another_host_is_not_slowed(no_backoff):
    with (
        scripted(lambda seen: Answer(429, headers=[("Retry-After", "3600")])) as slow,
        SandboxServer() as fine,
    ):
        transport = Transport()
        with pytest.raises(errors.RateLimitedError):
            rx.Registry(slow.host, client=transport).ping()
        rx.Registry(fine.host, client=transport).ping()


def test_a_table_of_tags_survives_a_registry_that_slows_down(no_backoff):
    """Every fifth answer is a refusal: all tags are read, and less is asked at once."""
    with rx.Sandbox.demo() as sandbox:
        sandbox.faults.add(Fault.status(429), path="*/manifests/*", times=3)
        client = Transport()
        repo = rx.Repository(f"{sandbox.host}/demo/app", client=client)
        tags = repo.tags(detail=True, progress=None)
        assert tags["error"].isna().all()
        assert tags.attrs["complete"]
        pace = client._pace(Origin.of(sandbox.url))
        assert pace._era >= 1


def test_the_trace_says_who_waited(no_backoff):
    answers = [Answer(429, headers=[("Retry-After", "1")])]
    with scripted(lambda seen: answers.pop() if answers else Answer()) as server:
        transport = Transport(retries=0)
        registry = rx.Registry(server.host, client=transport)
        with pytest.raises(errors.RateLimitedError):
            registry.ping()
        with rx.trace() as wire:
            registry.ping()
    assert "for its turn" in wire.frame()["note"][0]


def test_a_proxy_of_docker_hub_tells_what_is_left():
    with SandboxServer(profile="docker-hub") as server:
        server.store.put_manifest(
            "some/app",
            "application/vnd.oci.image.index.v1+json",
            b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
            tags=["v1"],
        )
        transport = Transport()
        rx.Repository(f"{server.host}/some/app", client=transport).fetch_reference("v1")
        allowance = transport.allowance(server.url)
    assert allowance is not None
    assert (allowance.limit, allowance.window) == (100, 21600)
    assert allowance.remaining < 100
