"""One budget for whatever is asked: when it is used up the result is partial and says so, and nothing is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.clients import repository
from support.scripted_server import Answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.content.walk import WalkOptions
from regexplore.oci import Descriptor, media_types
from regexplore.remote import retry
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer

BODY = b"x" * 1000
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, BODY)


@pytest.fixture
def demo():
    with rx.Sandbox.demo() as sandbox:
        yield sandbox


def sent(sandbox) -> int:
    return sandbox.log[-1].n if len(sandbox.log) else 0


def test_not_one_request_more():
    with SandboxServer() as server:
        server.store.put_blob("some/app", BLOB.digest, BODY)
        repo = repository(server.host)
        with rx.Budget(requests=2) as budget:
            assert repo.exists(BLOB)
            assert repo.exists(BLOB)
            with pytest.raises(errors.BudgetExceededError, match="2 requests"):
                repo.exists(BLOB)
        assert (budget.requests, budget.refused, len(server.log)) == (2, 1, 2)
        assert repo.exists(BLOB), "outside of the block nothing is charged"


def test_many_threads_share_it():
    with SandboxServer() as server:
        server.store.put_blob("some/app", BLOB.digest, BODY)
        repo = repository(server.host)
        start = threading.Barrier(8, timeout=30)
        budget = rx.Budget(requests=20)

        def ask(_: int) -> int:
            done = 0
            with budget:
                start.wait()
                for _ in range(5):
                    try:
                        repo.exists(BLOB)
                    except errors.BudgetExceededError:
                        continue
                    done += 1
            return done

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(ask, range(8))) == 20
        assert len(server.log) == 20


def test_tries_count(monkeypatch):
    monkeypatch.setattr(retry.time, "sleep", lambda seconds: None)
    with scripted(lambda seen: Answer(503)) as server:
        repo = rx.Repository(f"{server.host}/some/app", client=Transport(retries=5))
        with rx.Budget(requests=3), pytest.raises(errors.BudgetExceededError):
            repo.exists(BLOB)
        assert len(server.seen) == 3


def test_an_answer_larger_than_what_is_left_is_not_read():
    with SandboxServer() as server:
        server.store.put_blob("some/app", BLOB.digest, BODY)
        repo = repository(server.host)
        with rx.Budget(bytes=1500) as budget:
            assert repo.fetch_all(BLOB) == BODY
            with pytest.raises(errors.BudgetExceededError, match="1,500 bytes"):
                repo.fetch_all(BLOB)
        assert budget.bytes == 1000


def test_a_body_of_unknown_length_is_charged_while_it_is_read():
    chunked = b"5\r\n" + b"[1,2]" + b"\r\n0\r\n\r\n"
    answer = Answer(body=chunked, headers=[("Transfer-Encoding", "chunked")], length=None)
    with scripted(lambda seen: answer) as server:
        repo = repository(server.host)
        with rx.Budget(bytes=4) as budget, pytest.raises(errors.BudgetExceededError):
            list(repo.tag_pages())
        with rx.Budget(bytes=100) as budget, pytest.raises(errors.UnexpectedContentError):
            list(repo.tag_pages())
        assert budget.bytes == 5


def test_seconds_run_from_the_first_entry(monkeypatch):
    from regexplore.remote import budget as module

    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    budget = rx.Budget(seconds=5)
    with budget:
        budget.spend_request()
        now[0] += 6
        with pytest.raises(errors.BudgetExceededError, match="5 seconds"):
            budget.spend_request()


def test_bytes_that_are_used_up_leave_no_request():
    with SandboxServer() as server:
        server.store.put_blob("some/app", BLOB.digest, BODY)
        repo = repository(server.host)
        with rx.Budget(bytes=1000) as budget:
            assert repo.fetch_all(BLOB) == BODY
            with pytest.raises(errors.BudgetExceededError, match="the budget of 1,000 bytes is used up"):
                repo.exists(BLOB)
        assert (len(server.log), budget.requests) == (1, 1)


def test_what_another_process_sent_counts():
    budget = rx.Budget(requests=3)
    budget.spent_elsewhere(3)
    with scripted(lambda seen: Answer()) as server, budget:
        with pytest.raises(errors.BudgetExceededError, match="3 requests"):
            repository(server.host).exists(BLOB)
        assert not server.seen


@pytest.mark.parametrize(
    ("limits", "shown"),
    [
        ({}, "<Budget without limits, 2 requests>"),
        ({"requests": 1_500}, "<Budget 2 of 1,500 requests>"),
        ({"bytes": 10_000}, "<Budget 1,000 of 10,000 bytes>"),
        (
            {"requests": 3, "bytes": 2_000, "seconds": 5},
            "<Budget 2 of 3 requests, 1,000 of 2,000 bytes, 0.0 of 5 seconds>",
        ),
    ],
)
def test_it_shows_what_is_spent_of_what(limits, shown):
    budget = rx.Budget(**limits)
    budget.spent_elsewhere(2)
    budget.spend_bytes(1_000)
    assert repr(budget) == shown


@pytest.mark.parametrize("most", [1, 3, 8])
def test_a_table_of_tags_keeps_what_it_got(demo, most):
    before = sent(demo)
    tags = demo.registry.repository("demo/app").tags(
        detail=True, progress=None, budget=rx.Budget(requests=most)
    )
    assert sent(demo) - before == most
    assert len(tags) == 7
    assert not tags.attrs["complete"]
    assert f"the budget of {most} requests is used up" in tags.attrs["reasons"]
    assert tags.attrs["requests"] == most
    assert tags["digest"].notna().sum() <= most


def test_a_budget_that_is_enough_leaves_no_trace(demo):
    budget = rx.Budget(requests=1000, bytes=10**9, seconds=600)
    tags = demo.registry.repository("demo/app").tags(detail=True, progress=None, budget=budget)
    assert tags.attrs["complete"]
    assert budget.requests == tags.attrs["requests"]
    assert not budget.used_up


def test_a_walk_ends_and_says_why(demo):
    repo = demo.registry.repository("demo/app")
    before = sent(demo)
    graph = repo.graph(options=WalkOptions(budget=rx.Budget(requests=6)), progress=None)
    assert sent(demo) - before == 6
    assert any("the budget of 6 requests is used up" in reason for reason in graph.reasons)
    assert len(graph.nodes) > 6
    assert "failed" not in set(graph.nodes["state"])


def test_an_audit_is_partial_and_the_next_goes_on(demo):
    repo = demo.registry.repository("demo/app")
    first = rx.audit(repo, budget=rx.Budget(requests=12), progress=None)
    assert not first.complete
    assert any("the budget of 12 requests is used up" in reason for reason in first.result.reasons)
    second = rx.audit(repo, resume=first, progress=None)
    assert second.complete
    whole = rx.audit(demo.registry.repository("demo/app"), progress=None)
    columns = ["rule", "status", "reference"]
    assert sorted(map(tuple, second.findings[columns].astype(str).values)) == sorted(
        map(tuple, whole.findings[columns].astype(str).values)
    )


def test_a_crawl_stops_and_the_next_run_goes_on(demo, tmp_path):
    budget = rx.Budget(requests=12)
    before = sent(demo)
    first = rx.crawl(
        demo.registry, match="demo/*", into=tmp_path / "rows", budget=budget, workers=1, progress=None
    )
    assert sent(demo) - before == budget.requests == 12
    assert not first.complete
    assert any("12 requests" in reason for reason in first.reasons)
    second = rx.crawl(demo.registry, match="demo/*", into=tmp_path / "rows", progress=None)
    assert second.complete
    assert second.earlier == first.done
    fresh = rx.crawl(rx.Registry(demo.host), match="demo/*", progress=None)
    columns = ["repository", "tag", "digest"]
    assert second.frame()[columns].equals(fresh.frame()[columns])
