"""Progress: nothing for half a second, one static line at the end."""

from __future__ import annotations

import io
import sys
import types
from typing import Any

import pytest

from regexplore.show import progress as module
from regexplore.show.progress import NotebookBar, Progress, StderrLine, Step


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Recorder:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def update(self, step: Step) -> None:
        self.lines.append(str(step))

    def finish(self, step: Step) -> None:
        self.lines.append(f"= {step}")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(module, "_display", lambda: recorder)
    return recorder


def test_quick_work_shows_nothing(shown: Recorder) -> None:
    clock = Clock()
    with Progress("tag", 3, clock=clock) as progress:
        for _ in range(3):
            clock.now += 0.1
            progress.advance()
    assert shown.lines == []


def test_slow_work_shows_steps_and_ends_in_one_line(shown: Recorder) -> None:
    clock = Clock()
    with Progress("tag", 3, clock=clock) as progress:
        for n in range(3):
            clock.now += 0.4
            progress.advance(note=f"{n} requests")
    assert shown.lines == ["tags 2/3, 1 requests", "tags 3/3, 2 requests", "= 3 tags, 2 requests, 1.2 s"]


def test_interrupted_work_says_how_far_it_came(shown: Recorder) -> None:
    clock = Clock()

    def work() -> None:
        with Progress("tag", 312, clock=clock) as progress:
            clock.now += 1
            progress.advance(40)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert shown.lines[-1] == "= stopped at 40 of 312, 1.0 s"


def test_a_callable_gets_every_step_at_once() -> None:
    steps: list[Step] = []
    with Progress("repository", show=steps.append) as progress:
        progress.advance()
        progress.advance(total=5)
    assert [(s.done, s.total, s.finished) for s in steps] == [(1, None, False), (2, 5, False), (2, 5, True)]


@pytest.mark.parametrize("show", [None, False])
def test_none_shows_nothing(shown: Recorder, show: bool | None) -> None:
    clock = Clock()
    with Progress("tag", show=show, clock=clock) as progress:
        clock.now += 9
        progress.advance()
    assert shown.lines == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_line_is_rewritten_and_holds_no_escape_of_the_text() -> None:
    stream = Terminal()
    line = StderrLine(stream)
    line.update(Step("tag", 1, 2, note="a\x1b[2J long note"))
    line.finish(Step("tag", 2, 2, finished=True))
    first, second = stream.getvalue().split("\r")[1:]
    assert "\x1b" not in first
    assert second.rstrip() == "2 tags, 0 ms"
    assert len(second.rstrip("\n")) == len(first)


def test_a_log_file_gets_only_the_last_line() -> None:
    stream = io.StringIO()
    line = StderrLine(stream)
    line.update(Step("tag", 1, 2))
    line.finish(Step("tag", 2, 2, finished=True))
    assert stream.getvalue() == "2 tags, 0 ms\n"


def test_a_notebook_bar_ends_as_static_text_and_closes_its_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython.display

    updates: list[dict[str, str]] = []

    class Handle:
        def update(self, bundle: dict[str, str], raw: bool) -> None:
            assert raw
            updates.append(bundle)

    def display(*_: Any, **__: Any) -> Handle:
        return Handle()

    monkeypatch.setattr(IPython.display, "display", display)
    bar = NotebookBar()
    bar.update(Step("tag", 1, 2))
    assert (bar._bar.value, bar._bar.max, bar._label.value) == (1, 2, "tags 1/2")
    bar.finish(Step("tag", 2, 2, note="<b>", finished=True))
    assert updates == [
        {"text/plain": "2 tags, <b>, 0 ms", "text/html": "<small>2 tags, &lt;b&gt;, 0 ms</small>"}
    ]
    assert bar._box.comm is None


def test_a_kernel_is_known_without_importing_ipython(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert not module.in_notebook()
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert module.in_notebook()
