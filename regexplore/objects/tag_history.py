"""Writing down what tags name, and reading what changed since."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regexplore.frames.origin import Origin
from regexplore.objects.collection import Collection

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.auditing.tag_snapshots import SnapshotFolder, TagSnapshot

Folder = str | os.PathLike[str]


def snapshot(repository: Collection, folder: Folder | None = None) -> pd.DataFrame:
    """Write down what each tag names now, and give it as a frame.

    Costs what ``tags(detail=True)`` costs: one request for each tag and one for each distinct image config.

    Parameters
    ----------
    repository
        A `Repository` or a `Layout`.
    folder
        Where snapshots are kept; by default ``regexplore/history`` in the user's data folder.

    Returns
    -------
    pandas.DataFrame
        Columns as in `regexplore.frames.tag_history.SNAPSHOT`. Tags that could not be read are left out, and the
        frame says that it is partial.

    Raises
    ------
    MissingExtraError
        Parquet files need ``regexplore[parquet]``.
    RegexploreError
        The tags could not be listed.

    Examples
    --------
    >>> import tempfile
    >>> import regexplore as rx
    >>> with rx.Sandbox.demo() as sandbox, tempfile.TemporaryDirectory() as folder:
    ...     app = sandbox.registry.repository("demo/app")
    ...     written = rx.snapshot(app, folder)
    ...     moved = rx.history(app, folder)
    >>> set(moved["change"])
    {'first seen'}
    """
    from regexplore.auditing.tag_snapshots import import_parquet
    from regexplore.frames.tag_history import snapshot_frame

    import_parquet()
    name = repository._source.name
    origin = Origin(name)
    taken = datetime.now(UTC)
    details = repository.tags(detail=True)
    for reason in details.attrs["reasons"]:
        origin.partial(reason)
    seen = _snapshot(name, taken, details, origin.complete)
    _folder(folder).add(seen)
    return snapshot_frame(_rows(seen), origin)


def history(repository: Collection, folder: Folder | None = None) -> pd.DataFrame:
    """Give what changed from snapshot to snapshot; sends no request.

    Parameters
    ----------
    repository
        A `Repository` or a `Layout`.
    folder
        Where `snapshot` and audits wrote; by default ``regexplore/history`` in the user's data folder.

    Returns
    -------
    pandas.DataFrame
        Columns as in `regexplore.frames.tag_history.TAG_HISTORY`; empty when there is no snapshot. ``attrs`` tells
        how many there are, and which could not be read.

    Raises
    ------
    MissingExtraError
        Parquet files need ``regexplore[parquet]``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = rx.snapshot(repo, folder=folder)
    ...     set(rx.history(repo, folder=folder)["change"])
    {'first seen'}
    """
    from dataclasses import asdict

    from regexplore.auditing.tag_changes import tag_changes
    from regexplore.frames.tag_history import tag_history_frame

    name = repository._source.name
    origin = Origin(name)
    snapshots, reasons = _folder(folder).read(name)
    for reason in reasons:
        origin.partial(reason)
    for taken in (one.taken for one in snapshots if not one.complete):
        origin.partial(f"the snapshot of {taken:%Y-%m-%d %H:%M:%S} is not complete")
    frame = tag_history_frame(map(asdict, tag_changes(snapshots)), origin)
    frame.attrs["snapshots"] = len(snapshots)
    return frame


def _folder(folder: Folder | None) -> SnapshotFolder:
    from regexplore.auditing.tag_snapshots import SnapshotFolder

    return SnapshotFolder(Path(folder) if folder is not None else default_folder())


def default_folder() -> Path:
    """Return where snapshots are kept unless told otherwise (XDG base directory specification)."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "regexplore" / "history"


def _snapshot(name: str, taken: datetime, details: pd.DataFrame, complete: bool) -> TagSnapshot:
    from regexplore.auditing.tag_snapshots import SeenTag, TagSnapshot

    read = details[details["digest"].notna()]
    columns = zip(read["tag"], read["digest"], read["kind"], read["created"], strict=True)
    tags = {tag: SeenTag(digest, kind, _time(created)) for tag, digest, kind, created in columns}
    return TagSnapshot(name, taken, tags, complete)


def _time(value: Any) -> datetime | None:
    import pandas as pd

    return None if pd.isna(value) else value.to_pydatetime()


def _rows(seen: TagSnapshot) -> list[dict[str, Any]]:
    return [
        {
            "repository": seen.repository,
            "tag": tag,
            "digest": one.digest,
            "kind": one.kind,
            "created": one.created,
            "signers": one.signers,
            "taken": seen.taken,
        }
        for tag, one in seen.tags.items()
    ]
