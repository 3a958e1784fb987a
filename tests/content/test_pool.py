"""Bounded, ordered, cancellable; warnings and context variables cross the threads."""

from __future__ import annotations

import contextvars
import itertools
import threading
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.content.pool import Outcome, ThisThread, map_bounded
from regexplore.errors import NotFoundError
from regexplore.oci import Reference
from regexplore.remote.warning import RegistryWarning, WarningValue, emit


@given(st.lists(st.integers()), st.integers(1, 5))
def test_results_keep_the_order_of_the_items(items: list[int], workers: int) -> None:
    done = map_bounded(lambda n: n * 2, items, workers)
    assert [outcome.result() for outcome in done] == [n * 2 for n in items]
    assert not done.interrupted


def test_order_holds_whatever_finishes_first() -> None:
    last_is_done = threading.Event()

    def first_waits_for_last(n: int) -> int:
        if n == 0:
            assert last_is_done.wait(10)
        elif n == 3:
            last_is_done.set()
        return n

    assert [o.value for o in map_bounded(first_waits_for_last, range(4), workers=4)] == [0, 1, 2, 3]


def test_no_more_than_so_many_at_once() -> None:
    lock, running, most = threading.Lock(), 0, 0
    barrier = threading.Barrier(3)

    def count(n: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        barrier.wait(10)  # passes only if three do run at the same time
        with lock:
            running -= 1

    map_bounded(count, range(9), workers=3)
    assert most == 3


def test_items_are_taken_as_room_appears() -> None:
    taken = itertools.count()
    stop = threading.Event()

    def endless() -> itertools.count[int]:
        for _ in taken:
            yield 1

    done = map_bounded(lambda _: stop.set(), endless(), workers=2, cancel=stop)
    assert done.interrupted
    assert next(taken) < 1000


def test_expected_errors_are_outcomes_and_others_are_raised() -> None:
    def look(n: int) -> int:
        if n == 1:
            raise NotFoundError("not there")
        return 10 // (n - 2)

    outcomes = list(map_bounded(look, [0, 1, 3]))
    assert [type(o.error) for o in outcomes] == [type(None), NotFoundError, type(None)]
    with pytest.raises(NotFoundError):
        outcomes[1].result()
    with pytest.raises(ZeroDivisionError):
        map_bounded(look, [0, 2])


def test_an_interrupt_keeps_what_arrived() -> None:
    def stop_at_three(outcome: Outcome[int, int]) -> None:
        if outcome.item == 3:
            raise KeyboardInterrupt

    done = map_bounded(lambda n: n, range(1000), workers=1, on_result=stop_at_three)
    assert done.interrupted
    assert [o.item for o in done][:4] == [0, 1, 2, 3]
    assert len(done) < 1000


def test_cancelling_after_the_end_is_no_interruption() -> None:
    stop = threading.Event()
    done = map_bounded(
        lambda n: n, [1, 2], cancel=stop, on_result=lambda o: stop.set() if o.item == 2 else None, workers=1
    )
    assert len(done) == 2
    assert not done.interrupted


def test_cancelled_before_the_start_does_nothing() -> None:
    stop = threading.Event()
    stop.set()
    done = map_bounded(pytest.fail, ["never called"], cancel=stop)
    assert done.interrupted
    assert len(done) == 0


def test_on_result_is_called_in_the_callers_thread() -> None:
    here = []
    map_bounded(lambda n: n, range(5), on_result=lambda _: here.append(threading.current_thread()))
    assert set(here) == {threading.current_thread()}


def test_context_variables_are_seen_in_the_workers() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    variable.set("ours")
    assert {o.value for o in map_bounded(lambda _: variable.get(), range(4))} == {"ours"}
    with ThreadPoolExecutor(2) as executor:
        assert {o.value for o in map_bounded(lambda _: variable.get(), range(4), executor=executor)} == {
            "ours"
        }
        assert executor.submit(lambda: 1).result() == 1  # left running


def _warn(n: int) -> int:
    emit(RegistryWarning(WarningValue(text=f"old API {n}"), Reference("localhost:5000", "demo")))
    return n


def test_warnings_are_given_in_the_callers_thread() -> None:
    with pytest.warns(RegistryWarning) as seen:
        map_bounded(_warn, range(3))
    assert sorted(str(w.message) for w in seen) == [f"localhost:5000/demo: 'old API {n}'" for n in range(3)]


def test_any_executor_will_do() -> None:
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        done = map_bounded(len, ["a", "bb"], executor=executor)
    assert [o.result() for o in done] == [1, 2]


def test_an_executor_that_gives_up_is_no_endless_wait() -> None:
    class GivesUp(Executor):
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            future: Future[object] = Future()
            future.cancel()
            return future

    with pytest.raises(CancelledError, match="gave up"):
        map_bounded(str, range(3), executor=GivesUp())


def test_work_within_work_needs_no_thread_of_its_own() -> None:
    here = threading.get_ident()

    def fails(n: int) -> tuple[int, int]:
        if n == 1:
            raise NotFoundError("gone")
        return n, threading.get_ident()

    outcomes = map_bounded(fails, range(3), executor=ThisThread())
    assert [outcome.value for outcome in outcomes] == [(0, here), None, (2, here)]
    assert [type(outcome.error) for outcome in outcomes] == [type(None), NotFoundError, type(None)]
    with pytest.raises(ZeroDivisionError):
        map_bounded(lambda n: 1 / n, [0], executor=ThisThread())
