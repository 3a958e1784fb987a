"""The files of an image, or of one of its layers, as a frame."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from regexplore.content.tar_entries import HARDLINK
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, TIME, WHOLE, Schema
from regexplore.image.file_system import OPAQUE, PRESENT, WHITEOUT, FileSystem, Place, normal
from regexplore.image.layer import LayerListing
from regexplore.image.path_pattern import path_pattern

FILES = Schema.of(
    ("path", TEXT, "path from the root of the image"),
    (
        "type",
        TEXT,
        "file, directory, symlink, hardlink, character device, block device, fifo, other; whiteout",
    ),
    ("mode", TEXT, "permissions in octal, such as 0644 or 4755"),
    ("uid", WHOLE, "number of the owner"),
    ("gid", WHOLE, "number of the group"),
    ("size", WHOLE, "bytes; 0 for everything but files"),
    ("mtime", TIME, "when it was last changed, as the archive says"),
    ("link", TEXT, "target of a symbolic link as written; other name of a hard link"),
    ("layer", WHOLE, "number of the layer it comes from, as in the frame of layers"),
    (
        "state",
        TEXT,
        "present; overwritten or deleted by a later layer; in the frame of one layer: added, removes",
    ),
)

# What datetime64 in microseconds holds; an archive may say anything.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
_MODES = {mode: f"{mode:04o}" for mode in range(0o10000)}


def files_frame(
    files: FileSystem, origin: Origin, *, hidden: bool = False, match: str | None = None
) -> pd.DataFrame:
    """Give one row for each path of the merged file system, sorted by path.

    Parameters
    ----------
    files
    origin
        The account of this frame; what is wrong with a layer makes it partial.
    hidden
        Also what later layers overwrote or deleted.
    match
        Only paths that fit this glob; ``**`` crosses slashes.
    """
    _tell_problems(files.layers, origin)
    for problem in files.problems:
        origin.partial(problem)
    found: list[tuple[str, Place, str]] = [(path, place, PRESENT) for path, place in files.present()]
    if hidden:
        found += files.hidden
    if match is not None:
        wanted = path_pattern(match if match.startswith("/") else f"/{match}")
        found = [item for item in found if wanted.fullmatch(item[0])]
    found.sort(key=lambda item: (item[0], item[1]))
    return _frame(files.layers, found, origin)


def layer_files_frame(
    number: int, listing: LayerListing, origin: Origin, *, match: str | None = None
) -> pd.DataFrame:
    """Give one row for each entry of one layer, in its order; whiteouts are rows that remove a path."""
    _tell_problems([listing], origin)
    found = []
    wanted = None if match is None else path_pattern(match if match.startswith("/") else f"/{match}")
    for row, name in enumerate(listing.names):
        path, removes = _whiteout(normal(name))
        if wanted is None or wanted.fullmatch(path):
            found.append((path, (0, row), "removes" if removes else "added"))
    frame = _frame([listing], found, origin)
    frame["layer"] = pd.array([number] * len(frame), dtype="Int64")
    frame.loc[frame["state"] == "removes", "type"] = "whiteout"
    return frame


def _whiteout(path: str) -> tuple[str, bool]:
    """Return the path that an entry is about, and whether it removes it."""
    parent, _, base = path.rpartition("/")
    if base == OPAQUE:
        return f"{parent}/*", True
    if base.startswith(WHITEOUT):
        return f"{parent}/{base[len(WHITEOUT) :]}", True
    return path, False


def _frame(
    layers: Iterable[LayerListing], found: list[tuple[str, Place, str]], origin: Origin
) -> pd.DataFrame:
    listings = list(layers)
    places = [place for _, place, _ in found]
    links = [_link(listings[layer], row) for layer, row in places]
    return FILES.columns_frame(
        {
            "path": [path for path, _, _ in found],
            "type": [listings[layer].types[row] for layer, row in places],
            "mode": [_MODES[listings[layer].modes[row]] for layer, row in places],
            "uid": [listings[layer].uids[row] for layer, row in places],
            "gid": [listings[layer].gids[row] for layer, row in places],
            "size": [listings[layer].sizes[row] for layer, row in places],
            "mtime": _times([listings[layer].mtimes[row] for layer, row in places]),
            "link": links,
            "layer": [layer + 1 for layer, _ in places],
            "state": [state for _, _, state in found],
        },
        origin,
    )


def _link(listing: LayerListing, row: int) -> str | None:
    link = listing.links.get(row)
    return normal(link) if link and listing.types[row] == HARDLINK else link


def _times(seconds: list[int]) -> pd.Series:
    kept = [when if _FIRST_SECOND <= when <= _LAST_SECOND else None for when in seconds]
    microseconds = pd.array([None if when is None else when * 1_000_000 for when in kept], dtype="Int64")
    times = pd.Series(microseconds).astype("datetime64[us]")
    return times.dt.tz_localize("UTC")


def _tell_problems(layers: Iterable[LayerListing], origin: Origin) -> None:
    for n, listing in enumerate(layers, 1):
        if listing.problem:
            origin.partial(f"layer {n} ({listing.descriptor.digest.short}): {listing.problem}")
