"""Two images side by side, inside and out: documents, steps, layers, files, packages."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

from regexplore.content.tar_entries import FILE, HARDLINK
from regexplore.errors import RegexploreError, UnsupportedError
from regexplore.image.build_steps import build_step
from regexplore.image.file_hashes import hash_files
from regexplore.image.file_system import FileSystem, Place
from regexplore.image.packages import Package
from regexplore.image.packages.versions import later
from regexplore.objects.difference import diff
from regexplore.objects.image import Image
from regexplore.objects.remembered import RememberedStore
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Card, Section
from regexplore.show.shown import Shown
from regexplore.show.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.frames.origin import Origin
    from regexplore.frames.schema import Row


class Comparison(Shown):
    """What changed from one image to another.

    Documents, steps and layers cost no request; files and packages read the layers of both images, once.

    Parameters
    ----------
    a, b : Image

    Examples
    --------
    >>> old, new = (repo.get(tag)["linux/amd64"] for tag in ("v1.1", "v1.2"))
    >>> rx.compare(old, new).shared_layers
    3
    """

    def __init__(self, a: Image, b: Image) -> None:
        for image in (a, b):
            if not isinstance(image, Image):
                raise UnsupportedError(
                    f"{image.reference} is no image",
                    hint='Pick a platform of an index: index["linux/amd64"]; rx.diff compares any documents.',
                )
        self.a = a
        self.b = b

    @cached_property
    def documents(self) -> pd.DataFrame:
        """Differences of manifest, config, labels and annotations, as `regexplore.diff` gives them."""
        return diff(self.a, self.b)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The layers at each place, and how many the images share from the base on (`LAYER_CHANGES`)."""
        from regexplore.frames.comparison import LAYER_CHANGES, changes_frame

        rows, shared = [], True
        pairs = zip_longest(self._layers(self.a), self._layers(self.b))
        for n, (one, other) in enumerate(pairs, 1):
            shared = shared and one is not None and other is not None and one[0] == other[0]
            rows.append(
                {
                    "n": n,
                    "shared": shared,
                    "a": one[1] if one else None,
                    "b": other[1] if other else None,
                    "size_a": one[2] if one else None,
                    "size_b": other[2] if other else None,
                }
            )
        return changes_frame(LAYER_CHANGES, rows, self._origin())

    @property
    def shared_layers(self) -> int:
        """How many layers both have in common, counted from the base."""
        return int(self.layers["shared"].sum())

    @cached_property
    def history(self) -> pd.DataFrame:
        """The build steps side by side (`STEP_CHANGES`)."""
        from regexplore.frames.comparison import STEP_CHANGES, changes_frame

        rows = []
        for n, (one, other) in enumerate(zip_longest(_steps(self.a), _steps(self.b)), 1):
            change = "same" if one == other else "changed"
            if one is None or other is None:
                change = "only in b" if one is None else "only in a"
            rows.append({"n": n, "change": change, "a": one, "b": other})
        return changes_frame(STEP_CHANGES, rows, self._origin())

    def files(self) -> pd.DataFrame:
        """Give the files that were added, removed or changed (`FILE_CHANGES`).

        Files of equal size are compared by their content. A changed time alone is no change.

        Raises
        ------
        RegexploreError
            A layer could not be read a second time.
        """
        from regexplore.frames.comparison import FILE_CHANGES, changes_frame

        origin = self._origin()
        one, other = self._file_system(self.a, origin), self._file_system(self.b, origin)
        before, after = dict(one.present()), dict(other.present())
        rows: list[Row] = [_gone(path, one, before[path]) for path in before.keys() - after.keys()]
        rows += [_new(path, other, after[path]) for path in after.keys() - before.keys()]
        both = [(path, before[path], after[path]) for path in before.keys() & after.keys()]
        different = self._different_contents(one, other, both)
        rows += [
            _changed(path, one, at, other, to, what)
            for path, at, to in both
            if (what := _what_changed(one, at, other, to, content=path in different))
        ]
        rows.sort(key=lambda row: str(row["path"]))
        return changes_frame(FILE_CHANGES, rows, origin)

    def packages(self) -> pd.DataFrame:
        """Give the packages that were added, removed, or have another version (`PACKAGE_CHANGES`)."""
        from regexplore.frames.comparison import PACKAGE_CHANGES, changes_frame

        origin = self._origin()
        before, after = self._packages(self.a, origin), self._packages(self.b, origin)
        rows = []
        for kind, name in sorted(before.keys() | after.keys()):
            old, new = before.get((kind, name), []), after.get((kind, name), [])
            for one, other in zip_longest([v for v in old if v not in new], [v for v in new if v not in old]):
                change = _version_change(kind, one, other)
                rows.append({"name": name, "type": kind, "change": change, "a": one, "b": other})
        return changes_frame(PACKAGE_CHANGES, rows, origin)

    # ---- inside ----------------------------------------------------------------------------------

    def _layers(self, image: Image) -> list[tuple[str, str, int]]:
        """Give what decides whether two layers are the same, the digest, and the size of each layer."""
        try:
            diff_ids = [str(diff_id) for diff_id in image.config.diff_ids]
        except RegexploreError:
            diff_ids = []
        layers = image.layer_descriptors
        if len(diff_ids) != len(layers):
            diff_ids = [str(layer.digest) for layer in layers]
        return [(d, str(layer.digest), layer.size) for d, layer in zip(diff_ids, layers, strict=True)]

    def _file_system(self, image: Image, origin: Origin) -> FileSystem:
        files = image._files.file_system()
        for n, listing in enumerate(files.layers, 1):
            if listing.problem:
                origin.partial(f"{image.reference}, layer {n}: {listing.problem}")
        return files

    def _different_contents(
        self, one: FileSystem, other: FileSystem, both: list[tuple[str, Place, Place]]
    ) -> set[str]:
        """Give the paths of files whose bytes differ; only those of equal size have to be read for that."""
        different: set[str] = set()
        asked: list[tuple[str, Place, Place]] = []
        for path, at, to in both:
            first, second = one.layers[at[0]], other.layers[to[0]]
            if first.types[at[1]] != FILE or second.types[to[1]] != FILE:
                continue
            if first.sizes[at[1]] != second.sizes[to[1]]:
                different.add(path)
            elif first.diff_id != second.diff_id or at[1] != to[1]:
                asked.append((path, at, to))
        hashes_a = _hashes(self.a, one, [at for _, at, _ in asked])
        hashes_b = _hashes(self.b, other, [to for _, _, to in asked])
        return different | {path for path, at, to in asked if hashes_a[at] != hashes_b[to]}

    def _packages(self, image: Image, origin: Origin) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        search = image._packages()
        for problem in search.problems:
            origin.partial(f"{image.reference}: {problem}")
        for package in search.packages:
            found[package.type, _full_name(package)].append(package.version)
        return found

    def _origin(self) -> Origin:
        from regexplore.frames.origin import Origin

        return Origin(f"{self.a.reference} and {self.b.reference}")

    def _card(self) -> Card:
        layers, history = self.layers, self.history
        said = self.documents[self.documents["part"] != "layers"]
        steps = history[history["change"] != "same"]
        same = self.a.digest == self.b.digest
        return Card(
            "image",
            f"{words.short_reference(self.a.reference)} and {words.short_reference(self.b.reference)}",
            (f"{self.shared_layers} of {words.count(len(layers), 'layer')} shared",),
            notes=("both names mean the same image",) if same else (),
            sections=(
                Section("Documents", _table(said, ("part", "key", "change", "a", "b"))),
                Section("Build steps", _table(steps, ("n", "change", "a", "b"))),
                Section("Layers", _table(layers, ("n", "shared", "a", "b", "size_a", "size_b"))),
            ),
        )


