"""Progress of work that takes longer than half a second.

In a notebook a bar with a label, replaced by one static line at the end, so that a saved notebook holds no
dead widget; elsewhere a line on stderr; or a callable of the user's; or nothing. Call it from the caller's
thread.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from regexplore.show import text as words
from regexplore.show.escape import html, terminal

DELAY = 0.5
INTERVAL = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """What a progress callable is given.

    Parameters
    ----------
    noun
        What is counted, in the singular: "tag".
    done, total
        How many; ``total`` is None while it is not known.
    note
        More words, such as "81 requests".
    seconds
        Since the work began.
    finished
        True once, at the end.
    stopped
        The work was interrupted.
    """

    noun: str
    done: int = 0
    total: int | None = None
    note: str = ""
    seconds: float = 0.0
    finished: bool = False
    stopped: bool = False

    def __str__(self) -> str:
        if not self.finished:
            total = "" if self.total is None else f"/{self.total:,}"
            head = f"{words.count(2, self.noun).partition(' ')[2]} {self.done:,}{total}"
            return ", ".join(filter(None, [head, self.note]))
        head = words.count(self.done, self.noun)
        if self.stopped:
            head = f"stopped at {self.done:,}" + ("" if self.total is None else f" of {self.total:,}")
        return ", ".join(filter(None, [head, self.note, words.seconds(self.seconds)]))


Show = Callable[[Step], None] | bool | None
"""How progress is shown: True as fits the place, a callable, or None or False for not at all."""


class Progress:
    """Counts steps and shows them, if the work takes longer than `DELAY`.

    Parameters
    ----------
    noun
        What is counted, in the singular.
    total
        How many steps there will be, if that is known.
    show
        True for a bar in a notebook and a line on stderr elsewhere; a callable gets every `Step` at once.
    clock
        Seconds, for tests.

    Examples
    --------
    >>> with Progress("tag", total=2, show=print) as progress:
    ...     progress.advance()
    tags 1/2
    1 tag, 0 ms
    """

    def __init__(
        self,
        noun: str,
        total: int | None = None,
        *,
        show: Show = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._noun = noun
        self._total = total
        self._show = show
        self._clock = clock
        self._started = clock()
        self._shown_at = float("-inf")
        self._display: Display | None = None
        self._done = 0
        self._note = ""
        self._stopped = False

    def advance(self, steps: int = 1, *, note: str = "", total: int | None = None) -> None:
        """Count ``steps`` more; ``total`` replaces what was expected."""
        self._done += steps
        self._note = note or self._note
        self._total = self._total if total is None else total
        if callable(self._show):
            self._show(self._step())
        elif self._show and self._due():
            self._display = self._display or _display()
            self._display.update(self._step())

    def stop(self) -> None:
        """Note that the work was interrupted and that what is counted is all there will be."""
        self._stopped = True

    def _due(self) -> bool:
        now = self._clock()
        if now - self._started < DELAY or now - self._shown_at < INTERVAL:
            return False
        self._shown_at = now
        return True

    def _step(self, **end: bool) -> Step:
        elapsed = self._clock() - self._started
        return Step(self._noun, self._done, self._total, self._note, elapsed, **end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        last = self._step(finished=True, stopped=self._stopped or kind is not None)
        if callable(self._show):
            self._show(last)
        elif self._display is not None:
            self._display.finish(last)


class Display(Protocol):
    """A place where steps are shown."""

    def update(self, step: Step) -> None:
        """Show a step."""

    def finish(self, step: Step) -> None:
        """Show the last step, for good."""


class StderrLine:
    """One line on stderr, rewritten on a terminal; elsewhere only the last one is written."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._longest = 0

    def update(self, step: Step) -> None:
        """Rewrite the line."""
        if self._stream.isatty():
            self._stream.write("\r" + self._padded(step))
            self._stream.flush()

    def finish(self, step: Step) -> None:
        """Leave the last line standing."""
        start = "\r" if self._stream.isatty() else ""
        self._stream.write(f"{start}{self._padded(step)}\n")
        self._stream.flush()

    def _padded(self, step: Step) -> str:
        line = terminal(step)
        padded = line.ljust(self._longest)
        self._longest = len(line)
        return padded


class NotebookBar:
    """A bar and a label in the output of the running cell."""

    def __init__(self) -> None:
        import ipywidgets
        from IPython.display import display

        self._bar = ipywidgets.IntProgress(max=1, layout=ipywidgets.Layout(width="160px"))
        self._label = ipywidgets.Label()
        self._box = ipywidgets.HBox([self._bar, self._label])
        publish: Any = display
        self._handle = publish(self._box, display_id=True)

    def update(self, step: Step) -> None:
        """Move the bar."""
        self._bar.max = max(step.total or step.done, 1)
        self._bar.value = step.done
        self._label.value = terminal(step)

    def finish(self, step: Step) -> None:
        """Put one static line in the place of the widgets."""
        line = terminal(step)
        if self._handle is not None:
            self._handle.update({"text/plain": line, "text/html": f"<small>{html(line)}</small>"}, raw=True)
        for widget in (self._box, self._bar, self._label):
            widget.close()


def in_notebook() -> bool:
    """Tell whether a Jupyter kernel runs this, without importing IPython to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def _display() -> Display:
    return NotebookBar() if in_notebook() else StderrLine()
