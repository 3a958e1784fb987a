"""The frames of an audit as files: CSV for spreadsheets, Parquet for programs."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from regexplore.auditing.result import AuditResult
from regexplore.auditing.tag_snapshots import import_parquet
from regexplore.frames.export import to_csv


def write_csv(result: AuditResult, folder: str | PathLike[str]) -> list[Path]:
    """Write one CSV file a frame, in which no spreadsheet finds a formula; return the files."""
    target = _folder(folder)
    files = []
    for name, frame in result.frames.items():
        files.append(target / f"{name}.csv")
        to_csv(frame, files[-1])
    return files


def write_parquet(result: AuditResult, folder: str | PathLike[str]) -> list[Path]:
    """Write one Parquet file a frame, values as they are; return the files.

    Raises
    ------
    MissingExtraError
        pyarrow is not installed.
    """
    import_parquet()
    target = _folder(folder)
    files = []
    for name, frame in result.frames.items():
        files.append(target / f"{name}.parquet")
        plain = frame.copy()
        # What the run cost differs from run to run; the content of a file should not.
        plain.attrs = {}
        plain.to_parquet(files[-1], index=False)
    return files


def _folder(folder: str | PathLike[str]) -> Path:
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    return target
