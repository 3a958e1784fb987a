"""What is worked out once, whoever asks at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.left_over import awaited

from regexplore.content.once import Once


def test_many_who_ask_at_the_same_time_get_what_one_made() -> None:
    once = Once[str, object]()
    made: list[object] = []
    begun, go_on = threading.Event(), threading.Event()

    def make() -> object:
        begun.set()
        assert go_on.wait(20)
        made.append(object())
        return made[-1]

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(once.get, "a", make)
        assert begun.wait(20)
        others = [pool.submit(once.get, "a", make) for _ in range(3)]
        assert once.get("b", lambda: 7) == 7, "another key waits for nobody"
        go_on.set()
        assert {id(future.result()) for future in (first, *others)} == {id(made[0])}
    assert len(made) == 1


def test_an_error_is_everybodys_and_stays() -> None:
    once = Once[str, int]()
    asked: list[int] = []

    def fail() -> int:
        asked.append(1)
        raise ValueError("not to be had")

    for _ in range(2):
        with pytest.raises(ValueError, match="not to be had"):
            once.get("a", fail)
    assert len(asked) == 1


def test_after_an_interrupt_whoever_asks_next_begins_again() -> None:
    once = Once[str, int]()
    begun, interrupted = threading.Event(), threading.Event()
    heard: list[BaseException] = []

    def interrupt() -> int:
        begun.set()
        assert interrupted.wait(20)
        raise KeyboardInterrupt

    def ask() -> None:
        try:
            once.get("a", interrupt)
        except BaseException as error:
            heard.append(error)

    threads = [threading.Thread(target=ask)]
    threads[0].start()
    assert begun.wait(20)
    threads.append(threading.Thread(target=ask))
    threads[1].start()
    interrupted.set()
    assert awaited(lambda: len(heard) == 2 or not any(thread.is_alive() for thread in threads))
    assert all(isinstance(error, KeyboardInterrupt) for error in heard)
    assert once.get("a", lambda: 1) == 1
