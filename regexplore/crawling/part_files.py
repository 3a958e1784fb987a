"""The folder of a crawl: Parquet files that are whole or not there, and know which repositories they hold.

``part-000001.parquet`` and so on hold finished repositories, a batch each, and never change. ``failed.parquet``
holds one row for each repository that could not be read; every run writes it anew, for those are asked again.
``_crawl.json`` says what is crawled. Other programs read the folder as one table: ``pandas.read_parquet(folder)``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from regexplore.errors import CrawlError, MissingExtraError

if TYPE_CHECKING:
    import pandas as pd

PART, FAILED, ABOUT = "part-", "failed.parquet", "_crawl.json"
MAX_ABOUT_BYTES = 1 << 20
_META = b"regexplore.crawl"


@dataclass(frozen=True, slots=True)
class Done:
    """What is known of a repository that is finished."""

    rows: int = 0
    requests: int = 0
    reasons: tuple[str, ...] = ()


@dataclass
class PartFolder:
    """The folder of one crawl.

    Attributes
    ----------
    path : Path
    done : mapping of str to Done
        The repositories that need not be asked again.
    problems : list of str
        Files that could not be read; their repositories are asked again.
    """

    path: Path
    done: dict[str, Done] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    _next: int = 1

    @classmethod
    def open(cls, path: str | os.PathLike[str], about: Mapping[str, Any]) -> PartFolder:
        """Make the folder, or go on with it.

        Parameters
        ----------
        path
            The folder; private to the user when it is made here.
        about
            What is crawled: a folder holds one crawl.

        Raises
        ------
        CrawlError
            It holds something else.
        MissingExtraError
            pyarrow is not installed.
        """
        import_parquet()
        folder = cls(Path(path))
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder._check(about)
        for file in folder.parts():
            try:
                folder.done.update(repositories_in(file))
            except (OSError, ValueError, TypeError, KeyError) as error:
                folder.problems.append(f"{file.name} could not be read: {error}")
        numbers = [int(file.stem.removeprefix(PART)) for file in folder.parts()]
        folder._next = max(numbers, default=0) + 1
        return folder

    def parts(self) -> list[Path]:
        """Give the files of finished repositories, oldest first."""
        return sorted(file for file in self.path.glob(f"{PART}*.parquet") if _number(file) is not None)

    def add(self, frame: pd.DataFrame, done: Mapping[str, Done]) -> None:
        """Write a batch of finished repositories, wholly or not at all, and once.

        An interrupt may come when the file has its name and before the caller knows. Then the same batch is handed
        in again, and is found written.
        """
        while not done.keys() <= self.done.keys():
            target = self.path / f"{PART}{self._next:06}.parquet"
            try:
                _write(frame, target, done, replace=False)
            except FileExistsError:
                if not _holds(target, done):
                    # Another process crawls into the same folder.
                    self._next += 1
                    continue
            self.done.update(done)
            self._next += 1

    def set_failed(self, frame: pd.DataFrame) -> None:
        """Write the repositories that could not be read, in place of those of an earlier run."""
        target = self.path / FAILED
        if len(frame):
            _write(frame, target, {}, replace=True)
        else:
            target.unlink(missing_ok=True)

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield the frame of each file that can be read; failed repositories last."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for file in [*self.parts(), self.path / FAILED]:
            if not file.exists():
                continue
            try:
                with pq.ParquetFile(file) as parquet:
                    yield parquet.read().to_pandas()
            except (pa.ArrowException, OSError) as error:
                self.problems.append(f"{file.name} could not be read: {error}")

    def _check(self, about: Mapping[str, Any]) -> None:
        file = self.path / ABOUT
        text = json.dumps(about, indent=1)
        try:
            with file.open("x", encoding="utf-8") as new:
                new.write(text)
            return
        except FileExistsError:
            pass
        try:
            with file.open("rb") as known:
                held = json.loads(known.read(MAX_ABOUT_BYTES))
        except ValueError:
            held = None
        if held != json.loads(text):
            raise CrawlError(f"{self.path} holds another crawl than {about}: {held}")


def import_parquet() -> None:
    """Raise a `MissingExtraError` unless Parquet files can be read and written."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise MissingExtraError("pyarrow", "parquet") from None


def _number(file: Path) -> int | None:
    digits = file.stem.removeprefix(PART)
    return int(digits) if digits.isdecimal() else None


def _write(frame: pd.DataFrame, target: Path, done: Mapping[str, Done], *, replace: bool) -> None:
    """Write beside the target, then give it its name: who reads finds the whole file or none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    meta = json.dumps({name: asdict(known) for name, known in done.items()}).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _META: meta})
    with NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
        try:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
            if replace:
                Path(file.name).replace(target)
            else:
                # A link fails where the name is taken; a rename would replace what another process wrote.
                os.link(file.name, target)
        finally:
            Path(file.name).unlink(missing_ok=True)


def _holds(file: Path, done: Mapping[str, Done]) -> bool:
    """Tell whether a file is the one of this batch."""
    try:
        return repositories_in(file).keys() == done.keys()
    except (OSError, ValueError, TypeError, KeyError):
        return False


def repositories_in(file: Path) -> dict[str, Done]:
    """Tell which repositories a file holds, from its footer alone."""
    import pyarrow.parquet as pq

    held = json.loads((pq.read_schema(file).metadata or {})[_META])
    return {
        str(name): Done(int(known["rows"]), int(known["requests"]), tuple(map(str, known["reasons"])))
        for name, known in held.items()
    }