def _table(frame: pd.DataFrame, columns: tuple[str, ...]) -> Table:
    rows = [
        [_cell(name, cell) for name, cell in zip(columns, row, strict=True)]
        for row in frame[list(columns)].astype(object).itertuples(index=False)
    ]
    return Table.of(list(columns), rows, numeric=["n", "size_a", "size_b"])


def _cell(name: str, cell: object) -> object:
    if cell is None or str(cell) == "<NA>":
        return None
    if name.startswith("size"):
        return values.size(int(str(cell)))
    if name in ("a", "b") and str(cell).startswith("sha256:"):
        return values.digest(str(cell), short=True)
    return bool(cell) if name == "shared" else str(cell)


def _steps(image: Image) -> list[str]:
    try:
        return [str(build_step(step.created_by)) for step in image.config.history]
    except RegexploreError:
        return []


def _hashes(image: Image, files: FileSystem, places: list[Place]) -> dict[Place, str]:
    by_layer: dict[int, list[int]] = defaultdict(list)
    for layer, row in places:
        by_layer[layer].append(row)
    found: dict[Place, str] = {}
    for layer, rows in by_layer.items():
        hashes = hash_files(RememberedStore(image._source), files.layers[layer], rows)
        found.update({(layer, row): digest for row, digest in hashes.items()})
    return found


def _what_changed(one: FileSystem, at: Place, other: FileSystem, to: Place, *, content: bool) -> str:
    first, second = one.layers[at[0]].entry(at[1]), other.layers[to[0]].entry(to[1])
    if first.type != second.type and {first.type, second.type} != {FILE, HARDLINK}:
        return "type"
    parts = [
        name
        for name, changed in (
            ("content", content),
            ("link", first.link != second.link and first.type == second.type),
            ("mode", first.mode != second.mode),
            ("owner", (first.uid, first.gid) != (second.uid, second.gid)),
        )
        if changed
    ]
    return ", ".join(parts)


def _gone(path: str, files: FileSystem, place: Place) -> Row:
    entry = files.layers[place[0]].entry(place[1])
    return {
        "path": path,
        "change": "removed",
        "type": entry.type,
        "size_a": entry.size,
        "bytes": -entry.size,
    }


def _new(path: str, files: FileSystem, place: Place) -> Row:
    entry = files.layers[place[0]].entry(place[1])
    return {"path": path, "change": "added", "type": entry.type, "size_b": entry.size, "bytes": entry.size}


def _changed(path: str, one: FileSystem, at: Place, other: FileSystem, to: Place, what: str) -> Row:
    first, second = one.layers[at[0]].entry(at[1]), other.layers[to[0]].entry(to[1])
    return {
        "path": path,
        "change": "changed",
        "what": what,
        "type": second.type,
        "size_a": first.size,
        "size_b": second.size,
        "bytes": second.size - first.size,
    }


def _version_change(kind: str, before: str | None, after: str | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    is_later = later(kind, before, after)
    return "changed" if is_later is None else "up" if is_later else "down"


def _full_name(package: Package) -> str:
    return (
        f"{package.namespace}/{package.name}" if package.type == "npm" and package.namespace else package.name
    )


def compare(a: Image, b: Image) -> Comparison:
    """Put two images side by side.

    Raises
    ------
    UnsupportedError
        One of them is no image.

    Examples
    --------
    >>> old, new = (repo.get(tag)["linux/amd64"] for tag in ("v1.1", "v1.2"))
    >>> len(rx.compare(old, new).layers)
    4
    """
    return Comparison(a, b)
