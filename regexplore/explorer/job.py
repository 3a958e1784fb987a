"""Work behind the screen: one thread a job, so that the kernel stays free, with progress and cancel.

What a job does concurrently inside goes through `regexplore.content.pool`, as everywhere.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from regexplore.errors import RegexploreError, StoppedError
from regexplore.remote.trace import Recorder, recording
from regexplore.remote.warning import RegistryWarning, gathering
from regexplore.show.progress import Step

# Not the name of the pool's threads: their warnings are held back for a caller, and a job is the caller.
THREAD_NAME = "rx-explorer"


class Job:
    """One piece of work that can be watched and stopped.

    Parameters
    ----------
    work
        Called with the job in a thread of its own.
    on_step
        Called in that thread with the words of the progress so far.
    on_end
        Called in that thread once, after the end, with the job.
    recorder
        Told every request; one of its own by default.

    Attributes
    ----------
    value : object
        What came of it.
    error : Exception or None
        What went wrong instead.
    warnings : list of RegistryWarning
        What the registry warned of.
    cancel : threading.Event
        Set when the job is to stop.
    """

    def __init__(
        self,
        work: Callable[[Job], Any],
        *,
        on_step: Callable[[Job], None] = lambda _: None,
        on_end: Callable[[Job], None] = lambda _: None,
        recorder: Recorder | None = None,
    ) -> None:
        self.cancel = Event()
        self.value: Any = None
        self.error: Exception | None = None
        self.warnings: list[RegistryWarning] = []
        self.words = ""
        self._work = work
        self._on_step = on_step
        self._on_end = on_end
        self.recorder = recorder or Recorder()
        self._told = False
        self._thread = Thread(
            target=contextvars.copy_context().run, args=(self._run,), name=THREAD_NAME, daemon=True
        )

    def start(self) -> Job:
        """Begin."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ask the job to stop; it ends at its next step, and nobody needs to wait for that."""
        self.cancel.set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the end, in tests and scripts."""
        self._thread.join(seconds)

    def tell(self, step: Step) -> None:
        """Take a step of the progress; the ``progress`` of whatever also hears ``cancel``."""
        if not step.finished:
            self.say(str(step))

    def tell_or_stop(self, step: Step) -> None:
        """Take a step of the progress; the ``progress`` of whatever knows no other way to be stopped.

        After a stop it interrupts, once: what is interrupted keeps what arrived, and then goes on to tell so.
        """
        self.tell(step)
        if self.cancel.is_set() and not self._told:
            self._told = True
            raise KeyboardInterrupt

    def say(self, words: str) -> None:
        """Tell how far the job is."""
        self.words = words
        self._on_step(self)

    def _run(self) -> None:
        with recording(self.recorder), gathering() as heard:
            try:
                self.value = self._work(self)
            except (RegexploreError, KeyboardInterrupt) as problem:
                self.error = (
                    problem
                    if isinstance(problem, RegexploreError)
                    else StoppedError("stopped before anything arrived")
                )
            except Exception as problem:
                # Without this the reader would wait for ever: a widget shows nothing of a dead thread.
                self.error = problem
        self.warnings = heard
        self._on_end(self)
