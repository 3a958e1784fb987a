"""Snapshots of tags in a folder of Parquet files: what each tag named on the day somebody looked.

A registry keeps no history: where a tag pointed yesterday is known only to those who wrote it down. One file is
one look at one repository. Files are written whole or not at all and never changed, so several processes may share
a folder, and ``pandas.read_parquet(folder)`` reads it too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from regexplore.errors import MissingExtraError, SnapshotError

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIX = ".parquet"
MAX_FILE_BYTES = 256 << 20
MAX_ROWS = 5_000_000
_META = b"regexplore.snapshot"


@dataclass(frozen=True, slots=True)
class SeenTag:
    """What a tag named.

    Attributes
    ----------
    digest : str
    kind : str
    created : datetime or None
        As what it names says, in UTC.
    signers : str or None
        Who signed it, as an audit found, separated by "; "; None when nobody looked.
    """

    digest: str
    kind: str = ""
    created: datetime | None = None
    signers: str | None = None


@dataclass(frozen=True, slots=True)
class TagSnapshot:
    """The tags of a repository at one moment.

    Attributes
    ----------
    repository : str
        With its registry: ``localhost:5000/demo/app``.
    taken : datetime
        In UTC.
    tags : mapping of str to SeenTag
    complete : bool
        False when not every tag could be listed or read: what is absent may still be there.
    """

    repository: str
    taken: datetime
    tags: Mapping[str, SeenTag]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class SnapshotFolder:
    """A folder of snapshots, one folder in it for each repository.

    Attributes
    ----------
    path : Path
        Made, private to the user, when the first snapshot is added.
    """

    path: Path

    def add(self, snapshot: TagSnapshot) -> Path:
        """Write a snapshot and return its file.

        Raises
        ------
        MissingExtraError
            pyarrow is not installed.
        OSError
            The folder cannot be written.
        """
        import_parquet()
        folder = self._of(snapshot.repository)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        moment = snapshot.taken.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        target = folder / f"{moment}{SUFFIX}"
        _write_whole(_table(snapshot), target)
        return target

    def read(self, repository: str) -> tuple[list[TagSnapshot], list[str]]:
        """Return the snapshots of a repository, oldest first, and which files could not be read, and why.

        Raises
        ------
        MissingExtraError
            pyarrow is not installed.
        """
        import_parquet()
        found, reasons = [], []
        for file in sorted(self._of(repository).glob(f"*{SUFFIX}")):
            try:
                snapshot = _read(file)
                if snapshot.repository != repository:
                    raise SnapshotError(f"{file.name} is a snapshot of {snapshot.repository!r}")
            except SnapshotError as error:
                reasons.append(f"left out: {error}")
            else:
                found.append(snapshot)
        return sorted(found, key=lambda one: one.taken), reasons

    def _of(self, repository: str) -> Path:
        # A registry's name stands before the first slash, so the quoted name is never "..".
        return self.path / quote(repository, safe="")


def import_parquet() -> None:
    """Raise a `MissingExtraError` unless Parquet files can be read and written."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise MissingExtraError("pyarrow", "parquet") from None


def _table(snapshot: TagSnapshot) -> pa.Table:
    import pyarrow as pa

    seen = snapshot.tags.items()
    moment = pa.timestamp("us", tz="UTC")
    columns = {
        "repository": pa.array([snapshot.repository] * len(seen), pa.string()),
        "tag": pa.array([tag for tag, _ in seen], pa.string()),
        "digest": pa.array([one.digest for _, one in seen], pa.string()),
        "kind": pa.array([one.kind or None for _, one in seen], pa.string()),
        "created": pa.array([one.created for _, one in seen], moment),
        "signers": pa.array([one.signers for _, one in seen], pa.string()),
        "taken": pa.array([snapshot.taken] * len(seen), moment),
    }
    meta = {
        "repository": snapshot.repository,
        "taken": snapshot.taken.isoformat(),
        "complete": snapshot.complete,
    }
    return pa.table(columns).replace_schema_metadata({_META: json.dumps(meta).encode()})


def _write_whole(table: pa.Table, target: Path) -> None:
    """Write beside the target, then rename: who reads finds the whole file or none."""
    import pyarrow.parquet as pq

    with NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
        try:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
            # A link fails where the name is taken; a rename would replace what another process wrote.
            os.link(file.name, target)
        except FileExistsError:
            raise SnapshotError(f"{target.name} exists", hint="take the snapshot again") from None
        finally:
            Path(file.name).unlink(missing_ok=True)


def _read(file: Path) -> TagSnapshot:
    """Read one file; whatever is wrong with it is a `SnapshotError`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if file.is_symlink() or file.stat().st_size > MAX_FILE_BYTES:
        raise SnapshotError(f"{file.name} is a link, or larger than {MAX_FILE_BYTES:,} bytes")
    try:
        with pq.ParquetFile(file) as parquet:
            if parquet.metadata.num_rows > MAX_ROWS:
                raise SnapshotError(f"{file.name} has more than {MAX_ROWS:,} rows")
            meta = json.loads((parquet.schema_arrow.metadata or {}).get(_META, b"{}"))
            rows = parquet.read(columns=["tag", "digest", "kind", "created", "signers"]).to_pylist()
        return TagSnapshot(
            str(meta["repository"]),
            datetime.fromisoformat(meta["taken"]).astimezone(UTC),
            dict(_seen(rows)),
            meta["complete"] is True,
        )
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{file.name} is not a snapshot: {error}") from error


def _seen(rows: list[dict[str, Any]]) -> Iterator[tuple[str, SeenTag]]:
    for row in rows:
        created = row["created"]
        if not isinstance(row["tag"], str) or not isinstance(row["digest"], str):
            raise TypeError("tags and digests are text")
        if created is not None and not isinstance(created, datetime):
            raise TypeError("created is a time")
        yield row["tag"], SeenTag(row["digest"], row["kind"] or "", created, row["signers"])
