"""Bytes that an image carries and nobody sees, and the efficiency score that follows from them.

A path that occurs in several layers counts once as needed, with its smallest size, and otherwise as waste; a removal
counts the size of what it removes.

Source: dive's definition of image efficiency.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from regexplore.content.tar_entries import FILE
from regexplore.image.file_system import DELETED, FileSystem


@dataclass(frozen=True, slots=True)
class Waste:
    """What is carried more than once, or in vain.

    Attributes
    ----------
    efficiency : float
        Needed bytes over carried bytes, from 0 to 1; 1 for an image without files.
    wasted_bytes : int
        Of all paths that occur in more than one layer, or are removed.
    carried_bytes : int
        Of all files in all layers.
    paths : tuple of (str, int, int)
        Path, how often it occurs, bytes; the most wasteful first.
    """

    efficiency: float
    wasted_bytes: int
    carried_bytes: int
    paths: tuple[tuple[str, int, int], ...]


def waste_of(files: FileSystem) -> Waste:
    """Return what a file system wastes."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for path, (layer, row) in files.present():
        _count(sizes, files, path, layer, row)
    for path, (layer, row), state in files.hidden:
        _count(sizes, files, path, layer, row)
        if state == DELETED and sizes.get(path):
            # The removal is an occurrence of its own, as large as what it removes.
            sizes[path].append(sizes[path][-1])
    needed = sum(min(found) for found in sizes.values())
    carried = sum(sum(found) for found in sizes.values())
    repeated = [(path, len(found), sum(found)) for path, found in sizes.items() if len(found) > 1]
    repeated.sort(key=lambda item: (-item[2], item[0]))
    real = sum(sum(listing.sizes) for listing in files.layers)
    return Waste(
        needed / carried if carried else 1.0, sum(item[2] for item in repeated), real, tuple(repeated)
    )


def _count(sizes: dict[str, list[int]], files: FileSystem, path: str, layer: int, row: int) -> None:
    listing = files.layers[layer]
    if listing.types[row] == FILE and listing.sizes[row]:
        sizes[path].append(listing.sizes[row])
