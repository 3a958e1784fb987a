"""Gathering the answers of a crawl: in batches, written as they fill, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from regexplore.crawling.columns import Columns
from regexplore.crawling.job import Answer
from regexplore.crawling.part_files import Done, PartFolder

if TYPE_CHECKING:
    import pandas as pd

BATCH_REPOSITORIES = 200
BATCH_ROWS = 50_000


class Gathering:
    """What arrived so far.

    Parameters
    ----------
    columns
        What frames are made of.
    folder
        Where batches are written; None keeps their frames.
    """

    def __init__(self, columns: Columns, folder: PartFolder | None) -> None:
        self.columns = columns
        self.folder = folder
        self.frames: list[pd.DataFrame] = []
        self.finished = len(folder.done) if folder else 0
        self.earlier = self.finished
        self.incomplete = sum(bool(done.reasons) for done in folder.done.values()) if folder else 0
        self.failed: dict[str, str] = {}
        self.requests = 0
        self.rows = sum(done.rows for done in folder.done.values()) if folder else 0
        self._pieces: list[Any] = []
        self._waiting: dict[str, Done] = {}
        self._batch: tuple[list[Any], dict[str, Done]] | None = None

    @property
    def arrived(self) -> int:
        """How many repositories were answered in this run, failed ones included."""
        return self.finished - self.earlier + len(self.failed)

    def take(self, answer: Answer) -> None:
        """Keep an answer, and write the batch if it is full."""
        self.requests += answer.requests
        if answer.error:
            self.failed[answer.repository] = answer.error
            return
        if answer.refused and self.folder is not None:
            # Half of a repository is not written: the next run asks it again.
            self.failed[answer.repository] = "a budget was used up before it was read in full"
            return
        try:
            piece = self.columns.piece(answer)
        except (ValueError, TypeError) as error:
            self.failed[answer.repository] = f"{type(error).__name__}: {error}"
            return
        self._pieces.append(piece)
        self._waiting[answer.repository] = Done(len(piece), answer.requests, answer.reasons)
        self.finished += 1
        self.rows += len(piece)
        self.incomplete += bool(answer.reasons)
        if len(self._waiting) >= BATCH_REPOSITORIES or self._rows_waiting >= BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits. A batch that an interrupt left half way comes first, as it is, and nothing joins it."""
        self._write_batch()
        if self._waiting:
            self._batch, self._pieces, self._waiting = (self._pieces, self._waiting), [], {}
            self._write_batch()

    def _write_batch(self) -> None:
        if self._batch is None:
            return
        pieces, done = self._batch
        frame = self.columns.frame(pieces)
        if self.folder is None:
            self.frames.append(frame)
        else:
            self.folder.add(frame, done)
        self._batch = None

    def finish(self) -> None:
        """Write the rest, and the repositories that failed."""
        self.flush()
        if self.folder is not None:
            self.folder.set_failed(self.columns.failures(self.failed))

    def reader(self) -> Callable[[], pd.DataFrame]:
        """Give what makes the frame of everything: from the files, or from memory."""
        columns, folder, failed = self.columns, self.folder, dict(self.failed)
        kept = [*self.frames, columns.failures(failed)] if folder is None else []

        def read() -> pd.DataFrame:
            import pandas as pd

            parts = kept if folder is None else list(folder.frames())
            whole = pd.concat([*parts, columns.frame([])], ignore_index=True)
            whole = whole.sort_values("repository", kind="stable", ignore_index=True)
            whole.attrs = {}
            return whole

        return read

    @property
    def _rows_waiting(self) -> int:
        return sum(done.rows for done in self._waiting.values())
