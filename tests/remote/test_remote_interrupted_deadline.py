"""An interrupt just where a request ends leaves no deadline behind for those that follow."""

import contextvars
import sys

import pytest
from support.clients import repository

from regexplore import errors
from regexplore.content.pool import map_bounded
from regexplore.remote import clock, retry


def interrupt_in_exit(frame, event, _argument):
    if frame.f_code is clock.Until.__exit__.__code__:
        raise KeyboardInterrupt
    return


def test_a_deadline_that_nobody_took_back_is_not_that_of_a_later_request(sandbox):
    contextvars.copy_context().run(interrupted, sandbox)


def interrupted(sandbox):
    repo = repository(sandbox.host, deadline=1e-9)
    # Coverage traces too, and goes on afterwards.
    before = sys.gettrace()
    sys.settrace(interrupt_in_exit)
    try:
        with pytest.raises(KeyboardInterrupt):
            repo.exists(repo.resolve("v1"))
    finally:
        sys.settrace(before)
    left = clock.current()
    assert left is not None
    with pytest.raises(errors.NotFoundError):
        repository(sandbox.host).resolve("v1")
    assert left.frame is None, "holds on to what the interrupted block had, such as its connection"
    assert clock.current() is None
    (outcome,) = map_bounded(lambda tag: repository(sandbox.host).resolve(tag), ["v1"])
    assert isinstance(outcome.error, errors.NotFoundError)


def test_threads_that_work_for_a_block_have_its_deadline():
    with clock.until(clock.Deadline.after(5)) as deadline:
        (outcome,) = map_bounded(lambda _: clock.enclosing(), [1])
    assert outcome.value is deadline


def test_blocks_within_a_block_have_its_deadline():
    outer = clock.Deadline.after(5)
    with clock.until(outer):
        assert clock.enclosing() is outer
        with clock.until(outer):
            assert clock.enclosing() is outer
        assert clock.enclosing() is outer
    assert clock.enclosing() is None
    assert outer.frame is None


def test_a_block_of_its_own_does_not_bring_back_a_deadline_that_was_left():
    contextvars.copy_context().run(left_and_entered)


def left_and_entered():
    def leave():
        clock.until(clock.Deadline.after(5)).__enter__()

    leave()
    left = clock.current()
    with clock.until(clock.Deadline.after(5)):
        assert clock.current() is not left
    assert clock.current() is None
    assert left.frame is None


def test_the_frames_of_other_threads_are_never_asked_for(sandbox, monkeypatch):
    """While they are gathered, a socket that is closed by the garbage collector stops the interpreter for ever."""
    monkeypatch.delattr(sys, "_current_frames")
    with pytest.raises(errors.NotFoundError):
        repository(sandbox.host).resolve("v1")
    (outcome,) = map_bounded(lambda tag: repository(sandbox.host).resolve(tag), ["v1"])
    assert isinstance(outcome.error, errors.NotFoundError)


def test_an_observer_that_nobody_dismissed_is_gone_after_the_next_request(sandbox):
    contextvars.copy_context().run(interrupted_observer, sandbox)


def interrupted_observer(sandbox):
    def interrupt(frame, _event, _argument):
        if frame.f_code is retry.stop_listening.__code__:
            raise KeyboardInterrupt
        return

    repo = repository(sandbox.host)
    before = sys.gettrace()
    sys.settrace(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            repo.resolve("v1")
    finally:
        sys.settrace(before)
    assert retry.listening()
    with pytest.raises(errors.NotFoundError):
        repo.resolve("v1")
    assert not retry.listening(), "the observer holds on to its request, and so to its connection"
