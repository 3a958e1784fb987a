"""The columns of a crawl: what came of many repositories becomes one frame, the name of the repository in front."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from regexplore.crawling.job import Answer
from regexplore.crawling.work import FrameWork, kind_of
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Schema

if TYPE_CHECKING:
    import pandas as pd

REPOSITORY, ERROR = "repository", "error"
# What stands for "missing" in a row of a repository that failed needs a dtype that has it.
_NULLABLE = {"i": "Int64", "u": "UInt64", "f": "Float64", "b": "boolean", "O": "string", "U": "string"}


class Columns(Protocol):
    """Makes frames with the same columns and dtypes, whatever came of each repository."""

    def piece(self, answer: Answer) -> Any:
        """Give what is kept of an answer until its batch is written.

        Raises
        ------
        ValueError, TypeError
            The frame of a user's function does not have the columns of the others.
        """

    def frame(self, pieces: Iterable[Any]) -> pd.DataFrame:
        """Give the frame of some pieces."""

    def failures(self, failed: Mapping[str, str]) -> pd.DataFrame:
        """Give one row for each repository that could not be read."""


def columns_of(work: str | FrameWork, meta: pd.DataFrame | None) -> Columns:
    """Give the columns of a kind of work, or of a user's function with a declared or not yet known frame."""
    return SchemaColumns(kind_of(work).schema) if isinstance(work, str) else FrameColumns(meta)


class SchemaColumns:
    """Columns of a schema; pieces are rows."""

    def __init__(self, schema: Schema) -> None:
        known = ((column.name, column.dtype, column.meaning) for column in schema.columns)
        self.schema = Schema.of((REPOSITORY, TEXT, "name of the repository, without the registry"), *known)

    def piece(self, answer: Answer) -> list[dict[str, Any]]:
        """Give the rows with the name of the repository."""
        rows: Sequence[Any] = answer.content  # type: ignore[assignment]  # kinds of work give rows
        return [{REPOSITORY: answer.repository, **row} for row in rows]

    def frame(self, pieces: Iterable[list[dict[str, Any]]]) -> pd.DataFrame:
        """Give the frame of the rows."""
        return _bare(self.schema.frame((row for rows in pieces for row in rows), Origin("")))

    def failures(self, failed: Mapping[str, str]) -> pd.DataFrame:
        """Give one row for each repository that could not be read."""
        rows = ({REPOSITORY: name, ERROR: why} for name, why in failed.items())
        return _bare(self.schema.frame(rows, Origin("")))


class FrameColumns:
    """Columns of a user's function: as declared, or those of the first frame that comes.

    Parameters
    ----------
    meta
        An empty frame with the columns; None to learn them.
    """

    def __init__(self, meta: pd.DataFrame | None = None) -> None:
        self._meta = None if meta is None else _framed(meta)

    def piece(self, answer: Answer) -> pd.DataFrame:
        """Give the frame with the name of the repository, in the dtypes of the first."""
        frame: pd.DataFrame = answer.content  # type: ignore[assignment]  # functions give frames
        if REPOSITORY in frame:
            raise ValueError(f"the column {REPOSITORY} is put in by the crawl")
        if self._meta is None:
            self._meta = _framed(frame.iloc[:0])
        known = set(self._meta.columns) - {REPOSITORY, ERROR}
        if known ^ (set(frame.columns) - {ERROR}):
            raise ValueError(f"the columns are {list(frame.columns)}, not {sorted(known)}")
        whole = frame.reset_index(drop=True).assign(**{REPOSITORY: answer.repository})
        return self._fitted(whole)

    def frame(self, pieces: Iterable[pd.DataFrame]) -> pd.DataFrame:
        """Give the frames one below the other."""
        import pandas as pd

        kept = [piece for piece in pieces if len(piece)]
        return pd.concat(kept, ignore_index=True) if kept else self._empty()

    def failures(self, failed: Mapping[str, str]) -> pd.DataFrame:
        """Give one row for each repository that could not be read."""
        import pandas as pd

        return self._fitted(pd.DataFrame({REPOSITORY: list(failed), ERROR: list(failed.values())}))

    def _fitted(self, frame: pd.DataFrame) -> pd.DataFrame:
        meta = self._empty()
        return frame.reindex(columns=list(meta.columns)).astype(dict(meta.dtypes))

    def _empty(self) -> pd.DataFrame:
        import pandas as pd

        return _framed(pd.DataFrame()) if self._meta is None else self._meta


def _framed(meta: pd.DataFrame) -> pd.DataFrame:
    """Give the empty frame of a crawl: repository first, an error last, dtypes that have a missing value."""
    import pandas as pd

    empty = meta.iloc[:0].reset_index(drop=True)
    empty = empty.astype({name: _NULLABLE.get(kind.kind, kind) for name, kind in empty.dtypes.items()})
    front = pd.DataFrame({REPOSITORY: pd.array([], dtype="string")})
    rest = [name for name in empty.columns if name not in (REPOSITORY, ERROR)]
    error = empty[[ERROR]] if ERROR in empty else pd.DataFrame({ERROR: pd.array([], dtype="string")})
    return _bare(pd.concat([front, empty[rest], error], axis=1))


def _bare(frame: pd.DataFrame) -> pd.DataFrame:
    # The account of a crawl stands in its result; that of a batch would be wrong for the whole.
    frame.attrs = {}
    return frame
